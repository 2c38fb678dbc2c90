"""The open file: what the reader, the writer and the upkeep of a SQLite store share."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ntm_memory.errors import NotFoundError, NTMMemoryError
from ntm_memory.privacy.audit import AuditTrail
from ntm_memory.privacy.tombstones import Tombstones
from ntm_memory.store import postings, schema
from ntm_memory.store.connection import Connection
from ntm_memory.store.faults import faults
from ntm_memory.store.ledger import Ledger
from ntm_memory.store.live_matrix import LiveMatrix
from ntm_memory.store.matrix import Stamp
from ntm_memory.store.records import Link, Memory
from ntm_memory.store.rows import Row, to_memory
from ntm_memory.store.usage import UsageCounters
from ntm_memory.text.folding import folded_key

_LINKS = """
SELECT links.target, links.weight, links.kind FROM links JOIN memories ON memories.id = links.target
WHERE links.id = ? AND memories.state = 'live' ORDER BY memories.row
"""


class Engine:
    """A memory file opened, and what all parts of a store need of it; see `SQLiteStore` for errors.

    Args:
        path: the database file; folder and file are made if need be, for their owner alone.
        lock_seconds: how long to wait for another writer.
        clock: unix seconds.
        create: False: the file must be there.
        word_index: None: FTS5 where this SQLite has it; False: never.
        encrypt: whether a file that is made is encrypted.
    """

    def __init__(
        self,
        path: Path,
        *,
        lock_seconds: float = 10.0,
        clock: Callable[[], float] = time.time,
        create: bool = True,
        word_index: bool | None = None,
        encrypt: bool = False,
    ) -> None:
        self.path = path
        self.clock = clock
        self._closed = False
        self.warnings: list[str] = []
        self.connection = Connection(path, lock_seconds, create=create, encrypt=encrypt)
        self.sql = self.connection.sql
        self.ledger = Ledger(self.sql)
        self.tombstones = Tombstones(self.sql)
        self.audit = AuditTrail(self.sql, clock)
        try:
            with faults(path):
                self._prepare(word_index)
        except BaseException:
            self.connection.close()
            raise
        self.usage = UsageCounters(path.with_name("usage.db"), self.connection.key)
        self.live_matrix = LiveMatrix(path.with_name("matrix.bin"), self.sql, self.usage, self.connection.key)
        self.connection.on_rollback = self._rolled_back

    @property
    def uuid(self) -> str:
        """Identity of this store, made at creation."""
        return self._uuid

    @property
    def encrypted(self) -> bool:
        """Whether the file can be read with a key only."""
        return self.connection.key is not None

    @property
    def dim(self) -> int | None:
        """Width of the key vectors."""
        with faults(self.path):
            text = self.ledger.meta("dim")
            return int(text) if text else None

    def close(self) -> None:
        """Bring the derived matrix up to date if it lags, and close the files; closing twice is closing once."""
        if self._closed:
            return
        self._closed = True
        try:
            if not self.sql.in_transaction:
                # derived: what goes wrong with it is no error
                with suppress(NTMMemoryError, sqlite3.Error, MemoryError), self.connection.reading():
                    self.live_matrix.save_if_lagging(self.now())
        finally:
            self.usage.close()
            self.connection.close()

    def embedder(self) -> Mapping[str, Any] | None:
        """{name, revision, dim} of the embedder that wrote the keys."""
        with faults(self.path):
            identity: Mapping[str, Any] | None = json.loads(self.ledger.meta("embedder", "null"))
        return identity

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction for the store's own statements, whose errors are said in our own words."""
        with faults(self.path), self.connection.transaction():
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One state of the database for the store's own queries."""
        with faults(self.path), self.connection.reading():
            yield

    def now(self) -> Stamp:
        """The state of the file as of this moment."""
        return Stamp(self._uuid, self.ledger.seq(), self.ledger.purges(), self.dim or 1)

    def row(self, id: str) -> sqlite3.Row:
        """The row of a memory, whatever its state.

        Raises:
            NotFoundError: there is none.
        """
        row: sqlite3.Row | None = self.sql.execute("SELECT * FROM memories WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise NotFoundError(f"no memory has the id {id!r}", "recall.py prints ids")
        return row

    def row_of_key(self, space: int | None, key: str | None) -> sqlite3.Row | None:
        """The row of the live memory with this key in the namespace of a code: spelled so, else spelled otherwise."""
        if key is None:
            return None
        for column, wanted in (("key", key), ("folded_key", folded_key(key))):
            query = f"SELECT * FROM memories WHERE namespace = ? AND {column} = ? AND state = 'live'"
            row: sqlite3.Row | None = self.sql.execute(query, (space, wanted)).fetchone()
            if row is not None:
                return row
        return None

    def live_id_of(self, space: int | None, column: str, key: str | None) -> str | None:
        """The id of the live memory whose `key` or `folded_key` is exactly this."""
        query = f"SELECT id FROM memories WHERE namespace = ? AND {column} = ? AND state = 'live'"
        found = self.sql.execute(query, (space, key)).fetchone()
        return None if found is None else str(found[0])

    def memory(self, row: Row) -> Memory:
        """The record of a row, with its counters and links.

        Raises:
            StoreCorruptError: the row is not what was written.
        """
        reads = (0, 0.0) if row["address"] is None else self.usage.read(row["address"])
        links = tuple(Link(*link) for link in self.sql.execute(_LINKS, (row["id"],)).fetchall())
        return to_memory(row, self.ledger.name, reads, links)

    def _prepare(self, word_index: bool | None) -> None:
        schema.add_functions(self.sql)
        if self._version() < schema.VERSION:
            with self.connection.exclusive():
                schema.bring_up(self.sql)
        warning = self.connection.set_journal()
        self._uuid = self.ledger.meta("uuid")
        if postings.has_fts5(self.sql) if word_index is None else word_index:
            if not postings.is_ready(self.sql, self.ledger):
                with self.writing():
                    if not postings.is_ready(self.sql, self.ledger):
                        postings.make_index(self.sql, self.ledger)
            self.word_index: postings.WordIndex = postings.FullTextIndex(self.sql, self.ledger)
        else:
            self.word_index = postings.ScannedWords(self.sql, self.ledger)
        self.warnings = [line for line in (warning, self.word_index.warning) if line]

    def _version(self) -> int:
        with self.connection.reading():  # else tables that another process makes meanwhile look like a stranger's
            return schema.version_of(self.sql)

    def _rolled_back(self) -> None:
        """What a rollback took back may have been remembered."""
        self.ledger.forget()
        self.live_matrix.forget()
