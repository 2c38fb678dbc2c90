"""A purge reaches the backups of the memory file, and says which held what was purged."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from opening import opened

from ntm_memory.store import open_store
from ntm_memory.store.postings import FullTextIndex
from ntm_memory.upkeep.backup_purge import Wanted, backups_holding

SECRET = "The zebra sleeps in the shed"


def copy(home, name):
    """As a backup is made: by SQLite's own online copy."""
    folder = home / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    with closing(sqlite3.connect(home / "memory.db")) as source, closing(sqlite3.connect(folder / name)) as target:
        source.backup(target)
    return folder / name


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path) as manager:
        manager.memorize("Karl brings cake")
        yield manager


def bytes_of(folder):
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def test_no_folder_no_backups(memory):
    done = memory.erase(memory.memorize(SECRET).memory.id, purge=True)
    assert done.backups_purged == done.backups_holding == ()


def test_it_is_removed_from_every_backup_that_holds_it(tmp_path, memory):
    before = copy(tmp_path, "memory-1.db")
    id = memory.memorize(SECRET).memory.id
    held = copy(tmp_path, "memory-2.db")
    memory.update(id, content="The zebra is gone")
    copy(tmp_path, "memory-3.db")
    untouched = before.read_bytes()
    foreseen = memory.erase(id, purge=True, dry_run=True)
    assert (foreseen.backups_purged, foreseen.backups_holding) == ((), ("memory-2.db", "memory-3.db"))
    assert b"zebra" in held.read_bytes()
    done = memory.erase(id, purge=True)
    assert (done.backups_purged, done.backups_holding) == (("memory-2.db", "memory-3.db"), ())
    assert b"zebra" not in bytes_of(tmp_path) and before.read_bytes() == untouched
    assert sorted(file.name for file in (tmp_path / "backups").iterdir()) == [
        "memory-1.db",
        "memory-2.db",
        "memory-3.db",
    ]
    with closing(open_store(held)) as store:
        assert [each.content for each in store.memories()] == ["Karl brings cake"] and store.check() == []
    assert held.stat().st_mode & 0o077 == 0


def test_what_cannot_be_read_may_still_hold_it(tmp_path, memory):
    id = memory.memorize(SECRET).memory.id
    copy(tmp_path, "good.db")
    (tmp_path / "backups" / "torn.db").write_bytes(b"no database " * 100)
    done = memory.erase(id, purge=True)
    assert (done.backups_purged, done.backups_holding) == (("good.db",), ("torn.db",))


def test_an_erase_that_can_be_undone_leaves_backups_alone(tmp_path, memory):
    id = memory.memorize(SECRET).memory.id
    file = copy(tmp_path, "memory.db")
    data = file.read_bytes()
    memory.erase(id, retract=True)
    assert file.read_bytes() == data


def test_one_old_version_is_removed_from_backups_too(tmp_path, memory):
    id = memory.memorize(SECRET).memory.id
    copy(tmp_path, "as-it-was.db")  # there it is all that the memory says
    memory.update(id, content="The yak sleeps in the shed")
    copy(tmp_path, "later.db")
    done = memory.erase(id, purge=True, version=1)
    assert done.backups_purged == ("as-it-was.db", "later.db") and b"zebra" not in bytes_of(tmp_path)
    assert b"yak" in (tmp_path / "backups" / "later.db").read_bytes()
    assert [file.name for file in backups_holding(tmp_path / "backups", Wanted([id]))] == ["later.db"]


def test_many_cost_no_more_sweeps_than_one(tmp_path, memory, monkeypatch):
    ids = [memory.memorize(f"{SECRET} {number}").memory.id for number in range(8)]
    copy(tmp_path, "memory-1.db")
    swept = []
    forget = FullTextIndex.forget
    monkeypatch.setattr(FullTextIndex, "forget", lambda index: swept.append(1) or forget(index))
    memory.erase(ids[:1], purge=True)
    of_one = len(swept)
    done = memory.erase(ids[1:], purge=True)
    assert len(swept) == 2 * of_one > 0  # each merges the whole word index
    assert done.backups_purged == ("memory-1.db",) and b"zebra" not in bytes_of(tmp_path)
