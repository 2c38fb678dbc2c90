"""Calling our own commands as their users do: another process, by the door that was entered."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ntm_memory.paths import skill_dir

_CONSOLE = "import sys; from ntm_memory.cli.console import run; sys.exit(run())"
_PATIENCE = 180.0


class Commands:
    """The scripts of the skill, or the console command of the package.

    Args:
        by_console: the console command is what was entered.
        home: the data folder of all calls.
    """

    def __init__(self, by_console: bool, home: Path) -> None:
        self._by_console = by_console
        self._home = home

    def line(self, name: str) -> list[str]:
        """What starts one command."""
        skill = None if self._by_console else skill_dir()
        if skill is not None and (skill / "scripts" / f"{name}.py").is_file():
            return [sys.executable, str(skill / "scripts" / f"{name}.py")]
        return [sys.executable, "-c", _CONSOLE, name]

    def printed(self, name: str, arguments: Sequence[str]) -> tuple[str, float]:
        """What one command prints, and the seconds it took as a whole process.

        Args:
            name: e.g. `recall`.
            arguments: its arguments, the data folder left out.
        """
        start = time.perf_counter()
        try:
            done = subprocess.run(
                [*self.line(name), *arguments, "--home", str(self._home)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PATIENCE,
            )
        except subprocess.TimeoutExpired:
            return _error("timeout", f"{name} did not end within {_PATIENCE:.0f} seconds"), _PATIENCE
        seconds, out = time.perf_counter() - start, done.stdout.decode("utf-8", "replace").strip()
        if not out:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it printed nothing"]
            out = _error("failed", f"{name} ended with {done.returncode}: {last[0][:200]}")
        return out, seconds

    def answer(self, name: str, arguments: Sequence[str]) -> tuple[dict[str, Any], float]:
        """The same as an object; one with `error` where there is no other."""
        out, seconds = self.printed(name, [*arguments, "--format", "json"])
        try:
            found = json.loads(out)
        except ValueError:
            found = json.loads(_error("failed", f"{name} printed no JSON"))
        return found, seconds


def _error(code: str, message: str) -> str:
    return json.dumps({"ok": False, "error": {"code": code, "message": message, "hint": "please report this"}})
