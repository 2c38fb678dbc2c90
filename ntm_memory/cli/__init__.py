"""The scripts' command line: arguments in, one JSON object or text for people out, an exit code."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ntm_memory.cli.parsers import PARSERS, UsageError
from ntm_memory.errors import NotSetUpError, NTMMemoryError

__all__ = ["main"]


def main(command: str, argv: list[str]) -> int:
    """Run one script's command; prints the answer, returns the exit code.

    Args:
        command: which script, e.g. `recall`.
        argv: its arguments.
    """
    if command == "train":
        from ntm_memory.cli import train

        return train.main(argv)
    chosen = "json"
    try:
        parser, to_request = PARSERS[command]
        arguments = vars(parser().parse_args(argv))
        chosen = arguments.pop("format")
        request = to_request(arguments)
        answer = _run({"command": command, **request})
    except UsageError as usage:
        return _fail("usage", str(usage), usage.hint, chosen, 2)
    except NTMMemoryError as error:
        return _fail(error.code, error.message, error.hint, chosen, error.exit_code)
    except KeyboardInterrupt:
        return _fail("interrupted", "stopped by the user; what was reported stored is stored", "", chosen, 130)
    except Exception as error:  # noqa: BLE001 - the contract: one JSON object even for a bug
        return _fail("bug", f"{type(error).__name__}: {error}", "please report this", chosen, 1)
    _print(_renderer(command, chosen)(answer))
    return 0


def _run(request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        from ntm_memory.cli.progress import Progress
        from ntm_memory.commands import run

        with Progress(sys.stderr) as progress:
            return run(request, progress=progress)
    except ModuleNotFoundError as error:
        install = Path(__file__).resolve().parents[2] / "scripts" / "install.py"
        hint = f"run: python3 {shlex.quote(str(install))}"
        raise NotSetUpError(f"the environment lacks {error.name}", hint) from error


def _renderer(command: str, chosen: str) -> Callable[[dict[str, Any]], str]:
    if chosen == "json":
        return lambda answer: json.dumps({"ok": True, **answer}, ensure_ascii=False)
    from ntm_memory.cli import text

    return text.context if chosen == "context" else text.RENDERERS[command]


def _fail(code: str, message: str, hint: str, chosen: str, exit_code: int) -> int:
    if chosen == "json":
        error = {"code": code, "message": message, "hint": hint}
        _print(json.dumps({"ok": False, "error": error}, ensure_ascii=False))
    else:
        sys.stderr.write(f"{message}\n{hint}".strip() + "\n")
    return exit_code


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
