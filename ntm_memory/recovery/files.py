"""Memory files as wholes: copied as they are, verified, put in the place of another without a moment between."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ntm_memory.errors import StoreError
from ntm_memory.persistence.atomic import PRIVATE, flush
from ntm_memory.persistence.writer_lock import WriterLock
from ntm_memory.privacy import cipher
from ntm_memory.privacy.keys import Key, find_key
from ntm_memory.store import schema

_IN_USE, _PATIENCE, _BEGINNING = "in-use", 5.0, 60.0
JOURNALS = ("-journal", "-wal", "-shm")
_COPY = "import shutil, sys; shutil.copyfile(*sys.argv[1:])"


def opened(path: Path, *, like: Path | None = None, read_only: bool = False, **options: Any) -> sqlite3.Connection:
    """Open a memory file that may be encrypted, with its own key.

    Args:
        path: the file.
        like: another one whose key a new file is to have.
        read_only: nothing may be written to it.
        options: as `sqlite3.connect` takes them.

    Raises:
        StoreKeyError: the key is missing or cannot be read.
    """
    if os.path.lexists(path) and not path.is_file():  # a pipe would be waited for
        raise sqlite3.OperationalError(f"{path.name} is no regular file")
    key = _key_of(path if like is None else like)
    uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    return cipher.connect(uri, key, uri=True, **options)


def _key_of(path: Path) -> Key | None:
    """What opens a file; None for a plain one."""
    salt = cipher.salt_of(path)
    return None if salt is None else find_key(salt)


def stamp(seconds: float) -> str:
    """A moment as file names have it, in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def copy_as_it_is(source: Path, target: Path) -> None:
    """Copy a database file, whatever is in it, with its journals.

    Another process does it: closing a file that SQLite has open here would take SQLite's locks away.

    Raises:
        StoreError: it cannot be read, or the copy cannot be written.
    """
    import subprocess  # slow to import, seldom needed

    for ending in ("", *JOURNALS[:2]):
        file, copy = Path(f"{source}{ending}"), Path(f"{target}{ending}")
        if ending and not file.exists():
            continue
        done = subprocess.run([sys.executable, "-I", "-S", "-c", _COPY, str(file), str(copy)], capture_output=True)
        if done.returncode or not copy.exists():
            raise StoreError(f"{file} cannot be copied to {copy}", "check permissions and free space")
        copy.chmod(PRIVATE)
        flush(copy)


@contextmanager
def drafts_beside(path: Path) -> Iterator[Path]:
    """A private folder for drafts, in the folder of a file where that can be written to; it is gone afterwards.

    A lock in it dies with the process, so that `remove_abandoned` knows what a kill left.
    """
    import shutil
    import tempfile

    try:
        folder = tempfile.mkdtemp(prefix="draft-", suffix=".tmp", dir=path.parent)
    except OSError:
        folder = tempfile.mkdtemp(prefix="ntm-memory-")
    lock = WriterLock(Path(folder) / _IN_USE, _PATIENCE)
    try:
        lock.acquire()
        yield Path(folder)
    finally:
        lock.close()
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(home: Path) -> None:
    """Remove the drafts that killed processes left in a data folder: whole memories may be in them."""
    for folder in (home, home / "backups", home / "damaged"):
        with suppress(OSError):
            for each in os.listdir(folder):
                if each.startswith("draft-") and each.endswith(".tmp"):
                    _remove_if_abandoned(folder / each)


def _remove_if_abandoned(draft: Path) -> None:
    import shutil  # slow to import, seldom needed

    # one without a lock was begun this moment, or by a process killed as it began
    if (draft / _IN_USE).exists() or time.time() - draft.stat().st_mtime > _BEGINNING:
        lock = WriterLock(draft / _IN_USE, 0)
        try:
            lock.acquire()
        except StoreError:
            return
        finally:
            lock.close()
        shutil.rmtree(draft, ignore_errors=True)


def is_whole(path: Path) -> bool:
    """Whether SQLite finds no fault with a database file that nobody else uses, and its tables are as made."""
    try:
        with closing(opened(path, read_only=True)) as sql:
            is_sound = bool(sql.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
            return is_sound and not schema.faults_of(sql)
    except (sqlite3.Error, OSError):
        return False


def memories_in(path: Path) -> int | None:
    """How many memories a file holds that nobody else uses, those included that are erased; None: it holds no store."""
    try:
        with closing(opened(path, read_only=True)) as sql:
            if not schema.version_of(sql):
                return None
            return int(sql.execute("SELECT count(*) FROM memories").fetchone()[0])
    except (sqlite3.Error, StoreError, OSError):
        return None


def identity_of(path: Path) -> str | None:
    """Whose state a file is: the store's own mark; None where that cannot be read."""
    try:
        with closing(opened(path, read_only=True)) as sql:
            found = sql.execute("SELECT value FROM meta WHERE name = 'uuid'").fetchone()
            return None if found is None else str(found[0])
    except (sqlite3.Error, StoreError, OSError):
        return None


def put_in_place(draft: Path, target: Path, seconds: float) -> None:
    """Give a database file the content of another one, wholly or not at all; the caller holds the writer lock.

    As one transaction of the target where SQLite can still open it: programs that have it open see it as a write, and
    its journal brings the old content back after a kill. A target that is no database any more is replaced.

    Raises:
        StoreError: another program keeps the target busy.
    """
    try:
        if not _is_like(draft, target):
            raise sqlite3.DatabaseError("one is encrypted")
        with closing(opened(draft)) as source, closing(opened(target, timeout=seconds)) as sql:
            sql.execute("PRAGMA synchronous = EXTRA")
            sql.execute("PRAGMA secure_delete = ON")
            source.backup(sql)
        if is_whole(target):
            return
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise StoreError(f"{target} is in use by another program", "close it and try again") from error
    except (sqlite3.DatabaseError, StoreError):
        pass
    for ending in JOURNALS:  # they belong to what is replaced
        with suppress(FileNotFoundError):
            Path(f"{target}{ending}").unlink()
    flush(draft)
    os.replace(draft, target)
    flush(target.parent)


def _is_like(draft: Path, target: Path) -> bool:
    """Whether both files are plain, or both encrypted: SQLite copies none into the other."""
    return (cipher.salt_of(draft) is None) == (cipher.salt_of(target) is None)
