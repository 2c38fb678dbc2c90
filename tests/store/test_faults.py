"""Every way a file can be damaged or foreign has its own error, and none of them makes things worse."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from dataclasses import replace

import pytest

from ntm_memory.errors import DiskFullError, NotFoundError, StoreCorruptError, StoreError, StoreFromFutureError
from ntm_memory.persistence.faults import faults
from ntm_memory.store import open_store
from ntm_memory.store.records import Feedback, Selection

from .drafts import AS_VERSION_2, draft


def raw(path, *statements):
    sql = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        sql.execute(statement)
    sql.close()


def flip(path, old, new):
    data = path.read_bytes()
    assert data.count(old) == 1, data.count(old)
    path.write_bytes(data.replace(old, new))


def test_a_store_from_the_future_is_left_alone(path, filled):
    raw(path, "PRAGMA user_version = 99", "CREATE TABLE things_to_come (x)")
    before = path.read_bytes()
    with pytest.raises(StoreFromFutureError) as caught:
        open_store(path)
    assert "99" in caught.value.message and "update" in caught.value.hint
    assert path.read_bytes() == before


def test_a_store_of_an_older_version_is_brought_up_to_date(path, filled):
    verdict = Feedback("q", "default", (filled[0].id,), (), "2023-01-01T00:00:00Z")
    raw(
        path,
        *AS_VERSION_2,
        "DROP TABLE feedback",
        "CREATE TABLE feedback (row INTEGER PRIMARY KEY, query TEXT NOT NULL, namespace TEXT NOT NULL,"
        " used TEXT NOT NULL, unused TEXT NOT NULL, at TEXT NOT NULL)",
        f"INSERT INTO feedback VALUES (1, 'q', 'default', '[\"{filled[0].id}\"]', '[]', '2023-01-01T00:00:00Z')",
        "DROP INDEX memories_trust",
        "ALTER TABLE memories DROP COLUMN trust",
        "ALTER TABLE versions DROP COLUMN trust",
        "PRAGMA user_version = 1",
    )
    store = open_store(path)
    assert store.feedback() == [verdict] and store.count() == 20 and store.check() == []
    later = replace(verdict, previous=(filled[1].id,))
    assert store.add_feedback(later) == 2 and store.feedback() == [verdict, later]
    store.close()


@pytest.mark.parametrize("content", [b"not a database " * 500, b"SQLite format 3\0" + b"\xff" * 5000])
def test_another_file_is_corrupt_and_left_alone(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreCorruptError):
        open_store(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(path):
    path.parent.mkdir()
    raw(path, "CREATE TABLE notes (x)")
    with pytest.raises(StoreCorruptError, match="another program"):
        open_store(path)


def test_an_empty_file_becomes_a_store(path):
    path.parent.mkdir()
    path.touch()
    store = open_store(path)
    assert store.count() == 0 and store.check() == []
    store.close()


def test_a_missing_store_is_not_made_when_only_looking(path):
    with pytest.raises(NotFoundError):
        open_store(path, create=False)
    assert not path.parent.exists()


def test_a_folder_is_no_store(path):
    path.mkdir(parents=True)
    with pytest.raises(StoreError):
        open_store(path)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        open_store(tmp_path / "file" / "memory.db")


def test_a_truncated_file_is_corrupt(path, filled):
    path.write_bytes(path.read_bytes()[: 4096 * 6])
    with pytest.raises(StoreCorruptError) as caught:
        store = open_store(path)
        try:
            list(store.memories())
        finally:
            store.close()
    assert caught.value.hint


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"precious text number 7", b"precious text number 8"), (b"precious text number 12", b"precioux text number 12")],
)
def test_a_flipped_byte_is_seen_by_check_and_by_reading(path, filled, old, new):
    damaged = next(memory for memory in filled if memory.content.encode() == old)
    flip(path, old, new)
    store = open_store(path)
    assert store.check() == [f"memory {damaged.id}: its checksum differs"]
    for read in (
        lambda: store.get(damaged.id),
        lambda: store.find_key("default", damaged.key),
        lambda: store.amend(damaged.id, importance=0.1),
        lambda: store.set_retention(damaged.id, 0.5),
        lambda: store.words_of(damaged.id),
    ):
        with pytest.raises(StoreCorruptError, match=damaged.id):
            read()
    assert store.get(filled[3].id) == filled[3] and store.damaged() == []
    assert {memory.id for memory in store.memories()} == {memory.id for memory in filled} - {damaged.id}
    pages = [store.selected(Selection("default"), "newest", count) for count in (19, 30)]
    assert [len({memory.id for memory in page.memories}) for page in pages] == [19, 19]
    assert len(store.get_many(list(range(20)))) == 19
    assert len(store.damaged()) == 1 and damaged.id in store.damaged()[0]
    store.repair()
    assert store.check() == [f"memory {damaged.id}: its checksum differs"], "nobody vouches for what it reads now"
    store.close()


def test_a_flipped_byte_in_an_older_version_is_seen(path, filled):
    flip(path, b"precious text number 0", b"precious text numbex 0")
    store = open_store(path)
    assert store.check() == [f"version 1 of memory {filled[0].id}: its checksum differs"]
    store.repair()
    with pytest.raises(StoreCorruptError):
        store.history(filled[0].id)
    store.close()


def test_flipped_bytes_of_key_vectors_are_seen(path, filled):
    store = open_store(path)
    blob = store.keys_of(filled[5].id).tobytes()
    store.close()
    flip(path, blob, blob[:6] + bytes([blob[6] ^ 1]) + blob[7:])
    store = open_store(path)
    assert store.check() == [f"memory {filled[5].id}: its checksum differs"]
    store.close()


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM word_index_docsize WHERE id > 5",
        "DELETE FROM word_index_data WHERE id > 10",
        "DELETE FROM word_index_data",
        "UPDATE word_index_data SET block = randomblob(length(block)) WHERE id > 10",
    ],
)
def test_a_lost_word_index_is_noticed_and_mended(path, filled, damage):
    store = open_store(path)
    if store.info()["keywords"] != "fts5":
        pytest.skip("no FTS5")
    store.close()
    raw(path, damage)
    store = open_store(path)
    assert any("word index" in fault for fault in store.check())
    store.repair()
    assert store.check() == [] and len(store.postings("default", ["precious"]).address["precious"]) == 19
    store.close()


def test_key_vectors_of_an_impossible_size_are_corrupt(path, filled):
    raw(path, f"UPDATE memories SET keys = x'0102030405' WHERE id = '{filled[4].id}'")
    store = open_store(path)
    assert len(store.memory_matrix("default")) == 19
    assert len(store.damaged()) == 1 and filled[4].id in store.damaged()[0]
    assert f"memory {filled[4].id}: its checksum differs" in store.check()
    assert store.get(filled[5].id) == filled[5]
    store.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE memories SET content = CAST(x'ff7465' AS TEXT) WHERE id = ?",
        "UPDATE memories SET tags = '[' WHERE id = ?",
        "UPDATE memories SET tags = 5 WHERE id = ?",
        "UPDATE memories SET occurred_at = 'yesterday' WHERE id = ?",
        "UPDATE memories SET keys = zeroblob(32) WHERE id = ?",
        "UPDATE memories SET keys = x'0000807f' || substr(keys, 5) WHERE id = ?",
        "UPDATE memories SET created_at = x'00' WHERE id = ?",
        "UPDATE memories SET strength = 'much' WHERE id = ?",
        "UPDATE memories SET words = 'uzz' WHERE id = ?",
        "UPDATE memories SET crc = 'none' WHERE id = ?",
        "UPDATE memories SET session = 77 WHERE id = ?",
    ],
)
def test_one_damaged_row_stops_no_other(path, filled, damage):
    hurt = filled[7]
    sql = sqlite3.connect(path, isolation_level=None)
    sql.execute(damage, (hurt.id,))
    sql.close()
    store = open_store(path)
    kept = [memory.id for memory in filled if memory.id != hurt.id]
    assert [memory.id for memory in store.memories()] == kept
    slots = store.memory_matrix("default")
    assert {memory.id for memory in store.get_many(slots.address.tolist())} == set(kept)
    assert len(store.memory_matrix_as_of("default", "2999-01-01T00:00:00Z")[1]) == 19
    with pytest.raises(StoreCorruptError, match=hurt.id):
        store.get(hurt.id)
    assert any(hurt.id in line for line in store.check()) and hurt.id in store.damaged()[0]
    store.close()


@pytest.mark.parametrize("name", ["seq", "next_address", "purges", "uuid", "embedder", "dim"])
@pytest.mark.parametrize("value", ["rubbish", "", None])
def test_garbled_bookkeeping_is_told_and_rebuilt_from_the_memories(path, filled, name, value):
    raw(path, f"DELETE FROM meta WHERE name = '{name}'")
    if value is not None:
        raw(path, f"INSERT INTO meta VALUES ('{name}', '{value}')")
    store = open_store(path)
    if name in ("seq", "next_address", "embedder", "dim"):
        assert store.check() != [] or (name, value) == ("uuid", "rubbish")
    store.repair()
    assert store.check() == []
    told = store.embedder()
    assert told["dim"] == store.dim == 8 and told["name"] == ("unknown" if name in ("embedder", "dim") else "test")
    new = store.add(*draft("one more"))
    assert new.address == 20 and len(store.memory_matrix("default")) == 21
    store.close()


class FailingAtTheEnd:
    """A connection whose disk fails when all of a commit is written: at the flush of the folder."""

    def __init__(self, sql):
        self._sql = sql

    def __getattr__(self, name):
        return getattr(self._sql, name)

    def execute(self, statement, *arguments):
        done = self._sql.execute(statement, *arguments)
        if statement == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        return done


def test_a_disk_that_fails_after_the_commit_is_not_said_to_have_written_nothing(path, monkeypatch):
    store = open_store(path)
    monkeypatch.setattr("ntm_memory.persistence.faults._little_room", lambda path: True)
    connection = store._engine.connection
    sound, connection.sql = connection.sql, FailingAtTheEnd(connection.sql)
    with pytest.raises(StoreError) as caught, store.transaction():
        store.add(*draft("written all the same"))
    assert "nothing was written" not in str(caught.value) and "may be written" in caught.value.hint
    connection.sql = sound
    assert [each.content for each in store.memories()] == ["written all the same"]
    store.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
@pytest.mark.skipif(sys.version_info < (3, 11), reason="SQLite's error codes came with Python 3.11")
def test_a_file_that_may_not_grow_is_told_as_no_room_and_nothing_is_written(path, filled):
    import resource

    store = open_store(path)
    before = [each.id for each in store.memories()]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))
    try:
        with pytest.raises(DiskFullError, match="nothing was written") as caught, store.transaction():
            for number in range(50):
                store.add(*draft(f"{number} " * 200))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "space" in caught.value.hint and "ulimit" in caught.value.hint
    assert [each.id for each in store.memories()] == before and store.check() == []
    store.add(*draft("there is room again"))
    store.close()


def test_a_page_that_could_not_be_written_at_the_end_leaves_all_as_it_was(path, monkeypatch):
    monkeypatch.setattr("ntm_memory.persistence.faults._little_room", lambda path: False)
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_WRITE"
    with pytest.raises(StoreError, match="nothing was written"), faults(path, at_commit=True):
        raise error


def test_a_read_only_file_system_names_the_sandbox_that_may_have_made_it(path):
    with pytest.raises(StoreError, match="Read-only") as caught, faults(path):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))
    assert "sandbox.filesystem.allowWrite" in caught.value.hint
    with pytest.raises(StoreError, match="Permission denied") as caught, faults(path):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    assert "sandbox" not in caught.value.hint


def test_a_database_that_sqlite_may_only_read_names_it_too(path, filled):
    sql = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with pytest.raises(StoreError, match="readonly") as caught, faults(path):
        sql.execute("DELETE FROM memories")
    sql.close()
    assert "sandbox.filesystem.allowWrite" in caught.value.hint
