"""PreToolUse: which of an agent's calls are surely this memory's own everyday work and need no question.

Allowed is a command line that is one call of a script of this very folder, by its absolute path, with a verb and with
options that are in the table; and our own MCP tools. Everything else is left to the host, which asks as it always does:
also what is ours and destroys for good (purge, retract, uninstall), or reads or writes files of the caller's choice.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ntm_memory.hosts.command_line import Call, Word, simple_call
from ntm_memory.paths import APP, skill_dir

REASON = "a command of this memory"
PYTHON = "python3"
_TOOL = re.compile(rf"mcp__plugin_{APP}_memory__([a-z]+)")
_ASKING_TOOLS = {"erase": ("retract", "purge"), "update": ("trust",)}
"""Tools → arguments with which they are left to the host."""
_OF_BASH = ("command", "description", "timeout")
TOOLS = ("memorize", "recall", "reason", "update", "erase", "list", "status", "feedback")

_TEXT: Callable[[str], bool] = lambda value: True  # noqa: E731 - what any text may stand for
_STDIN: Callable[[str], bool] = lambda value: value == "-"  # noqa: E731
_NUMBER = re.compile(r"-|-\d+(\.\d+)?")
"""What begins with a dash and is a value."""
_PLACE: Callable[[str], bool] = lambda value: ".." not in value and not value.startswith(("/", "~"))  # noqa: E731
"""A namespace is no path; one that looks like it is not everyday."""
_EVERYWHERE = {"--namespace": _PLACE, "--format": ("json", "text", "context").__contains__}
_TELLING = {
    "--key": _TEXT,
    "--importance": _TEXT,
    "--tag": _TEXT,
    "--source": _TEXT,
    "--trust": ("agent", "import", "tool").__contains__,  # what an agent says is trusted so far at most
    "--session": _TEXT,
    "--when": _TEXT,
    "--type": _TEXT,
    "--on-secret": ("redact", "refuse").__contains__,
}
_BOUNDS = {"--top-k": _TEXT, "--max-chars": _TEXT, "--after": _TEXT, "--before": _TEXT, "--on": _TEXT, "--as-of": _TEXT}
_LOOKING = {**_BOUNDS, "--tag": _TEXT, "--session": _TEXT, "--min-trust": _TEXT}
_HOW = {"--from": _TEXT, "--shift": _TEXT, "--gate": _TEXT, "--beta": _TEXT, "--gamma": _TEXT, "--min-weight": _TEXT}
_LINKING = {name: fits for name, fits in _TELLING.items() if name != "--on-secret"}
Options = Mapping[str, Callable[[str], bool]]
"""Option → whether it may have a value; a switch has none and is in `_SWITCHES`."""
_VERBS: Mapping[str, Options] = {
    "recall": {**_EVERYWHERE, **_LOOKING, **_HOW},
    "memorize": {
        **_EVERYWHERE,
        **_TELLING,
        "--content": _TEXT,
        "--jsonl": _STDIN,
        "--replaces": _TEXT,
        "--same-as": _TEXT,
        "--beside": _TEXT,
    },
    "update": {
        **_EVERYWHERE,
        **{name: _TELLING[name] for name in ("--key", "--importance", "--tag", "--when", "--on-secret")},
        "--trust": "tool".__eq__,  # any other level may raise what was lower
        "--content": _TEXT,
        "--new-key": _TEXT,
    },
    "erase": {**_EVERYWHERE, "--key": _TEXT, "--query": _TEXT, "--top-k": _TEXT, "--strength": _TEXT},
    "reason": {**_EVERYWHERE, **_LOOKING, **_LINKING, "--hops": _TEXT, "--store": _TEXT, "--builds-on": _TEXT},
    "status": {**_EVERYWHERE, "--history": _TEXT, "--audit": _TEXT, "--id": _TEXT},
    "feedback": {**_EVERYWHERE, "--query": _TEXT, "--used": _TEXT, "--unused": _TEXT, "--previous": _TEXT},
    "list": {**_EVERYWHERE, "--limit": _TEXT, "--cursor": _TEXT},
    "tune": {"--format": _EVERYWHERE["--format"], "--jsonl": _STDIN},
    "export": {"--format": _EVERYWHERE["--format"], "--namespace": _PLACE, "--as": _TEXT},
}
_SWITCHES: Mapping[str, tuple[str, ...]] = {
    "recall": ("--explain", "--all", "--any-namespace"),
    "update": ("--any-namespace",),
    "erase": ("--dry-run", "--restore", "--any-namespace"),
    "reason": ("--explain",),
    "status": ("--check", "--any-namespace"),
    "tune": ("--dry-run",),
}
_POSITIONAL: Mapping[str, Callable[[str], bool]] = {
    "export": _STDIN,  # `-` is its standard output
    "list": lambda value: False,
    "status": lambda value: False,
    "tune": lambda value: False,
}


def why_allowed(tool: str, arguments: Mapping[str, Any], folders: Sequence[str] | None = None) -> str | None:
    """Why a call of a tool needs no question; None: it is left to the host.

    Args:
        tool: the tool's name, as the host has it.
        arguments: what it is to be called with.
        folders: of the skill, as they may be written; None: where this program runs.
    """
    if tool == "Bash":
        command = arguments.get("command")
        call = simple_call(command) if isinstance(command, str) else None
        known = own_folders() if folders is None else folders
        plain = not any(arguments[name] for name in arguments if name not in _OF_BASH)  # no other place, no sandbox off
        return REASON if call is not None and plain and _is_ours(call, known) else None
    named = _TOOL.fullmatch(tool)
    if named is None or named.group(1) not in TOOLS:
        return None
    return None if any(arguments.get(each) for each in _ASKING_TOOLS.get(named.group(1), ())) else REASON


def own_folders() -> list[str]:
    """This skill's folder, as it was called and as it really is; none where the package runs from elsewhere."""
    skill = skill_dir()
    if skill is None:
        return []
    called = [os.environ.get("CLAUDE_PLUGIN_ROOT", ""), str(Path(sys.argv[0]).absolute().parent.parent)]
    return list(dict.fromkeys([str(skill), *(each for each in called if _is_same(each, skill))]))


def _is_same(folder: str, skill: Path) -> bool:
    try:
        return bool(folder) and os.path.samefile(folder, skill)
    except OSError:
        return False


def _is_ours(call: Call, folders: Sequence[str]) -> bool:
    if len(call.words) < 2 or call.words[0].written != PYTHON:
        return False
    script = call.words[1]
    for verb in _VERBS:
        if script.is_whole and script.text in [f"{folder}/scripts/{verb}.py" for folder in folders]:
            return _are_everyday(verb, call.words[2:])
    return False


def _are_everyday(verb: str, words: Sequence[Word]) -> bool:
    """Whether all arguments of a verb are such as any day has."""
    left = [word.text for word in words]
    positional = _POSITIONAL.get(verb, _TEXT)
    while left:
        word = left.pop(0)
        if word == "--":
            return all(map(positional, left))
        is_option = word.startswith("-") and word != "-"
        if not (_is_everyday_option(verb, word, left) if is_option else positional(word)):
            return False
    return True


def _is_everyday_option(verb: str, word: str, left: list[str]) -> bool:
    """Whether an option is one of the table; its value is taken from what is left."""
    name, equals, value = word.partition("=")
    if name in _SWITCHES.get(verb, ()):
        return not equals
    fits = _VERBS[verb].get(name)
    if fits is None:
        return False
    if not equals:
        if not left:
            return name == "--audit"
        value = left.pop(0)
        if value.startswith("-") and not _NUMBER.fullmatch(value):
            return False  # the script takes it as an option of its own
    return fits(value)
