"""The skill as a folder for ClawHub."""

from __future__ import annotations

import pytest
import yaml
from _setup.clawhub import export
from _setup.report import SetupError
from _setup.skill import copy_skill

from ntm_memory import __version__

from .calls import SKILL, call


def test_the_folder_is_a_skill_with_its_version_and_no_plugin(tmp_path):
    told = export(SKILL, "clawhub", str(tmp_path / "out"))
    folder = tmp_path / "out" / "ntm-memory-system"
    head = yaml.safe_load((folder / "SKILL.md").read_text(encoding="utf-8").split("---")[1])
    assert (head["name"], head["version"], told["version"]) == (folder.name, __version__, __version__)
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.relative_to(folder).as_posix() for path in files}
    # what the ClawHub command line takes for a plugin, and does not publish as a skill
    assert not names & {"openclaw.plugin.json", "package.json", ".claude-plugin/plugin.json"}
    assert not [name for name in names if any(part.startswith(".") for part in name.split("/"))], "it passes over these"
    assert not [name for name in names if name.startswith("tests/") or name.startswith("scripts/test")]
    assert {"ntm_memory/cli/__init__.py", "ntm_memory/reader/adapter.npz"} <= names
    assert max(path.stat().st_size for path in files) <= 10 << 20
    assert told["bytes"] == sum(path.stat().st_size for path in files) <= 50 << 20
    assert told["files"] == len(files)


def test_it_is_one_step_of_the_installer_and_sets_nothing_up(tmp_path):
    done = call(
        "install", "--export", "clawhub", tmp_path / "out", "--format", "json", NTM_MEMORY_ENV=str(tmp_path / "env")
    )
    assert (done.code, done.answer["version"]) == (0, __version__)
    assert not (tmp_path / "env").exists()


def test_what_cannot_be_is_one_clear_error(tmp_path):
    with pytest.raises(SetupError, match="knows clawhub"):
        export(SKILL, "elsewhere", str(tmp_path))
    (tmp_path / "ntm-memory-system").mkdir()
    with pytest.raises(SetupError, match="is there already"):
        export(SKILL, "clawhub", str(tmp_path))
    packed = tmp_path / ".openclaw" / "ntm-memory-system"
    copy_skill(SKILL, packed)
    with pytest.raises(SetupError, match="archive"):
        export(packed, "clawhub", str(tmp_path / "out"))
