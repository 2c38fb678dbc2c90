"""`doctor` and `verify`: what a person runs to see whether it works, and how well, on this machine."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from ntm_memory.arguments.command_parser import Arguments
from ntm_memory.arguments.entered import is_by_console, spoken


def doctor(arguments: Arguments) -> dict[str, Any]:
    """Look at everything; the exit code says whether something fails."""
    if arguments["inside"]:
        from ntm_memory.installation.inside import report

        return report(arguments["home"])
    from ntm_memory.installation.doctor import examine

    found = examine(arguments["home"], by_console=is_by_console(), project=Path.cwd())
    for check in found["checks"]:
        check["do"] = spoken(check["do"])
    return found | {"exit_code": 0 if found["healthy"] else 1}


def doctor_text(answer: dict[str, Any]) -> str:
    """One line a check, then how many of each kind."""
    if "checks" not in answer:
        return "\n".join(f"{name}: {value}" for name, value in answer.items())
    lines = [
        f"{check['state']:4}  {check['name']:13}  {check['said']}{' → ' if check['do'] else ''}{check['do']}"
        for check in answer["checks"]
    ]
    counts = Counter(check["state"] for check in answer["checks"])
    return "\n".join([*lines, f"{counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} to mend"])


def verify(_: Arguments) -> dict[str, Any]:
    """Tell, ask, count; the user's memories are not touched."""
    from ntm_memory.installation import verify

    def say(text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(text + "\n")

    return verify.verify(by_console=is_by_console(), say=say)


def verify_text(answer: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [
        f"found   {answer['found']} of {answer['questions']} first, {answer['shown']} among what is shown"
        f" ({answer['facts']} facts, English and Chinese; {answer['embedder']})",
        f"silent  {answer['silent']} of {answer['unknown']} questions that nothing answers",
        f"ms      recall {answer['recall_ms']:.0f} (slowest {answer['slowest_recall_ms']:.0f}), a whole process"
        f" {answer['process_ms']}; memorize {answer['memorize_ms']:.0f} a fact",
        f"tokens  {answer['tokens']} a recall as text (characters / 4)",
    ]
    return "\n".join([*lines, *(f"missed  {question}" for question in answer["missed"])])
