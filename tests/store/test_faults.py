"""Every way a file can be damaged or foreign has its own error, and none of them makes things worse."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from ntm_memory.errors import NotFoundError, StoreCorruptError, StoreError, StoreFromFutureError
from ntm_memory.store import open_store
from ntm_memory.store.records import Feedback


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
    assert store.check() == [f"memory {damaged.id}: checksum differs"]
    for read in (
        lambda: store.get(damaged.id),
        lambda: store.find_key("default", damaged.key),
        lambda: list(store.memories()),
    ):
        with pytest.raises(StoreCorruptError, match=damaged.id):
            read()
    assert store.get(filled[3].id) == filled[3]
    assert any(damaged.id in line for line in store.repair())
    assert store.check() == [] and store.get(damaged.id).content == new.decode()
    store.close()


def test_a_flipped_byte_in_an_older_version_is_seen(path, filled):
    flip(path, b"precious text number 0", b"precious text numbex 0")
    store = open_store(path)
    assert store.check() == [f"version 1 of memory {filled[0].id}: checksum differs"]
    with pytest.raises(StoreCorruptError):
        store.history(filled[0].id)
    store.repair()
    assert store.check() == [] and store.history(filled[0].id)[0].content == "precious text numbex 0"
    store.close()


def test_flipped_bytes_of_key_vectors_are_seen(path, filled):
    store = open_store(path)
    blob = store.keys_of(filled[5].id).tobytes()
    store.close()
    flip(path, blob, blob[:6] + bytes([blob[6] ^ 1]) + blob[7:])
    store = open_store(path)
    assert store.check() == [f"memory {filled[5].id}: checksum differs"]
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
    with pytest.raises(StoreCorruptError):
        store.memory_matrix("default")
    assert f"memory {filled[4].id}: checksum differs" in store.check()
    assert store.get(filled[5].id) == filled[5]
    store.close()
