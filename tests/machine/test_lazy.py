from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ntm_memory import machine

ROOT = Path(__file__).parents[2]


def loaded(statement):
    """The modules of the machine that a fresh Python has after a statement."""
    code = f"import sys; {statement}; print(*(name for name in sys.modules if name.startswith('ntm_memory.machine.')))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return {name.rpartition(".")[2] for name in said.split()}


def test_the_formulas_come_without_the_network():
    assert loaded("import ntm_memory.machine") == set()
    assert loaded("import ntm_memory.machine.addressing") == {"addressing"}
    assert "network" in loaded("from ntm_memory.machine import Machine")


def test_every_public_name_is_there():
    for name in machine.__all__:
        assert getattr(machine, name).__name__ == name


def test_another_name_is_not():
    with pytest.raises(AttributeError, match="no attribute 'Transformer'"):
        _ = machine.Transformer
