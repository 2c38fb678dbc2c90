"""Who may open, read and write a store, and with which journal."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ntm_memory.errors import StoreError, StoreLockedError
from ntm_memory.persistence import writer_lock as lock
from ntm_memory.store import connection, open_store

from .drafts import EMBEDDER, draft


def test_a_writer_that_waits_too_long_says_so(path, filled):
    holder, waiter = open_store(path), open_store(path, lock_seconds=0.05)
    with holder.transaction():
        holder.add(*draft("in the making"))
        with pytest.raises(StoreLockedError):
            waiter.add(*draft("refused"))
        assert waiter.count() == 20, "readers need not wait"
    waiter.add(*draft("accepted"))
    assert waiter.count() == 22
    holder.close()
    waiter.close()


def test_another_program_inside_the_database_says_locked(path, filled):
    store = open_store(path, lock_seconds=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreLockedError):
        store.add(*draft("refused"))
    other.execute("ROLLBACK")
    other.close()
    assert store.add(*draft("accepted")) and store.check() == []
    store.close()


def test_the_lock_dies_with_its_process(path, filled):
    script = f"""
import os, sys
from pathlib import Path
from ntm_memory.persistence.writer_lock import WriterLock
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
        store.add(*draft("refused"))
    process.kill()
    process.communicate()
    store.add(*draft("accepted"))
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
    monkeypatch.setattr(connection, "wal_is_safe", lambda: wal)
    monkeypatch.setattr("ntm_memory.store.live_matrix.LAG", 0)
    old = os.umask(0)
    try:
        store = open_store(path)
        store.set_embedder(EMBEDDER)
        with store.transaction():
            store.add(*draft("private"))
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
    assert all(map(connection.wal_is_safe, safe)) and not any(map(connection.wal_is_safe, unsafe))
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
        assert connection.is_local(Path(folder), mounts) is local, folder
    assert connection.is_local(tmp_path, tmp_path / "no such list") is False


def test_the_journal_mode_follows_what_is_safe(path, filled, monkeypatch):
    for wal, mode, synchronous in ((True, "wal", 2), (False, "delete", 3), (True, "wal", 2)):
        monkeypatch.setattr(connection, "wal_is_safe", lambda wal=wal: wal)
        store = open_store(path)
        assert store.info()["journal_mode"] == mode and store.info()["warnings"] == []
        assert store._engine.sql.execute("PRAGMA synchronous").fetchone()[0] == synchronous
        assert store.count() == 20 and store.check() == []
        if not wal:
            store.close()
            continue
        monkeypatch.setattr(connection, "wal_is_safe", lambda: False)
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
