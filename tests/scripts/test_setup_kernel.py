"""install.py --with kernel: compiled into the environment where a compiler is, said where there is none."""

from __future__ import annotations

import shutil
import sys

import pytest
from _setup.ending import ending
from _setup.environment import Environment
from _setup.kernel import EXTRA, build_kernel
from _setup.requirements import known_extras, read_requirements

from ntm_memory.training.compiled import COMPILERS

from .calls import SKILL


def test_it_is_an_extra_without_a_package():
    pyproject = SKILL / "pyproject.toml"
    assert EXTRA in known_extras(pyproject)
    assert read_requirements(pyproject, [EXTRA]) == read_requirements(pyproject)


@pytest.mark.skipif(not any(map(shutil.which, COMPILERS)), reason="there is no C compiler here")
def test_it_is_built_into_the_environment_and_nowhere_else(tmp_path):
    skill_before = sorted((SKILL / "ntm_memory" / "machine").glob("*.*"))
    environment = Environment(tmp_path, sys.executable, None, "venv")
    assert build_kernel(environment, SKILL) == "built"
    made = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix == ".so"]
    assert [path.stem.rpartition("-")[2] for path in sorted(made)] == ["float32", "float64"]
    assert sorted((SKILL / "ntm_memory" / "machine").glob("*.*")) == skill_before


def test_without_a_compiler_the_installation_goes_on_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    said = build_kernel(Environment(tmp_path, sys.executable, None, "venv"), SKILL)
    assert said.startswith("not built: the kernel needs a C compiler") and "NumPy does the work" in said
    places = {"targets": {}, "skill": "s", "environment": "e", "home": "h"}
    assert f"The compiled kernel of training is {said}." in ending({**places, "kernel": said}, looked_for_hosts=False)
    assert "kernel" not in ending(places, looked_for_hosts=False)
