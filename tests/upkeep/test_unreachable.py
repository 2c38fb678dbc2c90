"""A purge that cannot look at a copy is refused as a whole; one that leaves the text somewhere says where."""

from __future__ import annotations

import json
import os
import sqlite3

import pytest
from opening import TINY, opened

from ntm_memory.cli import main
from ntm_memory.errors import DiskFullError, NotFoundError, StoreError
from ntm_memory.recovery.backups import make_backup

SECRET = "Zanzibarella lives in Quxville"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def memory(home):
    with opened(home) as manager:
        manager.memorize(SECRET, key="z")
        manager.memorize("Karl brings cake")
        yield manager


@pytest.fixture
def close(monkeypatch):
    """Take the right to read a path away, also from root."""
    may, closed = os.access, set()
    monkeypatch.setattr(os, "access", lambda path, mode, **more: str(path) not in closed and may(path, mode, **more))
    return lambda path: closed.add(str(path))


@pytest.mark.parametrize("what", ["backups", "a backup", "damaged", "a damaged file", "a mirror", "mirrors"])
def test_nothing_is_purged_while_a_copy_may_not_be_read(tmp_path, home, memory, close, what):
    backup = make_backup(home, "daily", 7)
    (home / "damaged").mkdir()
    (home / "damaged" / "old-memory.db").write_bytes(backup.read_bytes())
    mirror = tmp_path / "W" / "ntm-memory.md"
    memory.mirror(mirror, ["default"])
    places = {"backups": home / "backups", "a backup": backup, "damaged": home / "damaged", "a mirror": mirror}
    places |= {"a damaged file": home / "damaged" / "old-memory.db", "mirrors": home / "hosts" / "mirrors.json"}
    close(places[what])
    with pytest.raises(StoreError, match="nothing was purged") as told:
        memory.erase("z", purge=True)
    assert places[what].name in told.value.message
    assert SECRET in [each.content for each in memory.store.memories()]
    assert SECRET in mirror.read_text(encoding="utf-8")


def test_a_mirror_that_may_not_be_read_is_named_when_a_memory_is_erased(tmp_path, memory, close):
    mirror = tmp_path / "W" / "ntm-memory.md"
    memory.mirror(mirror, ["default"])
    close(mirror)
    assert memory.erase("z").mirrors_holding == (str(mirror),)


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.md"])
def test_exports_in_the_data_folder_are_named(home, memory, name):
    told = 'Zoë said "never again" in Ulm'
    memory.memorize(told, key="zoe")
    memory.export_file(home / "exports" / "old" / name)
    assert (home / "exports").stat().st_mode & 0o077 == 0 == (home / "exports" / "old").stat().st_mode & 0o077
    where = (os.path.join("exports", "old", name),)
    assert memory.erase("zoe", purge=True, dry_run=True).files_holding == where
    assert memory.erase("zoe", purge=True).files_holding == where
    with pytest.raises(NotFoundError):
        memory.erase("zoe")
    assert memory.erase(memory.memorize("Tom is in Oslo").memory.id, purge=True).files_holding == ()


def test_a_purge_that_leaves_a_text_is_not_exit_0(home, monkeypatch, capsys):
    monkeypatch.setenv("NTM_MEMORY_HOME", str(home))
    monkeypatch.setenv("NTM_MEMORY_TESTING", "1")
    with opened(home) as memory:
        memory.memorize(SECRET, key="z")
        memory.memorize("Karl brings cake", key="k")
    (home / "config.json").write_text(json.dumps({"ntm_memory": TINY}), encoding="utf-8")
    (home / "left.txt").write_text(f"he said: {SECRET}", encoding="utf-8")
    assert main("erase", ["--key", "z", "--purge", "--dry-run"]) == 0
    capsys.readouterr()
    assert main("erase", ["--key", "z", "--purge"]) == 5
    said = capsys.readouterr()
    assert said.out.count("files holding: left.txt") == 1 and "left.txt" in said.err
    assert main("erase", ["--key", "k", "--purge", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"]


def test_a_disk_that_gets_full_after_a_purge_hides_neither_it_nor_where_the_text_still_is(home, memory, monkeypatch):
    backup = make_backup(home, "daily", 7)
    id = memory.store.find_key("default", "z").id

    def full(self):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("ntm_memory.store.upkeep.SQLiteUpkeep._remove_traces", full)
    monkeypatch.setattr("ntm_memory.upkeep.backup_purge.purge_in_file", lambda *_: False)
    with pytest.raises(DiskFullError) as told:
        memory.erase("z", purge=True)
    assert "nothing was written" not in told.value.message and "are removed" in told.value.message
    assert f"backups/{backup.name}" in told.value.message and told.value.committed
    assert memory.store.count() == 1 and [line.id for line in memory.store.audit(1)] == [id]
    monkeypatch.undo()
    assert memory.erase(id, purge=True).backups_purged == (backup.name,)
    assert memory.store.repair() is not None and memory.store.check() == []


def test_a_disk_that_is_full_before_a_purge_leaves_all_as_it_was(home, memory, monkeypatch):
    def full(self, ids):
        raise DiskFullError("the disk is full; nothing was written")

    monkeypatch.setattr("ntm_memory.store.forgetting.SQLiteForgetter.purge", full)
    with pytest.raises(DiskFullError, match="nothing was written"):
        memory.erase("z", purge=True)
    assert memory.store.count() == 2
