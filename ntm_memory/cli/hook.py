"""`hook.py`: one event of a host on stdin, the host's answer on stdout; for where no MCP server is connected yet."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ntm_memory.arguments.command_parser import CommandParser, UsageError
from ntm_memory.arguments.inputs import readable
from ntm_memory.operations.process import print_error, print_out
from ntm_memory.paths import data_home

MOST_READ = 1_000_000


def parser() -> CommandParser:
    """The arguments of the command."""
    parser = CommandParser(
        prog="hook.py",
        description="Answer one event of a host, which stands on stdin as JSON; for the hooks of a plugin.",
        epilog='example: echo \'{"hook_event_name": "SessionStart", "cwd": "/home/ann/app"}\' | python3 hook.py\n\n'
        "exit codes: 0 ok, whatever is wrong: another one could block the host",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--home", metavar="DIR", help="data folder (default: $NTM_MEMORY_HOME, else the platform's)")
    return parser


def main(argv: list[str]) -> int:
    """Answer one event; whatever is wrong, the answer is `{}`."""
    try:
        home = parser().parse_args(readable(argv)).home
    except UsageError as usage:
        print_error(f"{usage}\n{usage.hint}")
        return _say({})  # an exit code of 2 would block the host
    try:
        event = json.loads(sys.stdin.buffer.read(MOST_READ))
        return _say(_answer(event, home) if isinstance(event, dict) else {})
    except Exception:  # noqa: BLE001 - a hook never stands in the way
        return _say({})


def _answer(event: Mapping[str, Any], home: str | None) -> dict[str, Any]:
    from ntm_memory.hosts import hooks

    if not _is_there(data_home(home)):  # nothing was told yet; a hook makes no memory
        return hooks.answer(event, _of_nothing, home) if event.get("hook_event_name") == "SessionStart" else {}
    from ntm_memory.commands import run

    later: list[Callable[[], None]] = []  # the day's backup is made by those for whom nobody waits
    return hooks.answer(event, lambda request: run({"home": home, **request}, later=later), home)


def _is_there(folder: Path) -> bool:
    """Whether there is a memory: a file, or one on a server, which the settings name."""
    from ntm_memory.config import load_settings

    return (folder / "memory.db").is_file() or load_settings(folder / "config.json").store.url is not None


def _of_nothing(_: Mapping[str, Any]) -> dict[str, Any]:
    """What a memory answers in which nothing is."""
    return {"memories": [], "retracted": [], "failed": []}


def _say(answer: Mapping[str, Any]) -> int:
    print_out(json.dumps(answer, ensure_ascii=False) + "\n")
    return 0
