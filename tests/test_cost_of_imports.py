"""A command imports what it needs and nothing else: counted in modules, which no other work on the machine changes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOOR = "ntm_memory.commands"
LATER = (
    "yaml",
    "dateparser",
    "snowballstemmer",
    "threadpoolctl",
    "torch",
    "ntm_memory.training",
    "ntm_memory.memn2n",
    "ntm_memory.multihop",
    "ntm_memory.operations.recall",
    "ntm_memory.operations.results",
    "ntm_memory.upkeep.exporting",
    "ntm_memory.operations.write",
    "ntm_memory.operations.tune",
    "ntm_memory.machine.heads",
    "ntm_memory.machine.network",
)


@pytest.fixture(scope="module")
def loaded():
    """Modules that the one door to the manager brings along."""
    code = f"import json, sys, {DOOR}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", LATER)
def test_the_door_to_the_manager_leaves_for_later(loaded, module):
    assert DOOR in loaded
    assert module not in loaded


def test_the_command_line_knows_no_manager():
    code = "import json, sys, ntm_memory.cli.console; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    ours = {name for name in json.loads(done.stdout) if name.startswith("ntm_memory.")}
    light = {
        "ntm_memory.arguments",
        "ntm_memory.cli",
        "ntm_memory.errors",
        "ntm_memory.paths",
        "ntm_memory.operations",
        "ntm_memory.operations.process",
        "ntm_memory.text",
        "ntm_memory.text.printable",
    }
    assert {name for name in ours if not name.startswith(("ntm_memory.cli.", "ntm_memory.arguments."))} <= light
