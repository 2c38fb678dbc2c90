"""Purging, checking and mending a SQLite store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntm_memory.errors import NotFoundError
from ntm_memory.store.connection import errors
from ntm_memory.store.rows import checksum

if TYPE_CHECKING:
    from ntm_memory.store.connection import Connection
    from ntm_memory.store.snapshot import Snapshot
    from ntm_memory.store.usage import Usage
    from ntm_memory.store.words import WordIndex


class Upkeep:
    """What `SQLiteStore` does seldom."""

    _path: Path
    _sql: sqlite3.Connection
    _connection: Connection
    _snapshot: Snapshot
    _usage: Usage
    _words: WordIndex

    def purge(self, ids: Iterable[str]) -> int:
        """Remove memories for good; afterwards no byte of their text is in any file of the folder."""
        wanted = list(dict.fromkeys(ids))
        with self._connection.transaction():
            for id in wanted:
                self._purge_one(id)
            self._words.forget()
            row = self._sql.execute("SELECT value FROM meta WHERE name = 'seq'").fetchone()
            self._sql.execute("UPDATE meta SET value = ? WHERE name = 'seq'", (str(int(row[0]) + 1),))
        self._snapshot.forget()
        with self._connection.exclusive():
            self._sql.execute("VACUUM")
            self._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(wanted)

    def check(self) -> list[str]:
        """Integrity: the database's own check, a CRC per row, the word index, the derived matrix; one line a fault."""
        faults = []
        try:
            faults += [f"database: {line}" for (line,) in self._sql.execute("PRAGMA integrity_check(20)") if line != "ok"]
            for row in self._sql.execute("SELECT * FROM memories"):
                if checksum(row) != row["crc"]:
                    faults.append(f"memory {row['id']}: checksum differs")
            if not self._words.check():
                faults.append("word index disagrees with the memories")
            dim, seq = self._shape()
            if not self._snapshot.agrees(dim, seq):
                faults.append("derived matrix disagrees with the memories")
        except sqlite3.DatabaseError as error:
            faults.append(f"database: {error}")
        return faults

    def repair(self) -> list[str]:
        """Rebuild the indexes, the word index and the derived matrix from the memories."""
        with self._connection.transaction():
            self._sql.execute("REINDEX")
            self._words.rebuild()
        self._snapshot.forget()
        with errors(self._path):
            dim, seq = self._shape()
            self._snapshot.save_if_lagging(dim, seq)
        return ["database indexes rebuilt", "word index rebuilt", "derived matrix rebuilt"]

    def info(self) -> dict[str, Any]:
        """Engine, path, bytes on disk, journal mode, warnings."""
        files = [file for file in self._path.parent.glob("*") if file.is_file()]
        (schema,) = self._sql.execute("PRAGMA user_version").fetchone()
        (journal,) = self._sql.execute("PRAGMA journal_mode").fetchone()
        return {
            "engine": f"SQLite {sqlite3.sqlite_version}",
            "path": str(self._path),
            "bytes": sum(file.stat().st_size for file in files),
            "journal_mode": journal,
            "schema_version": schema,
            "warnings": [self._words.warning] if self._words.warning else [],
        }

    def _shape(self) -> tuple[int | None, int]:
        raise NotImplementedError

    def _purge_one(self, id: str) -> None:
        row = self._sql.execute("SELECT row, address, words, state FROM memories WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise NotFoundError(f"no memory has the id {id!r}", "recall.py prints ids")
        if row["state"] == "live":
            self._words.remove(row["row"], row["words"])
            self._sql.execute("INSERT OR IGNORE INTO free VALUES (?)", (row["address"],))
            self._usage.set_reads(row["address"], 0, 0.0)
        for statement in (
            "DELETE FROM memories WHERE id = ?1",
            "DELETE FROM versions WHERE id = ?1",
            "DELETE FROM links WHERE id = ?1 OR target = ?1",
            "DELETE FROM feedback WHERE instr(used, ?1) OR instr(unused, ?1)",
            "UPDATE memories SET superseded_by = NULL WHERE superseded_by = ?1",
        ):
            self._sql.execute(statement, (id,))
