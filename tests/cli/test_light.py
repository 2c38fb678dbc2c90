"""What needs no embedder loads none: help and errors of usage come at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ntm_memory.arguments.parsers import PARSERS

ROOT = Path(__file__).parent.parent.parent
HEAVY = ("numpy", "torch", "yaml", "snowballstemmer", "sentence_transformers", "sqlite3")
DRIVER = f"""
import json, sys
from ntm_memory.cli import main
try:
    code = main(sys.argv[1], sys.argv[2:])
except SystemExit as stop:
    code = stop.code
sys.stderr.write(json.dumps([code, [name for name in {HEAVY!r} if name in sys.modules]]))
"""


def light(*arguments):
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, *arguments],
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    code, heavy = json.loads(done.stderr.splitlines()[-1])
    assert heavy == []
    return code, done.stdout


@pytest.mark.parametrize("command", sorted(PARSERS))
def test_help_is_light_and_has_an_example_and_the_exit_codes(command):
    code, out = light(command, "--help")
    assert code == 0
    assert f"example: python3 {command}.py" in out
    assert "exit codes: 0 ok" in out


@pytest.mark.parametrize(
    "arguments", [["recall", "x", "--colour"], ["memorize"], ["erase"], ["recall", "x", "--top-k", "many"]]
)
def test_errors_of_usage_are_light(arguments):
    for form, printed in (("json", '{"ok": false'), ("text", "")):
        code, out = light(*arguments, "--format", form)
        assert code == 2
        assert out.startswith(printed) and bool(out) is bool(printed)
