"""A purge reaches what repairs put aside: files of damaged rows, and whole files kept as they were."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from opening import opened

from ntm_memory import commands
from ntm_memory.recovery.files import opened as opened_file
from ntm_memory.recovery.repair import mend

SECRET, OTHER = "The zebra sleeps in the shed behind the mill", "Karl brings cake to the party on Friday"
CONFIG = {"embedder": {"backend": "tiny"}, "store": {"backups": 0}}


def hurt(home, statement, *values):
    sql = sqlite3.connect(home / "memory.db", isolation_level=None)
    sql.execute(statement, values)
    sql.close()


def bytes_of(folder):
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def kept(home):
    return sorted(file.name.split("-")[-1] for file in (home / "damaged").iterdir())


@pytest.fixture
def ids(tmp_path):
    """Two memories, each with a damaged older version that a repair put aside together with the file."""
    with opened(tmp_path) as memory:
        found = [memory.memorize(text).memory.id for text in (SECRET, OTHER)]
        for id in found:
            memory.update(id, content=f"now of {id}")
    hurt(tmp_path, "UPDATE versions SET crc = crc + 1")
    mend(tmp_path / "memory.db", 1.0)
    return found


def test_rows_and_files_put_aside_lose_what_is_purged_and_nothing_else(tmp_path, ids):
    names = {file.name for file in (tmp_path / "damaged").iterdir()}
    assert len(names) == 3 and b"zebra" in bytes_of(tmp_path / "damaged")
    with opened(tmp_path) as memory:
        foreseen = memory.erase(ids[0], purge=True, dry_run=True)
        assert len(foreseen.damaged_holding) == 2 and foreseen.damaged_purged == ()
        done = memory.erase(ids[0], purge=True)
    assert done.damaged_purged == foreseen.damaged_holding and done.damaged_holding == ()
    assert b"zebra" not in bytes_of(tmp_path) and b"cake" in bytes_of(tmp_path / "damaged")
    (row,) = (tmp_path / "damaged").glob("*.json")
    assert json.loads(row.read_bytes())["read"]["id"] == ids[1]


def test_a_kept_file_that_can_be_opened_keeps_the_others(tmp_path, ids):
    with opened(tmp_path) as memory:
        memory.erase(ids[0], purge=True)
    (file,) = (tmp_path / "damaged").glob("*.db")
    sql = sqlite3.connect(file)
    assert sql.execute("SELECT id FROM memories").fetchall() == [(ids[1],)]
    sql.close()


@pytest.mark.parametrize("named", [True, False])
def test_a_kept_file_that_cannot_be_opened_goes_if_it_is_of_this_store(tmp_path, ids, named):
    (whole,) = (tmp_path / "damaged").glob("*.db")
    data = whole.read_bytes()
    torn = data[:100] + bytes(4000) + data[4100:]
    with opened(tmp_path) as memory:
        uuid = memory.store.uuid.encode()
    assert uuid in torn
    ours, foreign, harmless = (tmp_path / "damaged" / f"{name}-memory.db" for name in ("1", "2", "3"))
    ours.write_bytes(torn if named else torn.replace(ids[0].encode(), bytes(len(ids[0]))))
    foreign.write_bytes(torn.replace(uuid, bytes(len(uuid))))
    harmless.write_bytes(b"of something else " * 500)
    journal = ours.with_name(f"{ours.name}-journal")
    journal.write_bytes(torn)
    with opened(tmp_path) as memory:
        done = memory.erase(ids[0], purge=True)
    assert ours.name in done.damaged_purged and not ours.exists() and not journal.exists()
    assert done.damaged_holding == (foreign.name,) and foreign.exists()
    assert harmless.read_bytes() == b"of something else " * 500


def test_a_row_whose_id_is_damaged_too_is_known_by_its_text(tmp_path):
    with opened(tmp_path) as memory:
        gone, stays = (memory.memorize(text).memory.id for text in (SECRET, OTHER))
        memory.memorize("one that is whole")  # of what has none nothing is made anew
    shutil.copy(tmp_path / "memory.db", tmp_path / "copy.db")
    hurt(tmp_path, "UPDATE memories SET id = 'm_2222222222' WHERE id = ?", gone)
    hurt(tmp_path, "UPDATE memories SET id = CAST(x'ff00' AS TEXT) WHERE id = ?", stays)
    mend(tmp_path / "memory.db", 1.0)
    for file in (tmp_path / "damaged").glob("*.db"):
        file.unlink()
    shutil.move(tmp_path / "copy.db", tmp_path / "memory.db")
    with opened(tmp_path) as memory:
        done = memory.erase(gone, purge=True)
        assert len(done.damaged_purged) == 1 and b"zebra" not in bytes_of(tmp_path)
        assert b"cake" in bytes_of(tmp_path / "damaged")
        assert len(memory.erase(stays, purge=True).damaged_purged) == 1 and b"cake" not in bytes_of(tmp_path)


def test_what_another_key_hides_stops_no_purge_and_is_named(tmp_path, monkeypatch):
    pytest.importorskip("sqlcipher3", reason="needs the extra `encrypt`")
    monkeypatch.delenv("NTM_MEMORY_KEY", raising=False)
    with opened(tmp_path) as memory:
        id = memory.memorize(SECRET).memory.id
        for folder in ("backups", "damaged"):
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / "old-memory.db").write_bytes(bytes(range(256)) * 32)
        done = memory.erase(id, purge=True)
    assert done.backups_holding == done.damaged_holding == ("old-memory.db",)


def test_one_version_alone_leaves_the_rest_of_the_memory(tmp_path, ids):
    with opened(tmp_path) as memory:
        memory.update(ids[0], content="The yak sleeps there")
    hurt(tmp_path, "UPDATE memories SET crc = crc + 1 WHERE id = ?", ids[1])
    mend(tmp_path / "memory.db", 1.0, lambda: 2e9)
    request = {"command": "erase", "home": tmp_path, "config": CONFIG, "ids_or_key": ids[0], "purge": True}
    answer = commands.run({**request, "version": 2})
    assert len(answer["damaged_purged"]) == 2 and f"now of {ids[0]}".encode() not in bytes_of(tmp_path)
    assert b"zebra" in bytes_of(tmp_path / "damaged"), "the first version is another one"


def test_encrypted_files_too(tmp_path, monkeypatch):
    pytest.importorskip("sqlcipher3", reason="needs the extra `encrypt`")
    pytest.importorskip("cryptography", reason="needs the extra `encrypt`")
    monkeypatch.setenv("NTM_MEMORY_KEY", "5a" * 32)
    with opened(tmp_path, {"privacy": {"encrypt": "sqlcipher"}}) as memory:
        ids = [memory.memorize(text).memory.id for text in (SECRET, OTHER)]
    whole, torn, foreign = (tmp_path / "damaged" / f"{name}-memory.db" for name in "123")
    whole.parent.mkdir()
    data = (tmp_path / "memory.db").read_bytes()
    whole.write_bytes(data)
    torn.write_bytes(data[:100] + bytes(5000) + data[5100:])
    foreign.write_bytes(bytes(reversed(data[:16])) + data[16:])
    with opened(tmp_path) as memory:
        done = memory.erase(ids[0], purge=True)
    assert done.damaged_purged == (whole.name, torn.name) and done.damaged_holding == (foreign.name,)
    with closing(opened_file(whole, read_only=True)) as sql:
        assert [tuple(row) for row in sql.execute("SELECT id FROM memories").fetchall()] == [(ids[1],)]
    assert not torn.exists() and foreign.exists()
