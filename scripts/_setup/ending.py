"""What the installer says at its end to whoever reads along: what is where, what to try, how to undo it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _setup.removal import REMOVED
from _setup.skill import PLUGIN

HOST_NAMES = {"claude": "Claude Code", PLUGIN: "Claude Code, as a plugin", "openclaw": "OpenClaw"}
NO_HOST = (
    "No host was found: neither ~/.claude nor ~/.openclaw is there, so the skill was copied nowhere;"
    " --target claude or --target openclaw copies it all the same."
)


def ending(answer: dict[str, Any], *, looked_for_hosts: bool) -> str:
    """Notes where there are any, then three sentences.

    Args:
        answer: the answer as JSON has it.
        looked_for_hosts: whoever ran it left the choice of hosts to us.
    """
    notes = [NO_HOST] if looked_for_hosts and not answer["targets"] else []
    if "kernel" in answer:
        notes.append(f"The compiled kernel of training is {answer['kernel']}.")
    return "\n".join([*notes, *_of_asking(answer), _where(answer), _try(answer), _undo(answer)])


def told_of_removal(answer: dict[str, Any], installer: Path) -> str:
    """What an uninstallation did, one line each, and what it left.

    Args:
        answer: the answer as JSON has it.
        installer: the install.py that ran; it may be gone.
    """
    would = "would be " if answer["dry_run"] else ""
    lines = []
    for step in answer["steps"]:
        why = f": {step['why']}" if step["why"] else ""
        files = f": {', '.join(step['files'])}" if step["files"] and step["action"] == REMOVED else ""
        lines.append(f"{would}{step['action']}  {step['what']}  {step['path']}{why}{files}")
    if answer["allow"]["backup"]:
        lines.append(f"Claude Code's settings as they were are in {answer['allow']['backup']}")
    if not answer["steps"]:
        lines.append("nothing is installed")
    elif answer["dry_run"]:
        lines.append("nothing was changed: leave --dry-run out to do it")
    elif installer.exists():
        lines.append(f"python3 {shlex.quote(str(installer))} sets it up again")
    return "\n".join(lines)


def _of_asking(answer: dict[str, Any]) -> Iterator[str]:
    """Claude Code's permission of a skill ends with the message in which it was loaded."""
    allow = answer.get("allow")
    if allow:
        before = f", as it was in {allow['backup']}" if allow["backup"] else ""
        verb = "Written" if allow["changed"] else "There already"
        yield f"{verb}: the rules {' and '.join(allow['rules'])} in {allow['file']}{before}."
    elif "allow_left_out" in answer:
        yield f"The rules of --allow were left out: {answer['allow_left_out']}."
    elif "claude" in answer["targets"]:
        yield (
            "Claude Code asks before each call from the second message on: --allow writes two rules against that,"
            " --target claude-plugin installs a plugin that answers for our own commands."
        )


def _where(answer: dict[str, Any]) -> str:
    copies = [f"{target['path']} ({HOST_NAMES[host]})" for host, target in answer["targets"].items()]
    skill = " and ".join(copies) or answer["skill"]
    return (
        f"The skill is in {skill}, its Python environment in {answer['environment']},"
        f" and memories go to {answer['home']}."
    )


def _try(answer: dict[str, Any]) -> str:
    for host, name in (("claude", "Claude Code"), (PLUGIN, "Claude Code"), ("openclaw", "OpenClaw")):
        if host in answer["targets"]:
            return (
                f'Try it: tell {name} "Remember that I take my tea without sugar", start a new session,'
                ' and ask "How do I take my tea?"'
            )
    scripts = Path(answer["skill"]) / "scripts"
    memorize, recall = (shlex.quote(str(scripts / name)) for name in ("memorize.py", "recall.py"))
    return (
        f"Try it: run python3 {memorize} 'I take my tea without sugar', then python3 {recall} 'How do I take my tea?'"
    )


def _undo(answer: dict[str, Any]) -> str:
    installer = shlex.quote(str(Path(answer["skill"]) / "scripts" / "install.py"))
    return f"Undo it: run python3 {installer} --uninstall, which keeps your memories."
