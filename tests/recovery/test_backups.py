"""Backups: made while others write, verified, few kept, put back by one command, and no write fails by them."""

from __future__ import annotations

import sqlite3

import pytest
from opening import Clock, opened, told

from ntm_memory import commands
from ntm_memory.errors import NotFoundError, StoreCorruptError
from ntm_memory.recovery import backups, files
from ntm_memory.store import open_store

KEEP = {"store": {"backups": 3}}
TINY = {"embedder": {"backend": "tiny"}, "recall": {"confidence_floor": 0.0}}
DAY = 86_400.0


def names(home):
    return [file.name for file in backups.backups(home)]


def test_the_first_write_of_a_day_is_backed_up_once(tmp_path):
    clock = Clock()
    for number in range(3):
        with opened(tmp_path, KEEP, clock=clock) as memory:
            memory.memorize(f"note {number}")
    assert len(names(tmp_path)) == 1 and names(tmp_path)[0].endswith("Z-daily.db")
    clock.now += DAY
    with opened(tmp_path, KEEP, clock=clock) as memory:
        memory.recall("note")
    assert len(names(tmp_path)) == 1, "nothing changed"
    with opened(tmp_path, KEEP, clock=clock) as memory:
        memory.memorize("note of the next day")
        clock.now += DAY
        memory.memorize("note of the day after, in the same process")
        assert len(names(tmp_path)) == 2
    assert memory.store is not None and (tmp_path / "backups").stat().st_mode & 0o077 == 0
    for file in backups.backups(tmp_path):
        assert file.stat().st_mode & 0o077 == 0 and files.is_whole(file)


def test_few_are_kept_and_none_where_none_is_wanted(tmp_path):
    clock = Clock()
    for _ in range(5):
        clock.now += DAY
        with opened(tmp_path, KEEP, clock=clock) as memory:
            memory.memorize(f"note of {clock.now}")
    assert len(names(tmp_path)) == 3
    with opened(tmp_path / "none", {"store": {"backups": 0}}, clock=clock) as memory:
        memory.memorize("note")
    assert not (tmp_path / "none" / "backups").exists()


def test_a_backup_waits_until_the_answer_is_given(tmp_path):
    later = []
    request = {"command": "memorize", "home": tmp_path, "config": {**TINY, **KEEP}, "content": "Mia likes tea"}
    commands.run(request, later=later)
    assert names(tmp_path) == []
    for act in later:
        act()
    assert len(names(tmp_path)) == 1


def test_a_backup_that_fails_is_a_warning_and_no_more(tmp_path):
    (tmp_path / "backups").write_text("no folder", encoding="utf-8")
    with opened(tmp_path, KEEP) as memory:
        memory.memorize("Mia likes tea")
    (tmp_path / "backups").unlink()
    (tmp_path / "backups").mkdir()
    with opened(tmp_path, KEEP) as memory:
        memory._daily._make = lambda: (tmp_path / "backups" / "failed").write_text("no room", encoding="utf-8")
        memory.memorize("Mia likes coffee")
    with opened(tmp_path, KEEP) as memory:
        assert any("no room" in line for line in memory.status()["warnings"])
        memory.memorize("Mia likes milk")
    with opened(tmp_path, KEEP) as memory:
        assert memory.status()["warnings"] == [] and len(memory.status()["backups"]) == 1


def test_a_backup_put_back_is_what_was_then(tmp_path):
    config = {**TINY, **KEEP}
    with opened(tmp_path, KEEP) as memory:
        kept = [memory.memorize(f"note {number}").memory for number in range(5)]
        made = backups.make_backup(tmp_path, "daily", 3)
        memory.recall("note 3")
        memory.memorize("written later")
        done = commands.run({"command": "import", "home": tmp_path, "config": config, "backup": "latest"})
        assert done["restored"] == made.name and done["before"].endswith("-restore.db")
        assert [each.id for each in memory.store.memories()] == [each.id for each in kept], "also in an open memory"
        assert "note 3" in told(memory.recall("note 3"))
        assert memory.store.check() == []
    before = tmp_path / done["before"]
    undone = commands.run({"command": "import", "home": tmp_path, "config": config, "backup": before.name})
    assert undone["restored"] == before.name
    with opened(tmp_path) as memory:
        assert "written later" in [each.content for each in memory.store.memories()]


def test_a_kill_right_after_the_swap_leaves_no_derived_file_that_disagrees(tmp_path, monkeypatch):
    monkeypatch.setattr("ntm_memory.store.live_matrix.LAG", 0)
    with opened(tmp_path, KEEP) as memory:
        memory.memorize("Mia likes tea")
    with opened(tmp_path, KEEP) as memory:
        memory.memorize("written after the backup")
    assert (tmp_path / "matrix.bin").exists()

    def swapped(*arguments):
        files.put_in_place(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(backups, "put_in_place", swapped)
    with pytest.raises(KeyboardInterrupt):
        commands.run({"command": "import", "home": tmp_path, "config": {**TINY, **KEEP}, "backup": "latest"})
    with opened(tmp_path, KEEP) as memory:
        assert [each.content for each in memory.store.memories()] == ["Mia likes tea"]
        assert memory.store.check() == []


@pytest.mark.parametrize("rubbish", [b"", b"no database " * 1000])
def test_a_backup_takes_the_place_of_a_file_that_is_none_any_more(tmp_path, rubbish):
    with opened(tmp_path, KEEP) as memory:
        memory.memorize("Mia likes tea")
    (tmp_path / "memory.db").write_bytes(rubbish)
    with pytest.raises(StoreCorruptError) as told_of:
        opened(tmp_path)
    assert rubbish or "--backup latest" in told_of.value.hint
    commands.run({"command": "import", "home": tmp_path, "config": {**TINY, **KEEP}, "backup": "latest"})
    with opened(tmp_path) as memory:
        assert [each.content for each in memory.store.memories()] == ["Mia likes tea"]
        assert memory.store.check() == []


def test_what_cannot_be_put_back_leaves_everything_as_it_was(tmp_path):
    with opened(tmp_path, KEEP) as memory:
        memory.memorize("Mia likes tea")
    (backup,) = backups.backups(tmp_path)
    backup.write_bytes(backup.read_bytes()[:5000])
    before = (tmp_path / "memory.db").read_bytes()
    request = {"command": "import", "home": tmp_path, "config": {**TINY, **KEEP}}
    with pytest.raises(StoreCorruptError, match="no backup holds a memory"):
        commands.run({**request, "backup": "latest"})
    with pytest.raises(NotFoundError, match="no backup"):
        commands.run({**request, "backup": "memory-20200101T000000Z-daily.db"})
    assert (tmp_path / "memory.db").read_bytes() == before


def test_an_older_store_is_backed_up_before_it_is_brought_up_to_date(tmp_path):
    with opened(tmp_path) as memory:
        memory.memorize("Mia likes tea")
    sql = sqlite3.connect(tmp_path / "memory.db", isolation_level=None)
    sql.execute("DROP TABLE new_keys")
    sql.execute("PRAGMA user_version = 2")
    sql.close()
    with opened(tmp_path, KEEP) as memory:
        assert told(memory.recall("tea")) == ["Mia likes tea"]
    (made,) = names(tmp_path)
    assert made.endswith("-upgrade.db")
    sql = sqlite3.connect(tmp_path / "backups" / made)
    assert sql.execute("PRAGMA user_version").fetchone() == (2,)
    sql.close()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_half_upgraded_store_goes_on(tmp_path, version):
    with opened(tmp_path) as memory:
        memory.memorize("Mia likes tea")
    sql = sqlite3.connect(tmp_path / "memory.db", isolation_level=None)
    sql.execute(f"PRAGMA user_version = {version}")  # columns and tables of later versions are there already
    sql.close()
    store = open_store(tmp_path / "memory.db")
    assert store.count() == 1 and store.check() == []
    store.close()


def test_drafts_that_a_kill_left_are_removed_when_the_memory_is_opened(tmp_path):
    with opened(tmp_path, KEEP) as memory:
        memory.memorize("Mia likes tea")
    (tmp_path / "damaged").mkdir()
    for folder in (tmp_path, tmp_path / "backups", tmp_path / "damaged"):
        (folder / "draft-killed.tmp").mkdir()
        (folder / "draft-killed.tmp" / "in-use").touch()
        (folder / "draft-killed.tmp" / "new.db").write_bytes(b"a whole memory")
    with files.drafts_beside(tmp_path / "backups" / "x.db") as drafts:
        (drafts / "new.db").touch()
        with opened(tmp_path, KEEP) as memory:
            assert [each.content for each in memory.store.memories()] == ["Mia likes tea"]
        assert [each for each in tmp_path.rglob("*.tmp")] == [drafts], "another process is at it"
    assert not list(tmp_path.rglob("*.tmp"))
