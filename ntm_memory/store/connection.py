"""One SQLite connection, its transactions, and which journal mode is safe for it.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when two connections checkpoint at once, and WAL needs shared memory,
which network and sync folders do not give. A rollback journal is slower (16–24 ms a transaction against 0.5–4) and safe
everywhere.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ntm_memory.errors import NotFoundError, StoreError
from ntm_memory.persistence.faults import faults, refuse_unusual
from ntm_memory.persistence.wiping import wipe
from ntm_memory.persistence.writer_lock import WriterLock
from ntm_memory.privacy import cipher

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key

_CACHE_KIB = 65_536  # a transaction that outgrows the cache would shut readers out until it ends
LOCAL_FILE_SYSTEMS = frozenset("ext2 ext3 ext4 xfs btrfs zfs f2fs tmpfs overlay bcachefs jfs reiserfs".split())


def _nothing() -> None:
    """Do nothing."""


class Connection:
    """A connection to one memory file, used from one thread.

    Args:
        path: the database file; its folder is made if need be.
        lock_seconds: how long to wait for another writer.
        create: whether to make the file if it is not there.
        encrypt: whether a file that is made is encrypted; one that is there is as it is.

    Raises:
        NotFoundError: there is no file and none is to be made.
        StoreError: or one of its kinds: the file cannot be opened, or its key is missing or wrong.
    """

    def __init__(self, path: Path, lock_seconds: float, *, create: bool, encrypt: bool = False) -> None:
        self.path = path
        self.lock = WriterLock(path.with_suffix(".lock"), lock_seconds)
        self.on_rollback: Callable[[], None] = _nothing
        self.on_commit: Callable[[], None] = _nothing
        self._depth = 0
        with faults(path):
            refuse_unusual(path)
        if not create and not path.exists():
            raise NotFoundError(f"there is no memory at {path}", "memorize something first, or check --home")
        with faults(path):
            _make_private(path)
            self._remove_draft()
            self.key = self._find_key(encrypt)
            self._opened = _identity(path)
            self.sql = cipher.connect(path, self.key, isolation_level=None, timeout=lock_seconds)
            try:
                self._set_up()
            except BaseException:
                self.sql.close()
                raise

    def _set_up(self) -> None:
        if self.key is not None:
            cipher.refuse_wrong(self.path, self.sql, self.key)
        self.sql.row_factory = cipher.row_factory(self.key)
        self.sql.execute("PRAGMA secure_delete = ON")
        self.sql.execute("PRAGMA temp_store = MEMORY")  # else VACUUM writes the texts to a temporary file
        self.sql.execute(f"PRAGMA cache_size = {-_CACHE_KIB}")

    def _find_key(self, encrypt: bool) -> Key | None:
        if encrypt and not self.path.stat().st_size:
            with self.exclusive():
                if not self.path.stat().st_size:
                    cipher.make(self.path)
        salt = cipher.salt_of(self.path)
        if salt is None:
            return None
        from ntm_memory.privacy.keys import find_key  # seldom needed

        return find_key(salt)

    def _remove_draft(self) -> None:
        """Remove what was left of a file that was to take this one's place; one that is being written has the lock."""
        if cipher.draft_of(self.path).exists():
            lock = WriterLock(self.path.with_suffix(".lock"), 0)
            with suppress(StoreError, OSError):
                lock.acquire()
                wipe(cipher.draft_of(self.path))
            lock.close()

    def refuse_replaced(self) -> None:
        """Refuse to go on with a file that is no longer the one of this name: what is written to it would be lost.

        Raises:
            StoreError: another file took its place since it was opened.
        """
        if _identity(self.path) != self._opened:
            raise StoreError(f"{self.path} was replaced since it was opened", "open the memory anew")

    def set_journal(self) -> str | None:
        """Choose the journal mode; a warning where another process holds the file in the wrong one."""
        wanted = choose_mode(self.path.parent, *cipher.own_sqlite_version(self.key))
        (mode,) = self.sql.execute("PRAGMA journal_mode").fetchone()
        if mode != wanted:
            with suppress(sqlite3.OperationalError):
                (mode,) = self.sql.execute(f"PRAGMA journal_mode = {wanted}").fetchone()
        self.sql.execute(f"PRAGMA synchronous = {'FULL' if mode == 'wal' else 'EXTRA'}")
        if mode == wanted:
            return None
        return f"the journal mode is {mode}, {wanted} would be safer here: close all other programs that use the memory"

    def wait_at_most(self, seconds: float) -> None:
        """From now on wait no longer for others than that."""
        self.lock.seconds = min(self.lock.seconds, seconds)
        self.sql.execute(f"PRAGMA busy_timeout = {int(1000 * self.lock.seconds)}")

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._depth > 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Lock, BEGIN IMMEDIATE … COMMIT; on any exception everything is rolled back.

        Inner ones are part of the outer one, but an exception that leaves an inner one takes back what that one did, so
        that nothing half-written is committed if the caller goes on. The caller's own exceptions pass as they are.
        """
        with self._inner() if self._depth else self._outer():
            yield
        if not self._depth:
            self.on_commit()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One state of the database for several queries, whatever others do meanwhile."""
        if self.sql.in_transaction:
            yield
            return
        with faults(self.path):
            self.refuse_replaced()
            self.sql.execute("BEGIN")
        try:
            yield
        finally:
            with faults(self.path):
                if self.sql.in_transaction:
                    self.sql.execute("COMMIT")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """The writer lock without a transaction, for VACUUM and the like."""
        self.lock.acquire()
        try:
            yield
        finally:
            self.lock.release()

    def close(self) -> None:
        """Close the file and let the lock go; an open transaction is rolled back."""
        self.sql.close()
        self.lock.close()

    @contextmanager
    def _outer(self) -> Iterator[None]:
        if self.sql.in_transaction:
            raise StoreError("a snapshot cannot be written to", "write when it has ended")
        with faults(self.path):
            self.lock.acquire()
        try:
            with faults(self.path):
                self.refuse_replaced()
                self.sql.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                with faults(self.path, at_commit=True):
                    self.sql.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._back_to("ROLLBACK")
                raise
            finally:
                self._depth = 0
        finally:
            self.lock.release()

    @contextmanager
    def _inner(self) -> Iterator[None]:
        if not self.sql.in_transaction:  # SQLite itself rolls back when the disk is full
            raise StoreError("the transaction was rolled back after an error", "begin anew")
        name = f"inner_{self._depth}"
        self.sql.execute(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            yield
            self.sql.execute(f"RELEASE {name}")
        except BaseException:
            self._back_to(f"ROLLBACK TO {name}", f"RELEASE {name}")
            raise
        finally:
            self._depth -= 1

    def _back_to(self, *statements: str) -> None:
        for statement in statements:
            if self.sql.in_transaction:
                self.sql.execute(statement)
        self.on_rollback()


def _make_private(path: Path) -> None:
    """Make the folder and an empty file that only their owner can read; SQLite's other files take its mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if path.is_file() and path.stat().st_mode & 0o077:
        with suppress(PermissionError):
            path.chmod(0o600)


def _identity(path: Path) -> tuple[int, int]:
    """Which file has this name now."""
    status = path.stat()
    return status.st_dev, status.st_ino


def choose_mode(folder: Path, *of: tuple[int, ...]) -> str:
    """`wal` on a SQLite (`of` a version, else this one) with the bug mended and a local file system, else `delete`."""
    return "wal" if wal_is_safe(*of) and is_local(folder) else "delete"


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite has the WAL-reset bug mended."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def is_local(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether a folder lies on a local file system; in doubt it does not."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    where, kind = "", ""
    target = str(folder.resolve())
    for line in lines:
        _, mount, file_system, *_ = line.split(" ")
        mount = mount.replace("\\040", " ")
        inside = target == mount or target.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(where):
            where, kind = mount, file_system
    return kind in LOCAL_FILE_SYSTEMS
