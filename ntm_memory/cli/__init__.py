"""The scripts' command line: arguments in, a short text or one JSON object out, an exit code."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from typing import Any

from ntm_memory.arguments.command_parser import UsageError
from ntm_memory.arguments.entered import as_typed, is_by_console, spoken
from ntm_memory.arguments.inputs import readable
from ntm_memory.arguments.parsers import PARSERS
from ntm_memory.cli.outcome import exit_code_of, in_full, in_short, nothing_taken, text_left
from ntm_memory.errors import BadValueError, NotSetUpError, NTMMemoryError, StoreError
from ntm_memory.operations.process import asked_form, error_text, print_error, print_out
from ntm_memory.paths import data_home, setup_hint, skill_dir
from ntm_memory.text.printable import in_one_line, printable

__all__ = ["main"]
_WAITED_FOR = 10.0
_OF_DAMAGED = ("salvage", "backup", "repair", "check")
"""Arguments of requests that look at a memory as it is, be it damaged."""


def main(command: str, argv: list[str]) -> int:
    """Run one command; prints the answer, returns the exit code.

    Args:
        command: which one: a script's name, e.g. `recall`, or `setup`.
        argv: its arguments.
    """
    if command == "train":
        from ntm_memory.cli import train

        return train.main(argv)
    if command == "mcp":
        return _serve(argv)
    if command == "hook":
        from ntm_memory.cli import hook

        return hook.main(argv)
    if command in ("setup", "doctor", "verify", "move", "grant"):
        return _of_installation(command, argv)
    parser, to_request = PARSERS[command]
    later: list[Callable[[], None]] = []
    code = _carry_out(
        parser, lambda arguments: _run({"command": command, **to_request(arguments)}, later), command, argv
    )
    for act in later:  # the answer is given: nobody waits for it but the process
        act()
    return code


def _serve(argv: list[str]) -> int:
    from ntm_memory.cli import mcp

    try:
        home = mcp.parser().parse_args(readable(argv)).home
    except UsageError as usage:
        return _fail("usage", str(usage), usage.hint, asked_form(argv), 2)
    return mcp.serve(home)


def _of_installation(command: str, argv: list[str]) -> int:
    """What is about the installation, or where the memory is, not about memories."""
    from ntm_memory.arguments.self_parsers import doctor_parser, grant_parser, move_parser, verify_parser
    from ntm_memory.cli import moved, selfcheck, setup

    parser, act, text = {
        "setup": (setup.parser, setup.answer, setup.text),
        "doctor": (doctor_parser, selfcheck.doctor, selfcheck.doctor_text),
        "verify": (verify_parser, selfcheck.verify, selfcheck.verify_text),
        "move": (move_parser, moved.answer, moved.text),
        "grant": (grant_parser, moved.statements, moved.as_sql),
    }[command]
    return _carry_out(parser, lambda arguments: _needing(lambda: act(arguments)), text, argv)


def _carry_out(
    parser: Callable[[], ArgumentParser],
    act: Callable[[dict[str, Any]], dict[str, Any]],
    text: str | Callable[[dict[str, Any]], str],
    argv: list[str],
) -> int:
    chosen = asked_form(argv)
    try:
        arguments = vars(parser().parse_args(readable(argv)))
        chosen = arguments.pop("format")
        answer = act(arguments)
    except UsageError as usage:
        return _fail("usage", str(usage), usage.hint, chosen, 2)
    except NTMMemoryError as error:
        return _fail(error.code, error.message, error.hint, chosen, error.exit_code)
    except KeyboardInterrupt:
        return _fail("interrupted", "stopped by the user; what was reported stored is stored", "", chosen, 130)
    except Exception as error:  # noqa: BLE001 - the contract: one clear error even for a bug
        return _fail("bug", f"{type(error).__name__}: {error}", "please report this", chosen, 1)
    if chosen != "json" and "settings" in answer:
        print_error(f"warning: {spoken(in_one_line(str(answer.pop('settings'))))}")
    code = exit_code_of(answer)
    answer.pop("exit_code", None)
    refused, otherwise = nothing_taken(answer), BadValueError.exit_code
    if refused is None:
        refused, otherwise = text_left(answer), StoreError.exit_code
    if "warnings" in answer:
        answer["warnings"] = [spoken(warning) for warning in answer["warnings"]]
    if refused is not None and chosen == "json":
        return _print(_printed(text, chosen, {"ok": False, "error": in_full(refused), **answer})) or otherwise
    printed = _print(_printed(text, chosen, answer if refused is None else {**answer, "hints": ()}))
    if refused is not None:
        return _fail(**in_short(refused), chosen=chosen, exit_code=printed or otherwise)
    return printed or code


def _run(request: Mapping[str, Any], later: list[Callable[[], None]]) -> dict[str, Any]:
    def run() -> dict[str, Any]:
        from ntm_memory.cli.progress import Progress
        from ntm_memory.commands import run

        with Progress(sys.stderr) as progress:
            _settle(request)
            if "host" in request:
                return _for_host(request, lambda each: run(each, progress=progress, later=later))
            if _is_question(request):
                return _ask_here(request)
            return run(request, progress=progress, later=later)

    return _needing(run)


def _settle(request: Mapping[str, Any]) -> None:
    """Write into memory what a host's session told to keep and was not written before it ended.

    What is purged or retracted must not come back from there: then a process that is at it is waited for.
    """
    from ntm_memory.persistence.pending import waiting

    home = data_home(request.get("home"))
    if not waiting(home) or any(request.get(each) for each in _OF_DAMAGED):
        return
    from ntm_memory.commands import OpenMemory
    from ntm_memory.hosts import pending

    memory = OpenMemory(str(home))
    try:
        pending.settle(home, memory.run, seconds=_WAITED_FOR if request["command"] == "erase" else 0.0)
    finally:
        memory.close()


def _is_question(request: Mapping[str, Any]) -> bool:
    """Whether a request asks, and does not say where."""
    asks = request["command"] == "recall" or (request["command"] == "reason" and request.get("content") is None)
    says_where = request.get("namespace") is not None or request.get("anchor") is not None
    return asks and not says_where and not request.get("any_namespace")


def _ask_here(request: Mapping[str, Any]) -> dict[str, Any]:
    """Ask also where a host's plugin keeps what belongs to the project that this process stands in."""
    from ntm_memory.commands import OpenMemory
    from ntm_memory.hosts.places import ask_within, project_in_use

    told = {name: value for name, value in request.items() if name != "home"}
    memory = OpenMemory(request.get("home"))
    try:
        project = project_in_use(_folder(), memory.run, request.get("home"))
        return memory.run(told) if project is None else ask_within(project, told, memory.run)
    finally:
        memory.close()


def _folder() -> str:
    """Where this process stands; empty where that folder is gone."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def _for_host(request: Mapping[str, Any], ask: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    from ntm_memory.hosts import reading

    return reading.read_host(request, ask) if request["command"] == "import" else ask(reading.mirror_request(request))


def _needing(act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What needs the package's requirements."""
    try:
        return act()
    except ModuleNotFoundError as error:
        by_script = skill_dir() is not None and not is_by_console()
        hint = setup_hint() if by_script else "install ntm-memory-system again with pip, its requirements included"
        raise NotSetUpError(f"the environment lacks {error.name}", hint) from error


def _printed(told: str | Callable[[dict[str, Any]], str], chosen: str, answer: dict[str, Any]) -> str:
    """An answer in the form that was chosen."""
    from ntm_memory import rendering
    from ntm_memory.rendering.plain import safe

    if chosen == "json":
        return rendering.as_json({"ok": True, **answer})
    if not isinstance(told, str):
        return told(safe(answer))
    return (rendering.as_context if chosen == "context" else rendering.as_text)(told, answer)


def _fail(code: str, message: str, hint: str, chosen: str, exit_code: int) -> int:
    """Tell an error: as JSON it is the answer; as text it must not stand where an answer would be read."""
    message, hint = spoken(as_typed(message)), spoken(hint)
    if chosen == "json":
        from ntm_memory.rendering import as_json

        _print(as_json({"ok": False, "error": {"code": code, "message": message, "hint": hint}}))
    else:
        print_error(error_text(code, in_one_line(message), in_one_line(hint)))
    return exit_code


def _print(text: str) -> int:
    """0, or the exit code where it cannot be written."""
    if sys.stdout.isatty():  # the text of an export goes into a file as it is
        text = printable(text)
    return print_out(text + "\n")
