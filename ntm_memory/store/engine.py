"""The open file: what reading, writing and upkeep of a SQLite store share."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from ntm_memory.errors import NotFoundError, NTMMemoryError, StoreError
from ntm_memory.store import schema
from ntm_memory.store import words as keywords
from ntm_memory.store.connection import Connection
from ntm_memory.store.faults import faults
from ntm_memory.store.ledger import Ledger
from ntm_memory.store.matrix import Stamp
from ntm_memory.store.records import Link, Memory
from ntm_memory.store.rows import Row, to_memory
from ntm_memory.store.snapshot import Snapshot
from ntm_memory.store.usage import UsageCounters

_LINKS = """
SELECT links.target, links.weight, links.kind FROM links JOIN memories ON memories.id = links.target
WHERE links.id = ? AND memories.state = 'live' ORDER BY memories.row
"""


class Engine:
    """A memory file opened; see `SQLiteStore`."""

    def __init__(
        self,
        path: Path,
        *,
        lock_seconds: float = 10.0,
        clock: Callable[[], float] = time.time,
        create: bool = True,
        word_index: bool | None = None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._closed = False
        self._warnings: list[str] = []
        self._connection = Connection(path, lock_seconds, create=create)
        self._sql = self._connection.sql
        self._sql.row_factory = sqlite3.Row
        self._ledger = Ledger(self._sql)
        try:
            with faults(path):
                self._prepare(word_index)
        except BaseException:
            self._connection.close()
            raise
        self._usage = UsageCounters(path.with_name("usage.db"))
        self._snapshot = Snapshot(path.with_name("matrix.bin"), self._sql, self._usage)
        self._connection.on_rollback = self._rolled_back
        self._connection.on_commit = self._committed
        with suppress(StoreError):  # a later opening will do what is due
            self._committed()

    @property
    def uuid(self) -> str:
        """Identity of this store, made at creation."""
        return self._uuid

    @property
    def dim(self) -> int | None:
        """Width of the key vectors."""
        with faults(self._path):
            text = self._ledger.meta("dim")
            return int(text) if text else None

    def transaction(self) -> AbstractContextManager[None]:
        """Writer lock and one transaction."""
        return self._connection.transaction()

    def snapshot(self) -> AbstractContextManager[None]:
        """One state of the store for several reads."""
        return self._connection.reading()

    def close(self) -> None:
        """Bring the derived matrix up to date if it lags, and close the files; closing twice is closing once."""
        if self._closed:
            return
        self._closed = True
        try:
            if not self._sql.in_transaction:
                # derived: what goes wrong with it is no error
                with suppress(NTMMemoryError, sqlite3.Error, MemoryError), self._connection.reading():
                    self._snapshot.save_if_lagging(self._now())
        finally:
            self._usage.close()
            self._connection.close()

    def embedder(self) -> Mapping[str, Any] | None:
        """{name, revision, dim} of the embedder that wrote the keys."""
        with faults(self._path):
            identity: Mapping[str, Any] | None = json.loads(self._ledger.meta("embedder", "null"))
        return identity

    def set_embedder(self, identity: Mapping[str, Any]) -> None:
        """Record the embedder."""
        with self._writing():
            self._ledger.set_meta("embedder", json.dumps(dict(identity), ensure_ascii=False))
            self._ledger.set_meta("dim", str(int(identity["dim"])))

    def _prepare(self, word_index: bool | None) -> None:
        if self._version() < schema.VERSION:
            with self._connection.exclusive():
                schema.bring_up(self._sql)
        warning = self._connection.set_journal()
        self._uuid = self._ledger.meta("uuid")
        if keywords.has_fts5(self._sql) if word_index is None else word_index:
            if not keywords.is_ready(self._sql, self._ledger):
                with self._writing():
                    if not keywords.is_ready(self._sql, self._ledger):
                        keywords.make_index(self._sql, self._ledger)
            self._words: keywords.WordIndex = keywords.FullTextIndex(self._sql, self._ledger)
        else:
            self._words = keywords.ScannedWords(self._sql, self._ledger)
        self._warnings = [line for line in (warning, self._words.warning) if line]

    def _version(self) -> int:
        with self._connection.reading():  # else tables that another process makes meanwhile look like a stranger's
            return schema.version_of(self._sql)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction for the store's own statements, whose errors are said in our own words."""
        with faults(self._path), self._connection.transaction():
            yield

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One state of the database for the store's own queries."""
        with faults(self._path), self._connection.reading():
            yield

    def _rolled_back(self) -> None:
        """What a rollback took back may have been remembered."""
        self._ledger.forget()
        self._snapshot.forget()

    def _committed(self) -> None:
        """What is due after the outermost transaction."""

    def _now(self) -> Stamp:
        return Stamp(self._uuid, self._ledger.seq(), self._ledger.purges(), self.dim or 1)

    def _row(self, id: str) -> sqlite3.Row:
        row: sqlite3.Row | None = self._sql.execute("SELECT * FROM memories WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise NotFoundError(f"no memory has the id {id!r}", "recall.py prints ids")
        return row

    def _row_of_key(self, space: int | None, key: str | None) -> sqlite3.Row | None:
        query = "SELECT * FROM memories WHERE namespace = ? AND key = ? AND state = 'live'"
        row: sqlite3.Row | None = self._sql.execute(query, (space, key)).fetchone()
        return row

    def _memory(self, row: Row) -> Memory:
        reads = (0, 0.0) if row["address"] is None else self._usage.read(row["address"])
        links = tuple(Link(*link) for link in self._sql.execute(_LINKS, (row["id"],)).fetchall())
        return to_memory(row, self._ledger.name, reads, links)
