"""A repair takes what is damaged or missing from the newest backup that has it, and no damaged file counts as one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from opening import Clock, opened

from ntm_memory import commands
from ntm_memory.errors import StoreCorruptError
from ntm_memory.recovery.backups import backups, make_backup
from ntm_memory.recovery.check import check_home
from ntm_memory.recovery.sound import is_sound

CONFIG = {"embedder": {"backend": "tiny"}, "recall": {"confidence_floor": 0.0}, "store": {"backups": 3}}


def run(home, command, **arguments):
    return commands.run({"command": command, "home": str(home), "config": CONFIG, **arguments}, later=[])


def flip(file, text, places=1):
    """Turn the lowest bit of the first letter of a text, wherever it stands in the file."""
    data = bytearray(file.read_bytes())
    at = -1
    for _ in range(places):
        at = data.index(text.encode(), at + 1)
        data[at] ^= 1
    file.write_bytes(data)


@pytest.fixture
def ids(tmp_path):
    """Ids of a cat and of a roof told under keys; a backup holds both, the cat in its second version."""
    with opened(tmp_path, config={"store": {"backups": 3}}, clock=Clock()) as memory:
        memory.memorize("Her dog is called Bello", key="cat", session="s")
        cat = memory.memorize("Her cat is called Mohrle", key="cat", session="s").memory.id
        roof = memory.memorize("The shed roof is made of larch").memory.id
    assert len(backups(tmp_path)) == 1
    return {"cat": cat, "roof": roof}


def contents(home):
    with opened(home) as memory:
        return sorted(each.content for each in memory.store.memories())


def test_a_damaged_row_is_taken_from_the_backup_and_nothing_is_put_aside_for_it(tmp_path, ids):
    (good,) = backups(tmp_path)
    flip(tmp_path / "memory.db", "Mohrle")
    assert contents(tmp_path) == ["The shed roof is made of larch"]
    repaired = run(tmp_path, "status", repair=True)["repaired"]
    assert any(ids["cat"] in line and good.name in line for line in repaired)
    assert contents(tmp_path) == ["Her cat is called Mohrle", "The shed roof is made of larch"]
    assert not list((tmp_path / "damaged").glob("*.json"))
    with opened(tmp_path) as memory:
        (old,) = memory.store.history(ids["cat"])
        assert old.content == "Her dog is called Bello" and memory.store.get(ids["cat"]).session == "s"
        assert memory.store.check() == []


def test_all_rows_are_taken_where_all_are_damaged(tmp_path, ids):
    flip(tmp_path / "memory.db", "Mohrle")
    flip(tmp_path / "memory.db", "larch")
    run(tmp_path, "status", repair=True)
    assert contents(tmp_path) == ["Her cat is called Mohrle", "The shed roof is made of larch"]


def test_a_damaged_older_version_is_taken_from_the_backup(tmp_path, ids):
    flip(tmp_path / "memory.db", "Bello")
    repaired = run(tmp_path, "status", repair=True)["repaired"]
    assert any(f"version 1 of memory {ids['cat']}" in line and "backups/" in line for line in repaired)
    with opened(tmp_path) as memory:
        assert [old.content for old in memory.store.history(ids["cat"])] == ["Her dog is called Bello"]


def test_a_file_with_damaged_rows_makes_no_backup_however_often_it_is_repaired(tmp_path, ids):
    (good,) = backups(tmp_path)
    for number in range(5):
        with opened(tmp_path) as memory:
            memory.memorize(f"note {number} about tea number {number * 7}")
        flip(tmp_path / "memory.db", f"note {number} about")  # no backup has it
        with pytest.raises(StoreCorruptError, match="no backup was made"):
            make_backup(tmp_path, "daily", 3)
        repaired = run(tmp_path, "status", repair=True)["repaired"]
        assert not any("backed up" in line for line in repaired)
    assert backups(tmp_path) == [good] and is_sound(good)
    assert len(list((tmp_path / "damaged").glob("*.json"))) == 5


def test_what_a_backup_has_as_it_was_before_is_named_and_not_taken(tmp_path, ids):
    with opened(tmp_path) as memory:
        memory.memorize("Karl brings cake")
        memory.update(ids["roof"], content="The shed roof is made of pine")
        memory.erase(ids["cat"])
    flip(tmp_path / "memory.db", "The shed roof is made of pine")
    flip(tmp_path / "memory.db", "Her cat is called Mohrle")
    (good,) = backups(tmp_path)
    repaired = "\n".join(run(tmp_path, "status", repair=True)["repaired"])
    assert contents(tmp_path) == ["Karl brings cake"]
    for id in ids.values():
        assert f"memory {id}: backups/{good.name} has version" in repaired
    assert f"import.py --backup {good.name}" in repaired


def test_what_was_redacted_since_does_not_come_back_by_a_repair(tmp_path, ids):
    from ntm_memory.store.records import Encoding

    with opened(tmp_path) as memory:
        keys = memory.store.keys_of(ids["roof"])
        memory.store.overwrite({(ids["roof"], 1): ("The shed roof is made of [secret]", Encoding(keys, (), False))})
    flip(tmp_path / "memory.db", "made of [secret]")
    run(tmp_path, "status", repair=True)
    assert contents(tmp_path) == ["Her cat is called Mohrle"]


def test_a_missing_row_is_taken_too(tmp_path):
    with opened(tmp_path, config={"store": {"backups": 3}}, clock=Clock()) as memory:
        memory.memorize_many([{"content": f"note {n} " + "about tea " * 50} for n in range(60)])
    before = contents(tmp_path)
    data = (tmp_path / "memory.db").read_bytes()
    (tmp_path / "memory.db").write_bytes(data[: len(data) * 7 // 10 // 4096 * 4096])
    repaired = run(tmp_path, "status", repair=True)["repaired"]
    assert any("was damaged or missing: it is as backups/" in line for line in repaired)
    assert contents(tmp_path) == before


def test_what_a_restore_took_out_does_not_come_back_by_a_repair(tmp_path):
    config = {"store": {"backups": 9}}
    with opened(tmp_path, config, clock=Clock()) as memory:
        told = [{"content": f"note {n} " + "about tea " * 50, "key": f"k{n}"} for n in range(60)]
        memory.memorize_many(told)
    kept = contents(tmp_path)
    with opened(tmp_path) as memory:
        memory.memorize("Quillfeather sails")
        memory.erase("k9", purge=True)
    run(tmp_path, "import", backup="latest")
    kept.remove(next(text for text in kept if text.startswith("note 9 ")))
    assert contents(tmp_path) == kept and [file.name[-10:-3] for file in backups(tmp_path)][0] == "restore"
    data = bytearray((tmp_path / "memory.db").read_bytes())
    page = data.index(b"note 30 about") // 4096 * 4096
    data[page : page + 4096] = bytes(4096)
    (tmp_path / "memory.db").write_bytes(data)
    repaired = "\n".join(run(tmp_path, "status", repair=True)["repaired"])
    assert "was damaged or missing: it is as backups/" in repaired
    assert contents(tmp_path) == kept


def test_latest_is_the_newest_whole_one(tmp_path, ids):
    (good,) = backups(tmp_path)
    newer = good.with_name("memory-20991127T000000Z-daily.db")
    newer.write_bytes(good.read_bytes())
    flip(newer, "larch")
    (tmp_path / "backups" / "memory-20991128T000000Z-daily.db").write_bytes(b"")
    found = "\n".join(check_home(tmp_path, []))
    assert f"{newer.name}: damaged: 1 of 2" in found and "memory-20991128T000000Z-daily.db: holds no memory" in found
    assert run(tmp_path, "import", backup="latest")["restored"] == good.name
    for file in backups(tmp_path):
        if file != newer:
            file.unlink()
    with pytest.raises(StoreCorruptError, match="every backup is damaged") as error:
        run(tmp_path, "import", backup="latest")
    assert newer.name in error.value.hint


def test_damaged_rows_stop_neither_an_upgrade_nor_another_embedder(tmp_path, ids):
    flip(tmp_path / "memory.db", "Mohrle")
    sql = sqlite3.connect(tmp_path / "memory.db")
    sql.executescript("DROP INDEX memories_listed; ALTER TABLE memories DROP COLUMN mentions; PRAGMA user_version = 3")
    sql.close()
    before = backups(tmp_path)
    with opened(tmp_path, config={"store": {"backups": 3}}) as memory:
        assert memory.store.count() == 2
    assert backups(tmp_path) == before
    assert len([*(Path(tmp_path) / "damaged").glob("*-memory.db")]) == 1


def test_a_damaged_memory_is_not_copied_again_after_each_call(tmp_path, ids, monkeypatch):
    from ntm_memory.recovery import backups as module

    for file in backups(tmp_path):
        file.unlink()
    flip(tmp_path / "memory.db", "Mohrle")
    calls = []
    made = module.make_backup
    monkeypatch.setattr(module, "make_backup", lambda *told, **more: calls.append(told) or made(*told, **more))
    for number in range(3):
        with opened(tmp_path, config={"store": {"backups": 3}}, clock=Clock()) as memory:
            memory.memorize(f"note {number} about hens")
            assert number == 0 or any("could not be made" in line for line in memory.status()["warnings"])
    assert len(calls) == 1
    run(tmp_path, "status", repair=True)
    calls.clear()
    with opened(tmp_path, config={"store": {"backups": 3}}, clock=Clock()) as memory:
        memory.memorize("note 4 about hens")
    assert len(calls) == 1 and len(backups(tmp_path)) == 1
