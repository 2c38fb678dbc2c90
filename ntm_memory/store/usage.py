"""What may be lost without harm: how often slots were read, and where sessions looked last.

Recall writes it each time, so it lives in a file of its own and does not wait for the disk. A damaged file is made anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS reads (address INTEGER PRIMARY KEY, count INTEGER NOT NULL, last REAL NOT NULL);
CREATE TABLE IF NOT EXISTS focus (namespace TEXT, session TEXT, looked TEXT NOT NULL, PRIMARY KEY (namespace, session));
"""


class Usage:
    """Counters in `usage.db`; every fault is answered by starting anew or by doing nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def note_reads(self, addresses: Sequence[int], at: float) -> None:
        """Count a read of each slot."""
        update = "ON CONFLICT (address) DO UPDATE SET count = count + 1, last = excluded.last"
        with self._change() as sql:
            sql.executemany(f"INSERT INTO reads VALUES (?, 1, ?) {update}", [(a, at) for a in addresses])

    def reads(self) -> dict[int, tuple[int, float]]:
        """slot → (count, unix seconds of the last read)."""
        try:
            rows = self._open().execute("SELECT address, count, last FROM reads").fetchall()
        except sqlite3.Error:
            return {}
        return {address: (count, last) for address, count, last in rows}

    def read(self, address: int) -> tuple[int, float]:
        """(count, unix seconds of the last read) of one slot."""
        try:
            row = self._open().execute("SELECT count, last FROM reads WHERE address = ?", (address,)).fetchone()
        except sqlite3.Error:
            return 0, 0.0
        return (0, 0.0) if row is None else (row[0], row[1])

    def set_reads(self, address: int, count: int, last: float) -> None:
        """Set a slot's counter, as an import does; count 0 forgets it, as a rewritten slot does."""
        with self._change() as sql:
            sql.execute("DELETE FROM reads WHERE address = ?", (address,))
            if count:
                sql.execute("INSERT INTO reads VALUES (?, ?, ?)", (address, count, last))

    def set_focus(self, namespace: str, session: str, ids: Sequence[str], weights: Sequence[float]) -> None:
        """Remember where a session looked last."""
        looked = json.dumps(list(zip(ids, weights, strict=True)))
        with self._change() as sql:
            sql.execute("INSERT OR REPLACE INTO focus VALUES (?, ?, ?)", (namespace, session, looked))

    def focus(self, namespace: str, session: str) -> list[tuple[str, float]]:
        """[(id, weight)] of a session's last look."""
        query = "SELECT looked FROM focus WHERE namespace = ? AND session = ?"
        try:
            row = self._open().execute(query, (namespace, session)).fetchone()
        except sqlite3.Error:
            return []
        return [(id, weight) for id, weight in json.loads(row[0])] if row else []

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        try:
            sql = self._open()
            with sql:
                yield sql
        except sqlite3.OperationalError:
            pass  # locked or a full disk: the count is not worth an error
        except sqlite3.DatabaseError:
            self._start_anew()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            old_mask = os.umask(0o077)
            try:
                self._connection = self._connect()
            except sqlite3.DatabaseError:
                self._path.unlink(missing_ok=True)
                self._connection = self._connect()
            finally:
                os.umask(old_mask)
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        sql = sqlite3.connect(self._path, timeout=0.2)
        try:
            sql.execute("PRAGMA synchronous = OFF")
            sql.executescript(_TABLES)
        except sqlite3.Error:
            sql.close()
            raise
        return sql

    def _start_anew(self) -> None:
        self.close()
        with contextlib.suppress(OSError):
            self._path.unlink()
