"""Checking and mending a SQLite store, and what is due after a purge."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from ntm_memory.errors import StoreCorruptError, StoreError, StoreLockedError
from ntm_memory.privacy import cipher
from ntm_memory.store.engine import Engine
from ntm_memory.store.faults import faults
from ntm_memory.store.rows import checksum, version_checksum

_ALWAYS = 3
"""Lines of a repair's answer that it always has."""
_ALIKE = """
SELECT one.id, one.key, other.id, other.key FROM memories AS one, memories AS other
WHERE one.state = 'live' AND one.key IS NOT NULL AND one.folded_key IS NULL
AND other.namespace = one.namespace AND other.state = 'live' AND other.folded_key = folded_key_of(one.key)
ORDER BY one.id
"""


class SQLiteUpkeep:
    """Checks and mends an open file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sql = engine.sql
        self._ledger = engine.ledger

    def check(self) -> list[str]:
        """Integrity: the database's own check, a CRC per row, the word index, the derived matrix; one line a fault."""
        try:
            # FTS5 asks for its integrity check as a write
            with faults(self._engine.path), self._engine.connection.exclusive(), self._engine.connection.reading():
                return list(self._faults())
        except StoreError as error:
            return [f"database: {error.message}"]

    def repair(self) -> list[str]:
        """Rebuild indexes, words and derived matrix from the memories, and seal damaged memories as they read now."""
        done = ["database indexes rebuilt", "word index rebuilt", "derived matrix rebuilt"]
        with self._engine.writing():
            self._sql.execute("REINDEX")
            done += [
                self._seal(row) for row in self._sql.execute("SELECT * FROM memories").fetchall() if self._bad(row)
            ]
            versions = self._sql.execute("SELECT * FROM versions").fetchall()
            for row in versions:
                if version_checksum(row) != row["crc"]:
                    query = "UPDATE versions SET crc = ? WHERE id = ? AND version = ?"
                    self._sql.execute(query, (version_checksum(row), row["id"], row["version"]))
                    done.append(
                        f"version {row['version']} of memory {row['id']} sealed as it reads now: please look at it"
                    )
            self._engine.word_index.rebuild()
            self._ledger.next_seq()
            self._engine.audit.note("repaired", None, None, sealed=len(done) - _ALWAYS)
        with self._engine.reading():
            self._engine.live_matrix.rebuild(self._engine.now())
        return done

    def info(self) -> dict[str, Any]:
        """Engine, path, bytes on disk, journal mode, schema version, how keywords are found, warnings."""
        with faults(self._engine.path):
            files = [file for file in self._engine.path.parent.iterdir() if file.is_file()]
            (schema,) = self._sql.execute("PRAGMA user_version").fetchone()
            (journal,) = self._sql.execute("PRAGMA journal_mode").fetchone()
            traces = self._traces_left()
            alike = [_two_keys(*row) for row in self._sql.execute(_ALIKE)]
            return {
                "engine": cipher.engine(self._sql, self._engine.connection.key),
                "path": str(self._engine.path),
                "bytes": sum(file.stat().st_size for file in files),
                "journal_mode": journal,
                "schema_version": schema,
                "keywords": self._engine.word_index.name,
                "warnings": self._engine.warnings
                + (["traces of purged memories may be left: run --repair"] if traces else [])
                + alike,
            }

    def clean_up(self) -> None:
        """Take away what a purge, finished or interrupted, left in free pages, journals and derived files.

        Raises:
            StoreLockedError: another program keeps the file busy; the next purge, repair or opening tries again.
        """
        if not self._traces_left():
            return
        try:
            with faults(self._engine.path), self._engine.connection.exclusive():
                if self._traces_left():
                    self._remove_traces()
        except StoreLockedError as error:
            raise StoreLockedError(
                "the memories are removed, but another program keeps the file busy and traces may be left",
                "close other programs that use the memory, then run: status.py --repair",
            ) from error

    def _traces_left(self) -> bool:
        return self._ledger.meta("traces", "0") == "1"

    def _remove_traces(self) -> None:
        self._engine.live_matrix.remove_file()
        self._sql.execute("VACUUM")
        (busy, *_) = self._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreLockedError("another program reads the write-ahead log")
        self._sql.execute("UPDATE meta SET value = '0' WHERE name = 'traces'")

    def _faults(self) -> Iterator[str]:
        for (line,) in self._sql.execute("PRAGMA integrity_check(20)").fetchall():
            if line != "ok":
                yield f"database: {line}"
        for row in self._sql.execute("SELECT * FROM memories"):
            if self._bad(row):
                yield f"memory {row['id']}: checksum differs"
        for row in self._sql.execute("SELECT * FROM versions"):
            if version_checksum(row) != row["crc"]:
                yield f"version {row['version']} of memory {row['id']}: checksum differs"
        if not self._engine.word_index.check():
            yield "word index disagrees with the memories"
        try:
            # the file from before a purge that is being finished is nobody's any more
            if not self._traces_left() and not self._engine.live_matrix.agrees(self._engine.now()):
                yield "derived matrix disagrees with the memories"
        except StoreCorruptError as error:
            yield error.message

    def _bad(self, row: sqlite3.Row) -> bool:
        return bool(checksum(row, self._ledger.name) != row["crc"])

    def _seal(self, row: sqlite3.Row) -> str:
        seal = (checksum(row, self._ledger.name), self._ledger.next_seq(), row["row"])
        self._sql.execute("UPDATE memories SET crc = ?, seq = ? WHERE row = ?", seal)
        return f"memory {row['id']} sealed as it reads now: please look at it"


def _two_keys(id: str, key: str, other: str, others_key: str) -> str:
    return (
        f"memories {id} and {other} have one key, {key!r} and {others_key!r}, told before keys were compared by case:"
        " erase one, or give it another key (update.py ID --new-key)"
    )
