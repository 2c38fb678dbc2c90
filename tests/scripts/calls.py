"""Calling the scripts as an agent does: another process, another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SKILL = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def answer(self):
        """The one JSON object on stdout."""
        return json.loads(self.out)


def call(script, *arguments, text="", skill=SKILL, cwd=None, python=sys.executable, **variables):
    """Run scripts/NAME.py for its JSON; variables set to None are taken out of the environment."""
    if script not in ("install", "train") and "--format" not in arguments:
        arguments = ("--format", "json", *arguments)
    environment = {**os.environ, **variables}
    done = subprocess.run(
        [str(python), str(skill / "scripts" / f"{script}.py"), *map(str, arguments)],
        input=text.encode("utf-8"),
        capture_output=True,
        env={name: value for name, value in environment.items() if value is not None},
        cwd=cwd,
    )
    return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace"))
