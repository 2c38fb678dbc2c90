"""Answers as clients of MCP get them: a text as all clients do, in words of tools, and a structure for programs.

Parses on Python 3.7 or newer: before the set-up it tells errors.
"""

from __future__ import annotations

import re
from typing import Any, Mapping  # noqa: UP035 - Python 3.7 reads this file

from ntm_memory.mcp.tools import TOOLS
from ntm_memory.operations import process
from ntm_memory.paths import skill_dir
from ntm_memory.text.printable import in_one_line

Answer = Mapping[str, Any]
_SCRIPT = re.compile(r"(?:python3 )?(?:'[^'\n]*/|(?<!\S)\S*/)?\b([a-z]+)\.py\b'?( --restore\b)?(?=( --))?")
_OPTIONS = {
    "memorize or import with --force-retracted": "the user lifts it: memorize.py --force-retracted",
    ", or --yes": "",
    "give its --namespace; update.py, erase.py, status.py --history and recall.py --from also take --any-namespace": (
        "give its namespace"
    ),
    "give its --namespace": "give its namespace",
    "(--from ID --shift n)": "(from, shift)",
    "update.py ID --new-key": "update with new_key",
    "memorize something first, or check --home": "memorize something first",
}
"""What our sentences say of options that no tool has → the same for whoever has tools."""
_AS_TOOL = {tool["name"] for tool in TOOLS} - {"hook"}
_FOR_PROGRAMS = frozenset({"score", "weight", "address", "position", "retention", "took_ms", "steps", "features"})
_ALWAYS = frozenset({"memories"})
"""What an answer holds though it is empty: whoever asked for it looks for it."""


def text_of(tool: str, answer: Answer) -> str:
    """The short text of an answer.

    Args:
        tool: whose it is.
        answer: as the memory gave it.
    """
    from ntm_memory.rendering import as_text
    from ntm_memory.rendering.advice import Advice

    advice = Advice("from ID with max_chars 20000", "replaces, same_as or beside", "restore", "cursor", "list about")
    return as_text(tool, answer, advice)


def plain(answer: Answer) -> dict[str, Any]:
    """An answer whose texts are printable and one line each, without what is null, empty or of use to nobody here."""
    from ntm_memory.rendering import safe

    kept: dict[str, Any] = _kept(safe(answer))
    return kept


def error_text(code: str, message: str, hint: str) -> str:
    """An error, and what to do about it."""
    return process.error_text(code, in_one_line(message), in_one_line(hint))


def with_tools_named(answer: Answer) -> Answer:
    """An answer whose warnings, which are ours, are in words of tools."""
    if not answer.get("warnings"):
        return answer
    return {**answer, "warnings": [in_words_of_tools(warning) for warning in answer["warnings"]]}


def in_words_of_tools(text: str) -> str:
    """A sentence of ours that names scripts, for whoever has tools; scripts that are no tools are named whole."""

    def named(found: re.Match[str]) -> str:
        name, restore, option = found.groups()
        if name in _AS_TOOL and option is None:
            return f"{name} with restore:" if restore else name
        skill = skill_dir()
        command = f"ntm-memory {name}" if skill is None else f"python3 {skill / 'scripts' / name}.py"
        return command + (restore or "")

    for said, meant in _OPTIONS.items():
        text = text.replace(said, meant)
    return _SCRIPT.sub(named, text)


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _kept(each) for name, each in value.items() if name not in _FOR_PROGRAMS}
        return {name: each for name, each in kept.items() if name in _ALWAYS or (each != [] and each != {})}
    return [_kept(each) for each in value] if isinstance(value, list) else value
