"""`install.py --uninstall`: what an installation made goes, what is somebody else's stays."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from _door import MARKER
from _setup.lock import only_one
from _setup.main import main
from _setup.skill import copy_skill

from ntm_memory.paths import host_folders

from .calls import SKILL, call


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A user with a copy of the skill for each host, an environment, bytecode, rules and memories."""
    environment = tmp_path / "data" / "venv"
    (environment / "bin").mkdir(parents=True)
    (environment / MARKER).write_text(json.dumps({"complete": True, "python": sys.executable, "packages": None}))
    code = tmp_path / "data" / "venv-pycache" / "a"
    code.mkdir(parents=True)
    (code / "x.cpython-312.pyc").touch()
    (tmp_path / "data" / "venv.lock").touch()
    monkeypatch.setenv("NTM_MEMORY_ENV", str(environment))
    for folder in host_folders().values():
        copy_skill(SKILL, folder)
    settings = Path.home() / ".claude" / "settings.json"
    rule = f"Bash(python3 {host_folders()['claude']}/scripts/*)"
    settings.write_text(json.dumps({"permissions": {"allow": ["Bash(ls)", "Skill(ntm-memory-system)", rule]}}))
    home = Path.home() / "memory"
    home.mkdir()
    (home / "memory.db").write_text("memories")
    (home / "poem.txt").write_text("mine")
    return tmp_path / "data"


def told(capsys, *arguments, code=0):
    assert main(["--format", "json", *arguments]) == code
    return json.loads(capsys.readouterr().out)


def test_what_was_installed_in_the_data_folder_is_not_called_somebody_elses(world, monkeypatch, capsys):
    monkeypatch.setenv("NTM_MEMORY_HOME", str(world))
    (world / "memory.db").write_text("memories")
    (world / "hosts").mkdir()
    (world / "hosts" / "runs.json").write_text("[]")
    assert main(["--uninstall", "--purge-data"]) == 0
    assert "not ours" not in capsys.readouterr().err
    assert not world.exists()


def everything(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def test_all_that_was_installed_goes_and_the_memories_stay(world, capsys):
    answer = told(capsys, "--uninstall")
    assert not world.exists()
    assert not any(folder.exists() for folder in host_folders().values())
    assert (Path.home() / ".claude" / "skills").is_dir()
    settings = json.loads((Path.home() / ".claude" / "settings.json").read_text())
    assert settings == {"permissions": {"allow": ["Bash(ls)"]}}
    assert (Path.home() / "memory" / "memory.db").read_text() == "memories"
    kept = [step for step in answer["steps"] if step["action"] == "kept"]
    assert [step["path"] for step in kept] == [str(Path.home() / "memory")]
    assert answer["ok"] is True


def test_again_there_is_nothing_to_do(world, capsys):
    told(capsys, "--uninstall", "--purge-data")
    assert main(["--uninstall"]) == 0
    assert capsys.readouterr().out == "nothing is installed\n"


def test_a_dry_run_says_the_same_and_changes_nothing(world, tmp_path, capsys):
    before = everything(tmp_path)
    planned = told(capsys, "--uninstall", "--purge-data", "--dry-run")
    assert everything(tmp_path) == before
    done = told(capsys, "--uninstall", "--purge-data")
    assert planned["steps"] == done["steps"]
    assert (planned["dry_run"], done["dry_run"]) == (True, False)


def test_memories_go_only_where_it_is_typed_out_and_it_says_which_files(world, capsys):
    with pytest.raises(AssertionError):
        told(capsys, "--uninstall", "--purge")
    assert "unrecognized arguments" in capsys.readouterr().out
    assert (Path.home() / "memory" / "memory.db").exists()
    assert main(["--uninstall", "--purge-data"]) == 0
    said = capsys.readouterr()
    assert f"removed  memories and settings  {Path.home() / 'memory'}: memory.db\n" in said.out
    assert f"{Path.home() / 'memory' / 'poem.txt'} is not ours and stays" in said.err
    assert [path.name for path in (Path.home() / "memory").iterdir()] == ["poem.txt"]


def test_what_is_not_ours_stays_and_is_named(world, capsys):
    claude, openclaw = host_folders().values()
    (claude / "SKILL.md").write_text("---\nname: another\n---\n")
    (openclaw / ".git").mkdir()
    (world / "venv" / MARKER).unlink()
    (world / "venv-pycache" / "notes.txt").touch()
    answer = told(capsys, "--uninstall")
    why = {step["path"]: step["why"] for step in answer["steps"] if step["action"] == "kept"}
    assert why[str(claude)] == "it is not this skill"
    assert "checkout" in why[str(openclaw)]
    assert "did not make it" in why[str(world / "venv")]
    assert (claude / "scripts").is_dir()
    assert (openclaw / "scripts").is_dir()
    assert (world / "venv" / "bin").is_dir()
    assert [path.name for path in (world / "venv-pycache").rglob("*")] == ["notes.txt"]


def test_of_a_link_to_a_checkout_the_link_goes(world, tmp_path, capsys):
    folder = host_folders()["claude"]
    folder.rename(tmp_path / "checkout")
    folder.symlink_to(tmp_path / "checkout")
    told(capsys, "--uninstall")
    assert not folder.is_symlink()
    assert (tmp_path / "checkout" / "SKILL.md").exists()


def test_settings_that_cannot_be_read_stay_and_are_named_and_the_rest_goes(world, tmp_path, capsys):
    settings = Path.home() / ".claude" / "settings.json"
    settings.write_text("{ // mine")
    before = everything(tmp_path)
    for arguments in (("--uninstall", "--dry-run"), ("--uninstall",)):
        (step,) = (step for step in told(capsys, *arguments)["steps"] if step["path"] == str(settings))
        assert (step["action"], "by hand" in step["why"]) == ("kept", True)
        assert (everything(tmp_path) == before) == ("--dry-run" in arguments)
    assert settings.read_text() == "{ // mine"
    assert not host_folders()["claude"].exists()


def test_it_waits_for_no_installation_that_runs(world, capsys, monkeypatch):
    monkeypatch.setattr("_setup.lock.WAIT_SECONDS", 0.2)
    monkeypatch.setattr("_setup.lock.only_one.__wrapped__.__defaults__", (0.2,))
    with only_one(world / "venv.lock"):
        assert told(capsys, "--uninstall", code=3)["error"]["code"] == "locked"
    assert (world / "venv").exists()


def test_the_copy_can_remove_itself(world, tmp_path):
    copy = host_folders()["claude"]
    done = call("install", "--uninstall", skill=copy, cwd=copy)
    assert done.code == 0, done.err
    assert not copy.exists()
    assert done.out.count("removed  skill of ") == 2
    shutil.rmtree(tmp_path / "home" / "memory")


@pytest.mark.parametrize(
    "arguments",
    [["--purge-data"], ["--dry-run"]]
    + [["--uninstall", *each] for each in (["--allow"], ["--target", "claude"], ["--home", "x"], ["--demo"])],
)
def test_options_that_do_not_go_together(world, tmp_path, capsys, arguments):
    before = everything(tmp_path)
    assert told(capsys, *arguments, code=2)["error"]["code"] == "usage"
    assert everything(tmp_path) == before
