"""PreToolUse: which of an agent's calls are surely this memory's own everyday work and need no question.

Allowed is a command line that is one call of a script of this very folder, by its absolute path, all of whose arguments
are everyday as the script itself reads them; and our own MCP tools. What is everyday is declared with each option, in
the room `arguments`. Everything else is left to the host, which asks as it always does: also what is ours and destroys
for good (purge, retract, uninstall), or reads or writes files of the caller's choice.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ntm_memory.arguments.command_parser import CommandParser
from ntm_memory.arguments.parsers import PARSERS
from ntm_memory.arguments.self_parsers import SELF_PARSERS
from ntm_memory.hosts.command_line import Call, simple_call
from ntm_memory.paths import APP, skill_dir

REASON = "a command of this memory"
PYTHON = "python3"
_TOOL = re.compile(rf"mcp__plugin_{APP}_memory__([a-z]+)")
_OF_BASH = ("command", "description", "timeout")
_MANY = "many"
"""The argument of a tool that no command has: memories told at once, each with the arguments of one."""


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
    return REASON if named is not None and _is_everyday_tool(named.group(1), arguments) else None


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
    for verb in (*PARSERS, *SELF_PARSERS):
        if script.is_whole and script.text in [f"{folder}/scripts/{verb}.py" for folder in folders]:
            return _parser_of(verb).are_everyday([word.text for word in call.words[2:]])
    return False


def _is_everyday_tool(name: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a tool of ours is called with what is everyday for the command of the same name."""
    if name not in PARSERS:
        return False
    parser = _parser_of(name)
    return all(parser.is_everyday(each, value) for each, value in arguments.items() if each != _MANY)


@cache
def _parser_of(verb: str) -> CommandParser:
    make = SELF_PARSERS[verb] if verb in SELF_PARSERS else PARSERS[verb][0]
    return make()
