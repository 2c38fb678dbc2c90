from __future__ import annotations

import json

import pytest

from ntm_memory.errors import BadValueError, ConfigError, StoreError
from ntm_memory.paths import data_home, user_config
from ntm_memory.persistence.user_config import remember_home


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch):
    monkeypatch.delenv("NTM_MEMORY_HOME", raising=False)


def test_a_noted_folder_is_the_one_of_all_later_calls(tmp_path):
    assert remember_home(tmp_path / "记忆") == tmp_path / "记忆" == data_home()
    assert (tmp_path / "记忆").stat().st_mode & 0o077 == 0 and user_config().stat().st_mode & 0o077 == 0
    assert remember_home(tmp_path / "b") == tmp_path / "b" == data_home()
    assert [file.name for file in user_config().parent.iterdir()] == ["config.json"]


def test_what_else_is_noted_stays(tmp_path):
    user_config().parent.mkdir(parents=True)
    user_config().write_text('{"theme": "dark", "home": "/old"}', encoding="utf-8")
    remember_home(tmp_path / "new")
    assert json.loads(user_config().read_text(encoding="utf-8")) == {"theme": "dark", "home": str(tmp_path / "new")}


def test_a_config_that_cannot_be_read_is_left_as_it_is(tmp_path):
    user_config().parent.mkdir(parents=True)
    user_config().write_text("{half", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read"):
        remember_home(tmp_path / "new")
    assert user_config().read_text(encoding="utf-8") == "{half"


def test_a_config_that_is_a_link_is_not_replaced(tmp_path):
    user_config().parent.mkdir(parents=True)
    (tmp_path / "dotfile").write_text("{}", encoding="utf-8")
    user_config().symlink_to(tmp_path / "dotfile")
    with pytest.raises(BadValueError, match="symbolic link"):
        remember_home(tmp_path / "new")
    assert user_config().is_symlink() and (tmp_path / "dotfile").read_text(encoding="utf-8") == "{}"


def test_a_config_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    def fail(*arguments):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(StoreError, match="Read-only file system") as caught:
        remember_home(tmp_path / "new")
    assert "NTM_MEMORY_HOME" in caught.value.hint
