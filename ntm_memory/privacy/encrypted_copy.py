"""A copy of a database under another key, or under none, compared with the original row by row."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ntm_memory.errors import StoreCorruptError, StoreLockedError
from ntm_memory.privacy import cipher
from ntm_memory.privacy.keys import Key

_STAMPS = ("user_version", "application_id")
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"


@contextmanager
def copy_verified(
    path: Path, old: Key | None, draft: Path, new: Key | None, seconds: float
) -> Iterator[sqlite3.Connection]:
    """Copy a database into an empty file; no other process reads or writes the original while the block runs.

    Args:
        path: the original.
        old: its key; None: it is plain.
        draft: the empty file.
        new: the copy's key; None: it is plain.
        seconds: how long to wait for other processes.

    Yields:
        the connection that keeps others out; the copy is on the disk, and was read back.

    Raises:
        StoreKeyError, StoreLockedError, StoreCorruptError: the old key is wrong; others use the file; the copy differs.
        sqlite3.Error, OSError: the copy cannot be made.
    """
    with closing(cipher.driver().connect(path, isolation_level=None, timeout=seconds)) as source:
        if old is not None:
            cipher.with_key(source, old)
        cipher.refuse_wrong(path, source, old)
        _keep_others_out(path, source)
        _copy(source, draft, new)
        _flush(draft)
        with closing(cipher.connect(draft, new)) as copy:
            cipher.refuse_wrong(draft, copy, new)
            faults = copy.execute("PRAGMA integrity_check").fetchall() if _same(source, copy) else [("it differs",)]
            faults += copy.execute("PRAGMA cipher_integrity_check").fetchall() if new else []
        if faults != [("ok",)]:
            raise StoreCorruptError(f"the copy of {path} is not sound: {faults[0][0]}", "run: status.py --repair")
        yield source


def _keep_others_out(path: Path, sql: sqlite3.Connection) -> None:
    (mode,) = sql.execute("PRAGMA journal_mode = DELETE").fetchone()
    if mode != "delete":
        raise StoreLockedError(f"{path} is used by another process", "close all other programs that use the memory")
    sql.execute("PRAGMA main.locking_mode = EXCLUSIVE")
    sql.execute("BEGIN EXCLUSIVE")
    sql.execute("COMMIT")


def _copy(source: sqlite3.Connection, draft: Path, new: Key | None) -> None:
    source.execute("ATTACH DATABASE ? AS copy KEY ?", (str(draft), "" if new is None else new.raw))
    # a draft that is interrupted is thrown away, and one that is whole is flushed before it is used
    source.execute("PRAGMA copy.journal_mode = MEMORY")
    source.execute("PRAGMA copy.synchronous = OFF")
    source.execute("SELECT sqlcipher_export('copy')")
    for stamp in _STAMPS:
        (value,) = source.execute(f"PRAGMA main.{stamp}").fetchone()
        source.execute(f"PRAGMA copy.{stamp} = {value}")
    source.execute("DETACH DATABASE copy")


def _same(one: sqlite3.Connection, other: sqlite3.Connection) -> bool:
    return _digest(one) == _digest(other)


def _digest(sql: sqlite3.Connection) -> bytes:
    """Of all that a database says: its stamps, its tables and indexes, every row."""
    digest = hashlib.sha256()
    for stamp in _STAMPS:
        digest.update(repr(sql.execute(f"PRAGMA {stamp}").fetchone()).encode())
    names = [name for (name,) in sql.execute(_TABLES).fetchall()]
    rows = ["SELECT type, name, sql FROM sqlite_master ORDER BY type, name", *(f'SELECT * FROM "{n}"' for n in names)]
    for query in rows:
        for row in sql.execute(query):
            digest.update(repr(row).encode())
    return digest.digest()


def _flush(file: Path) -> None:
    handle = os.open(file, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
