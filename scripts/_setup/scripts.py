"""Calling the skill's scripts as an agent does: by path, with the machine's own Python, from another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _setup.report import SetupError


class Scripts:
    """The scripts of one copy of the skill, with one data folder.

    Args:
        skill: folder of the copy.
        environment: folder of the Python environment.
        home: data folder.
    """

    def __init__(self, skill: Path, environment: Path, home: str) -> None:
        self._skill = skill
        self._home = home
        self._always = ("--home", home, "--format", "json")
        self._variables = {**os.environ, "NTM_MEMORY_ENV": str(environment)}

    def call(self, name: str, arguments: Sequence[str], text: str = "") -> tuple[dict[str, Any], float]:
        """Run one script.

        Args:
            name: e.g. `recall`.
            arguments: its arguments.
            text: its standard input.

        Returns:
            what it answered, and the seconds it took.

        Raises:
            SetupError: it answered with an error, or not at all.
        """
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, str(self._skill / "scripts" / f"{name}.py"), *arguments, *self._always],
            input=text.encode("utf-8"),
            capture_output=True,
            env=self._variables,
            cwd=self._home,
        )
        seconds = time.perf_counter() - start
        try:
            answer: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            answer = {"error": {"message": done.stderr.decode("utf-8", "replace").strip()[-500:], "hint": "report it"}}
        if done.returncode != 0 or not answer.get("ok"):
            error = answer["error"]
            raise SetupError("proof_failed", f"{name}.py failed: {error['message']}", error["hint"])
        return answer, seconds
