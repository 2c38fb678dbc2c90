"""Purging, checking and mending a SQLite store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from ntm_memory.errors import StoreCorruptError, StoreError, StoreLockedError
from ntm_memory.store.faults import faults
from ntm_memory.store.reading import Reading
from ntm_memory.store.rows import checksum, version_checksum

_FORGET = (
    "DELETE FROM memories WHERE id = ?1",
    "DELETE FROM versions WHERE id = ?1",
    "DELETE FROM links WHERE id = ?1 OR target = ?1",
    "DELETE FROM feedback WHERE instr(used || unused || previous, '\"' || ?1 || '\"')",
)


class Upkeep(Reading):
    """What is done seldom."""

    def purge(self, ids: Iterable[str]) -> int:
        """Remove memories for good; once the outermost transaction is over, no file of the folder holds a byte of them.

        Raises:
            StoreLockedError: they are removed, but another program kept the file busy, so that traces may be left; the
                next `purge`, `repair` or opening takes them away.
        """
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return 0
        with self._writing():
            for id in wanted:
                self._purge_one(id)
            self._words.forget()
            self._ledger.next_seq()
            self._ledger.set_meta("purges", str(self._ledger.purges() + 1))
            self._ledger.set_meta("traces", "1")
        return len(wanted)

    def check(self) -> list[str]:
        """Integrity: the database's own check, a CRC per row, the word index, the derived matrix; one line a fault."""
        try:
            # FTS5 asks for its integrity check as a write
            with faults(self._path), self._connection.exclusive(), self._connection.reading():
                return list(self._faults())
        except StoreError as error:
            return [f"database: {error.message}"]

    def repair(self) -> list[str]:
        """Rebuild indexes, words and derived matrix from the memories, and seal damaged memories as they read now."""
        done = ["database indexes rebuilt", "word index rebuilt", "derived matrix rebuilt"]
        with self._writing():
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
            self._words.rebuild()
            self._ledger.next_seq()
        with self._reading():
            self._snapshot.rebuild(self._now())
        return done

    def info(self) -> dict[str, Any]:
        """Engine, path, bytes on disk, journal mode, schema version, how keywords are found, warnings."""
        with faults(self._path):
            files = [file for file in self._path.parent.iterdir() if file.is_file()]
            (schema,) = self._sql.execute("PRAGMA user_version").fetchone()
            (journal,) = self._sql.execute("PRAGMA journal_mode").fetchone()
            traces = self._traces_left()
            return {
                "engine": f"SQLite {sqlite3.sqlite_version}",
                "path": str(self._path),
                "bytes": sum(file.stat().st_size for file in files),
                "journal_mode": journal,
                "schema_version": schema,
                "keywords": self._words.name,
                "warnings": self._warnings
                + (["traces of purged memories may be left: run --repair"] if traces else []),
            }

    def _committed(self) -> None:
        """Take away what a purge, this one or an interrupted one, left in free pages, journals and derived files."""
        if not self._traces_left():
            return
        try:
            with faults(self._path), self._connection.exclusive():
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
        self._snapshot.remove_file()
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
        if not self._words.check():
            yield "word index disagrees with the memories"
        try:
            if not self._snapshot.agrees(self._now()):
                yield "derived matrix disagrees with the memories"
        except StoreCorruptError as error:
            yield error.message

    def _bad(self, row: sqlite3.Row) -> bool:
        return bool(checksum(row, self._ledger.name) != row["crc"])

    def _seal(self, row: sqlite3.Row) -> str:
        seal = (checksum(row, self._ledger.name), self._ledger.next_seq(), row["row"])
        self._sql.execute("UPDATE memories SET crc = ?, seq = ? WHERE row = ?", seal)
        return f"memory {row['id']} sealed as it reads now: please look at it"

    def _purge_one(self, id: str) -> None:
        row = self._row(id)
        if row["state"] == "live":
            self._words.remove(row["row"], row["words"])
            self._ledger.release([row["address"]])
            self._usage.set_reads(row["address"], 0, 0.0)
        for statement in _FORGET:
            self._sql.execute(statement, (id,))
        for other in self._sql.execute("SELECT * FROM memories WHERE superseded_by = ?", (id,)).fetchall():
            changed = dict(other) | {"superseded_by": None}
            seal = (checksum(changed, self._ledger.name), self._ledger.next_seq(), other["row"])
            self._sql.execute("UPDATE memories SET superseded_by = NULL, crc = ?, seq = ? WHERE row = ?", seal)
        self._usage.forget([id])
