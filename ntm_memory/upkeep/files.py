"""Memory files as wholes: copied as they are, verified, put in the place of another without a moment between."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from ntm_memory.errors import StoreError
from ntm_memory.persistence.atomic import PRIVATE

JOURNALS = ("-journal", "-wal", "-shm")
_COPY = "import shutil, sys; shutil.copyfile(*sys.argv[1:])"


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
    """A private folder for drafts, in the folder of a file where that can be written to; it is gone afterwards."""
    import shutil
    import tempfile

    try:
        folder = tempfile.mkdtemp(prefix="draft-", suffix=".tmp", dir=path.parent)
    except OSError:
        folder = tempfile.mkdtemp(prefix="ntm-memory-")
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_whole(path: Path) -> bool:
    """Whether SQLite finds no fault with a database file that nobody else uses."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as sql:
            return bool(sql.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False


def put_in_place(draft: Path, target: Path, seconds: float) -> None:
    """Give a database file the content of another one, wholly or not at all; the caller holds the writer lock.

    As one transaction of the target where SQLite can still open it: programs that have it open see it as a write, and
    its journal brings the old content back after a kill. A target that is no database any more is replaced.

    Raises:
        StoreError: another program keeps the target busy.
    """
    try:
        with closing(sqlite3.connect(draft)) as source, closing(sqlite3.connect(target, timeout=seconds)) as sql:
            sql.execute("PRAGMA synchronous = EXTRA")
            sql.execute("PRAGMA secure_delete = ON")
            source.backup(sql)
        if is_whole(target):
            return
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise StoreError(f"{target} is in use by another program", "close it and try again") from error
    except sqlite3.DatabaseError:
        pass
    for ending in JOURNALS:  # they belong to what is replaced
        with suppress(FileNotFoundError):
            Path(f"{target}{ending}").unlink()
    flush(draft)
    os.replace(draft, target)
    flush(target.parent)


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
