"""The doors: which Python runs a script, and what is said when there is none."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from .calls import SKILL, call

MARKER = "ntm-memory-environment.json"
# A Python without our packages, as agents have it.
PLAIN = Path(getattr(sys, "_base_executable", sys.executable))


@pytest.fixture
def skill(tmp_path):
    """A copy of the skill in a folder with spaces and Chinese in its path."""
    folder = tmp_path / "my 技能 folder" / "ntm-memory-system"
    for name in ("scripts", "ntm_memory"):
        shutil.copytree(SKILL / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("config.json", "pyproject.toml"):
        shutil.copy(SKILL / name, folder)
    return folder


@pytest.fixture
def environment(tmp_path):
    """An environment as the installer leaves one where no virtual environment can be made."""
    folder = tmp_path / "env"
    folder.mkdir()
    (folder / "packages").symlink_to(sysconfig.get_path("purelib"), target_is_directory=True)
    note(folder, python=str(PLAIN), packages=str(folder / "packages"))
    return folder


@pytest.fixture
def tiny(tmp_path):
    """A data folder whose memories are embedded by the tests' own embedder."""
    home = tmp_path / "tiny"
    home.mkdir()
    config = {"ntm_memory": {"embedder": {"backend": "tiny"}}}
    (home / "config.json").write_text(json.dumps(config))
    return home


def note(folder, **changes):
    marker = {"complete": True, "python": str(PLAIN), "packages": None, **changes}
    (folder / MARKER).write_text(json.dumps(marker))


def refused(done):
    assert done.code == 3
    answer = done.answer
    assert answer["ok"] is False
    assert answer["error"]["code"] == "not_set_up"
    return answer["error"]


def test_without_environment_it_says_which_command_to_run(skill, tmp_path):
    error = refused(call("recall", "x", skill=skill, cwd=tmp_path, python=PLAIN, NTM_MEMORY_ENV=str(tmp_path / "none")))
    command = shlex.split(error["hint"].removeprefix("run: "))
    assert command == ["python3", str(skill / "scripts" / "install.py")]
    assert not (tmp_path / "none-pycache").exists()


def test_not_set_up_is_told_as_text_on_stderr_where_no_json_is_asked_for(skill, tmp_path):
    none = {"skill": skill, "python": PLAIN, "NTM_MEMORY_ENV": str(tmp_path / "none")}
    done = call("recall", "x", "--format", "text", **none)
    command = shlex.quote(str(skill / "scripts" / "install.py"))
    assert (done.code, done.out) == (3, "")
    assert done.err == f"error not_set_up: the skill is not set up yet\nhint: run: python3 {command}\n"
    assert refused(call("memorize", "--format=json", "x", **none))


def test_help_needs_no_environment(skill, tmp_path):
    done = call("recall", "--help", skill=skill, python=PLAIN, NTM_MEMORY_ENV=str(tmp_path / "none"))
    assert done.code == 0
    assert "example:" in done.out
    assert "exit codes:" in done.out


def test_help_as_content_is_not_help(skill, tmp_path):
    refused(call("memorize", "--", "--help", skill=skill, python=PLAIN, NTM_MEMORY_ENV=str(tmp_path / "none")))


def test_interrupted_set_up_is_not_entered(environment):
    note(environment, complete=False)
    error = refused(call("recall", "x", python=PLAIN, NTM_MEMORY_ENV=str(environment)))
    assert "interrupted" in error["message"]


def test_unreadable_marker_is_no_marker(environment):
    (environment / MARKER).write_text("{")
    refused(call("recall", "x", python=PLAIN, NTM_MEMORY_ENV=str(environment)))


def test_vanished_python_is_named(environment):
    note(environment, python="/nowhere/python3")
    error = refused(call("recall", "x", python=PLAIN, NTM_MEMORY_ENV=str(environment)))
    assert "/nowhere/python3" in error["message"]


def test_python_that_is_not_the_environments_does_not_loop(environment):
    note(environment, packages=None)
    error = refused(call("recall", "x", python=PLAIN, NTM_MEMORY_ENV=str(environment)))
    assert "damaged" in error["message"]


def test_environment_without_our_libraries_says_what_it_lacks(tmp_path):
    folder = tmp_path / "empty"
    venv.create(folder, with_pip=False)
    note(folder, python=str(folder / "bin" / "python"))
    error = refused(call("recall", "x", python=PLAIN, NTM_MEMORY_ENV=str(folder)))
    assert "lacks" in error["message"]


def test_plain_python_enters_the_environment(skill, environment, tiny, tmp_path):
    settings = {"skill": skill, "cwd": tmp_path, "python": PLAIN, "NTM_MEMORY_ENV": str(environment)}
    text = "Mia said: \"喝绿茶\" 🍵\nand 'no sugar'"
    stored = call("memorize", "-", "--home", tiny, text=text, PYTHONPATH="/nonsense", **settings)
    assert stored.code == 0, stored.out
    assert stored.answer["memory"]["content"] == text
    found = call("recall", text, "--home", tiny, **settings)
    assert found.answer["memories"][0]["content"] == text


@pytest.mark.parametrize("locale", ["C", "POSIX", "zh_CN.GBK"])
def test_utf_8_whatever_the_locale(environment, tiny, locale):
    settings = {"python": PLAIN, "NTM_MEMORY_ENV": str(environment), "LC_ALL": locale, "LANG": locale}
    stored = call("memorize", "绿茶 ñ 🍵", "--home", tiny, **settings)
    assert stored.code == 0, stored.out
    assert stored.answer["memory"]["content"] == "绿茶 ñ 🍵"
    assert "绿茶" in stored.out
    piped = call("memorize", "-", "--home", tiny, text="红茶", PYTHONIOENCODING="latin-1", **settings)
    assert piped.answer["memory"]["content"] == "红茶"


def test_bytes_that_are_not_utf_8_end_in_an_answer(environment, tiny):
    settings = {"python": PLAIN, "NTM_MEMORY_ENV": str(environment)}
    done = call("memorize", os.fsdecode(b"caf\xe9 au lait"), "--home", tiny, **settings)
    assert done.code == 2
    assert "not UTF-8" in done.answer["error"]["message"]


def test_the_skills_folder_stays_clean(skill, environment, tiny):
    before = sorted(skill.rglob("*"))
    for variables in ({}, {"PYTHONDONTWRITEBYTECODE": None}):
        settings = {"skill": skill, "python": PLAIN, "NTM_MEMORY_ENV": str(environment), **variables}
        assert call("memorize", "green tea", "--home", tiny, **settings).code == 0
        assert call("recall", "--help", **settings).code == 0
        assert call("install", "--help", **settings).code == 0
    assert sorted(skill.rglob("*")) == before
    compiled = {path.name.split(".")[0] for path in Path(f"{environment}-pycache").rglob("*.pyc")}
    assert "manager" in compiled


def test_threads_are_one_unless_asked_for(skill, environment):
    package = skill / "ntm_memory" / "cli" / "__init__.py"
    package.write_text(
        "import json, os\ndef main(command, argv):\n"
        "    print(json.dumps([command, argv, os.environ['OPENBLAS_NUM_THREADS'], os.environ['OMP_NUM_THREADS']]))\n"
        "    return 7\n"
    )
    settings = {"skill": skill, "python": PLAIN, "NTM_MEMORY_ENV": str(environment)}
    done = call("erase", "a b", "ç", OPENBLAS_NUM_THREADS=None, OMP_NUM_THREADS="2", **settings)
    assert (done.code, done.answer) == (7, ["erase", ["--format", "json", "a b", "ç"], "1", "2"])
