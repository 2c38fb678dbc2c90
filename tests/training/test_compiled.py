"""The kernel is used where it was built, and nothing but speed depends on it."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ntm_memory.errors import NotSetUpError
from ntm_memory.machine import Machine, MachineSettings
from ntm_memory.machine.kernel import CompiledMachine
from ntm_memory.machine.parameters import MachineParameters
from ntm_memory.training import compiled
from ntm_memory.training.recipes import task_recipe
from ntm_memory.training.trainer import Trainer

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, compiled.COMPILERS)), reason="there is no C compiler here"
)
TINY = {"machine": {"memory_size": 12, "memory_dim": 6, "controller_size": 8, "dtype": "float64"}, "sequences": 80}


def machine(**changes):
    settings = MachineSettings(3, 2, memory_size=9, **changes)
    return compiled.make_machine(settings, MachineParameters(settings))


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """A folder in which the kernel is looked for."""
    monkeypatch.setenv("NTM_MEMORY_ENV", str(tmp_path))
    compiled.loaded_kernel.cache_clear()
    yield tmp_path
    compiled.loaded_kernel.cache_clear()


@needs_compiler
def test_built_found_and_used_for_what_it_knows(environment):
    assert not compiled.built() and type(machine()) is Machine
    files = compiled.build(environment)
    compiled.loaded_kernel.cache_clear()
    assert compiled.built() and len(files) == 2
    assert type(machine()) is type(machine(dtype="float64")) is CompiledMachine
    assert type(machine(controller="feedforward")) is Machine
    assert sorted(file.name for file in files[0].parent.iterdir()) == sorted(file.name for file in files)
    assert compiled.build(environment) == files  # again: nothing is left lying about


@needs_compiler
def test_a_run_learns_the_same_with_and_without(environment):
    settings = task_recipe("copy", TINY, {"validate_every": 40, "validation": [], "validation_sequences": 2})
    without = Trainer(settings).run()
    compiled.build(environment)
    compiled.loaded_kernel.cache_clear()
    trainer = Trainer(settings)
    assert type(trainer.machine) is CompiledMachine
    found = trainer.run()
    assert found.parameters == pytest.approx(without.parameters, abs=1e-6)
    assert found.history[-1][3] == pytest.approx(without.history[-1][3], abs=1e-6)


@needs_compiler
def test_one_of_another_source_or_processor_is_not_used(environment, monkeypatch):
    compiled.build(environment)
    monkeypatch.setattr(compiled, "_processor", lambda: iter(["another one"]))
    monkeypatch.setattr(compiled, "_name", compiled._name.__wrapped__)
    assert not compiled.built() and type(machine()) is Machine


@needs_compiler
def test_what_is_no_library_is_not_used(environment):
    for file in compiled.build(environment):
        file.write_bytes(b"no library")
    compiled.loaded_kernel.cache_clear()
    assert type(machine()) is Machine


def test_without_a_compiler_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotSetUpError, match="needs a C compiler") as caught:
        compiled.build(tmp_path)
    assert "NumPy does the work" in caught.value.hint


def test_a_compiler_that_fails_is_quoted_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled.shutil, "which", lambda name: f"/usr/bin/{name}")
    failed = subprocess.CompletedProcess((), 1, stdout="", stderr="no room\nmore")
    monkeypatch.setattr(compiled.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(NotSetUpError, match="cc cannot compile the kernel: no room"):
        compiled.build(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
