"""One SQLite connection: journal mode, writer lock, transactions, errors in our own words."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ntm_memory.errors import DiskFullError, NTMMemoryError, StoreCorruptError, StoreError, StoreLockedError

LOCAL_FILE_SYSTEMS = frozenset("ext2 ext3 ext4 xfs btrfs zfs f2fs tmpfs overlay bcachefs jfs reiserfs".split())
_BUSY = ("locked", "busy")


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite has the WAL-reset bug mended (two connections that checkpoint at once could corrupt)."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def is_local(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether a folder lies on a local file system; in doubt it does not (WAL corrupts on network and sync folders)."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    where, kind = "", ""
    target = str(folder.resolve())
    for line in lines:
        _, mount, fs, *_ = line.split(" ")
        mount = mount.replace("\\040", " ")
        inside = target == mount or target.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(where):
            where, kind = mount, fs
    return kind in LOCAL_FILE_SYSTEMS


class Connection:
    """A connection to one memory file, used from one thread.

    Writers take our own lock file first: SQLite's busy handler is not fair, and rollback journals let a reader starve them.

    Args:
        path: the database file.
        lock_seconds: how long to wait for another writer.
    """

    def __init__(self, path: Path, lock_seconds: float) -> None:
        self.path = path
        self._lock_seconds = lock_seconds
        self._lock_path = path.with_suffix(".lock")
        self._depth = 0
        with errors(path):
            old_mask = os.umask(0o077)
            try:
                self.sql = sqlite3.connect(path, isolation_level=None, timeout=lock_seconds)
                self.sql.execute("PRAGMA secure_delete = ON")
                self.wal = wal_is_safe() and is_local(path.parent)
                self.sql.execute(f"PRAGMA journal_mode = {'WAL' if self.wal else 'DELETE'}")
                self.sql.execute(f"PRAGMA synchronous = {'FULL' if self.wal else 'EXTRA'}")
                self._lock_file = self._lock_path.open("a+b")
            finally:
                os.umask(old_mask)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Lock, BEGIN IMMEDIATE … COMMIT; on any exception everything is rolled back. Inner ones join the outer."""
        if self._depth:
            yield
            return
        with errors(self.path):
            self._lock()
            try:
                self.sql.execute("BEGIN IMMEDIATE")
                self._depth = 1
                try:
                    yield
                    self.sql.execute("COMMIT")
                except BaseException:
                    if self.sql.in_transaction:
                        self.sql.execute("ROLLBACK")
                    raise
                finally:
                    self._depth = 0
            finally:
                _unlock(self._lock_file.fileno())

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """The writer lock without a transaction, for VACUUM and the like."""
        with errors(self.path):
            self._lock()
            try:
                yield
            finally:
                _unlock(self._lock_file.fileno())

    def close(self) -> None:
        """Close the file and let the lock go."""
        self.sql.close()
        self._lock_file.close()

    def _lock(self) -> None:
        deadline = time.monotonic() + self._lock_seconds
        while not _try_lock(self._lock_file.fileno()):
            if time.monotonic() >= deadline:
                raise StoreLockedError(
                    f"another process has been writing for {self._lock_seconds:g} seconds",
                    "try again, or raise store.lock_seconds",
                )
            time.sleep(0.005)


@contextmanager
def errors(path: Path) -> Iterator[None]:
    """Say SQLite's and the system's errors in our own words."""
    try:
        yield
    except NTMMemoryError:
        raise
    except sqlite3.ProgrammingError as error:
        raise StoreError(f"{path} is closed") from error
    except sqlite3.DatabaseError as error:
        raise _translated(path, error) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFullError("the disk is full; nothing was written", "free some space") from error
        raise StoreError(f"{path} cannot be used: {error.strerror}", "check the folder's owner and permissions") from error


def _translated(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    text = str(error)
    if "full" in text:
        return DiskFullError("the disk is full; nothing was written", "free some space")
    if any(word in text for word in _BUSY):
        return StoreLockedError(f"{path} is locked by another process", "try again in a moment")
    if "malformed" in text or "not a database" in text or "corrupt" in text:
        return StoreCorruptError(f"{path} is damaged: {text}", "keep a copy, then run: status.py --repair")
    return StoreError(f"{path} cannot be used: {text}", "check the folder's owner, permissions and free space")


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
