"""Every way a file can be unusable has its own error, and none of them makes things worse."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ntm_memory.errors import (
    NotFoundError,
    StoreCorruptError,
    StoreError,
    StoreFromFutureError,
    StoreLockedError,
)
from ntm_memory.store import journal, lock, open_store

from .drafts import EMBEDDER, Clock, draft


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "memory.db"


@pytest.fixture
def filled(path):
    store = open_store(path, clock=Clock())
    store.set_embedder(EMBEDDER)
    with store.transaction():
        memories = [store.add(draft(f"precious text number {i}", key=f"k{i}")) for i in range(20)]
    store.rewrite(memories[0].id, draft("rewritten text", key="k0"))
    store.close()
    return memories


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


def test_a_writer_that_waits_too_long_says_so(path, filled):
    holder, waiter = open_store(path), open_store(path, lock_seconds=0.05)
    with holder.transaction():
        holder.add(draft("in the making"))
        with pytest.raises(StoreLockedError):
            waiter.add(draft("refused"))
        assert waiter.count() == 20, "readers need not wait"
    waiter.add(draft("accepted"))
    assert waiter.count() == 22
    holder.close()
    waiter.close()


def test_another_program_inside_the_database_says_locked(path, filled):
    store = open_store(path, lock_seconds=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreLockedError):
        store.add(draft("refused"))
    other.execute("ROLLBACK")
    other.close()
    assert store.add(draft("accepted")) and store.check() == []
    store.close()


def test_the_lock_dies_with_its_process(path, filled):
    script = f"""
import os, sys
from pathlib import Path
from ntm_memory.store.lock import WriterLock
held = WriterLock(Path({str(path.with_suffix(".lock"))!r}), 1.0)
held.acquire()
print("held", flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert process.stdout.readline() == "held\n"
    store = open_store(path, lock_seconds=0.05)
    with pytest.raises(StoreLockedError):
        store.add(draft("refused"))
    process.kill()
    process.communicate()
    store.add(draft("accepted"))
    store.close()


def test_key_vectors_of_an_impossible_size_are_corrupt(path, filled):
    raw(path, f"UPDATE memories SET keys = x'0102030405' WHERE id = '{filled[4].id}'")
    store = open_store(path)
    with pytest.raises(StoreCorruptError):
        store.slots("default")
    assert f"memory {filled[4].id}: checksum differs" in store.check()
    assert store.get(filled[5].id) == filled[5]
    store.close()


def test_a_store_belongs_to_its_thread(path, filled):
    store, raised = open_store(path), []

    def use():
        try:
            store.count()
        except StoreError as error:
            raised.append(error.message)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert len(raised) == 1 and "thread" in raised[0]
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
@pytest.mark.parametrize("wal", [False, True])
def test_only_the_owner_can_read(path, monkeypatch, wal):
    monkeypatch.setattr(journal, "wal_is_safe", lambda: wal)
    monkeypatch.setattr("ntm_memory.store.snapshot.LAG", 0)
    old = os.umask(0)
    try:
        store = open_store(path)
        store.set_embedder(EMBEDDER)
        with store.transaction():
            store.add(draft("private"))
            store.note_reads([0])
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert any(name.endswith("-wal" if wal else "-journal") for name in modes)
        store.close()
    finally:
        os.umask(old)
    modes |= {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600} and {"memory.db", "memory.lock", "usage.db", "matrix.bin"} <= set(modes)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    open_store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_a_store_error(path, filled):
    path.chmod(0o000)
    with pytest.raises(StoreError):
        open_store(path)


def test_wal_needs_a_mended_sqlite_and_a_local_disk(tmp_path):
    safe = [(3, 51, 3), (3, 52, 0), (3, 50, 7), (3, 44, 6), (4, 0, 0)]
    unsafe = [(3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 50, 6), (3, 51, 0), (3, 51, 2)]
    assert all(map(journal.wal_is_safe, safe)) and not any(map(journal.wal_is_safe, unsafe))
    mounts = tmp_path / "mounts"
    mounts.write_text("dev / ext4 rw 0 0\nnas /mnt/my\\040nas nfs4 rw 0 0\nx /mnt/my\\040nas/in tmpfs rw 0 0\n")
    folders = {
        "/home/me": True,
        "/mnt/my nas": False,
        "/mnt/my nas/a/b": False,
        "/mnt/my nas/in/a": True,
        "/mnt/my nasty": True,
    }
    for folder, local in folders.items():
        assert journal.is_local(Path(folder), mounts) is local, folder
    assert journal.is_local(tmp_path, tmp_path / "no such list") is False


def test_the_journal_mode_follows_what_is_safe(path, filled, monkeypatch):
    for wal, mode, synchronous in ((True, "wal", 2), (False, "delete", 3), (True, "wal", 2)):
        monkeypatch.setattr(journal, "wal_is_safe", lambda wal=wal: wal)
        store = open_store(path)
        assert store.info()["journal_mode"] == mode and store.info()["warnings"] == []
        assert store._sql.execute("PRAGMA synchronous").fetchone()[0] == synchronous
        assert store.count() == 20 and store.check() == []
        if not wal:
            store.close()
            continue
        monkeypatch.setattr(journal, "wal_is_safe", lambda: False)
        second = open_store(path, lock_seconds=0.05)
        assert "wal" in second.info()["warnings"][0], "the mode cannot be changed under another connection"
        assert second.count() == 20
        second.close()
        store.close()


def test_waiting_for_the_lock_ends_when_it_is_free(tmp_path):
    held, waiting = lock.WriterLock(tmp_path / "l", 1.0), lock.WriterLock(tmp_path / "l", 5.0)
    held.acquire()
    timer = threading.Timer(0.05, held.release)
    timer.start()
    waiting.acquire()
    waiting.release()
    timer.join()
    held.close()
    waiting.close()
