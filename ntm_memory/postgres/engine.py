"""The line to a server: what the reader, the writer and the upkeep of a store on PostgreSQL share."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ntm_memory.errors import NotFoundError, StoreCorruptError, StoreError, StoreFromFutureError
from ntm_memory.postgres import schema
from ntm_memory.postgres.address import address_of
from ntm_memory.postgres.dialect import from_kept
from ntm_memory.postgres.place import make_schema
from ntm_memory.postgres.server_connection import ServerConnection
from ntm_memory.postgres.server_ledger import ServerLedger, ServerTombstones
from ntm_memory.postgres.server_usage import ServerUsage
from ntm_memory.postgres.server_words import ServerWords
from ntm_memory.privacy.audit import AuditTrail
from ntm_memory.slots.stamp import Stamp
from ntm_memory.store.engine import Engine
from ntm_memory.store.ledger import new_meta
from ntm_memory.store.live_matrix import LiveMatrix
from ntm_memory.store.records import Link, Memory
from ntm_memory.store.rows import Row, to_memory
from ntm_memory.text.folding import folded_key

_OF_KEY = """
SELECT * FROM memories WHERE namespace = ? AND state = 'live' AND (key = ? OR folded_key = ?)
ORDER BY key = ? DESC NULLS LAST LIMIT 1
"""
_LEAST_SERVER = 140_000


class PostgresEngine(Engine):
    """A store on a server opened, and what all parts of it need.

    The matrix of key vectors is kept in this process and beside it in `matrix.bin`, as for a file: what was written
    since, by whatever machine, is read by its sequence number before each use.

    Args:
        url: `store.url`.
        home: the data folder of this machine; learned parameters and `matrix.bin` lie there.
        lock_seconds: how long to wait for another writer, and for the server to answer.
        clock: unix seconds.
        create: False: the store must be there.
        zone: whose days memories tell of; None: the system's.

    Raises:
        StoreError: or one of its kinds: the server does not answer, refuses, or holds something else.
    """

    def __init__(
        self,
        url: str,
        home: Path,
        *,
        lock_seconds: float = 10.0,
        clock: Callable[[], float] = time.time,
        create: bool = True,
        zone: tzinfo | None = None,
    ) -> None:
        self.path = home
        self.zone = zone
        self.clock = clock
        self._closed = False
        self.warnings = []
        self._damaged = {}
        self.address = address_of(url)
        self.connection: ServerConnection = ServerConnection(self.address, home, lock_seconds)
        self.server = self.connection.server
        self.sql = self.connection.sql
        self.ledger: ServerLedger = ServerLedger(self.sql)
        self.tombstones = ServerTombstones(self.sql, self.ledger)
        self.audit = AuditTrail(self.sql, clock)
        try:
            self._bring_up(create)
        except BaseException:
            self.connection.close()
            raise
        self.connection.ledger = self.ledger
        self.word_index: ServerWords = ServerWords(self.server)
        self.usage: ServerUsage = ServerUsage(self.address, home)
        derived, writes = home / "matrix.bin", lambda: self.server.in_transaction
        self.live_matrix = LiveMatrix(derived, self.sql, self.ledger, self.usage, None, zone, writes)
        self.machine = blake2b(f"{platform.node()}\0{home}".encode(), digest_size=8).hexdigest()
        self._token = f"matrix {self.machine}"
        self.connection.on_rollback = self._rolled_back
        self.server.on_new_line = self._on_new_line

    @property
    def encrypted(self) -> bool:
        """The server's own matter: nothing is sealed by a key of ours."""
        return False

    @property
    def dim(self) -> int | None:
        """Width of the key vectors."""
        with self.reading():
            return super().dim

    def embedder(self) -> Mapping[str, Any] | None:
        """{name, revision, dim} of the embedder that wrote the keys."""
        with self.reading():
            return super().embedder()

    def now(self) -> Stamp:
        """The state of the store as of this moment."""
        token = self.ledger.meta(self._token)
        return Stamp(self._uuid, self.ledger.seq(), self.ledger.purges(), self.dim or 1, token)

    def set_matrix_token(self, token: str) -> None:
        """Note which matrix of this machine agrees with the store; each machine has its own file."""
        self.ledger.set_meta(self._token, token)

    def row_of_key(self, space: int | None, key: str | None) -> Any:
        """The row of the live memory with this key: spelled so, else spelled otherwise."""
        if key is None:
            return None
        return self.sql.execute(_OF_KEY, (space, key, folded_key(key), key)).fetchone()

    def memory(self, row: Row) -> Memory:
        """The record of a row, with its counters and links."""
        return next(self._records([row]))

    def sound(self, rows: Iterable[Row]) -> Iterator[Memory]:
        """The records of the rows that are what was written."""
        yield from self._records(list(rows), leaves_out=True)

    def _records(self, rows: list[Row], *, leaves_out: bool = False) -> Iterator[Memory]:
        for row in rows:
            self.ledger.learn(row["namespace"], row["namespace_name"])
            self.ledger.learn(row["session"], row["session_name"])
            links = tuple(Link(from_kept(id), weight, from_kept(kind)) for id, weight, kind in row["linked"] or ())
            count, last = row["read"] or (0, 0.0)
            try:
                yield to_memory(row, self.ledger.name, (count, last), links)
            except StoreCorruptError:
                if not leaves_out:
                    raise
                self.note_damage(row)

    def _bring_up(self, create: bool) -> None:
        with self.connection.reading():
            (server,) = self.sql.execute("SELECT current_setting('server_version_num')").fetchone()
            found = self._found()
        if int(server) < _LEAST_SERVER:
            raise StoreError(
                f"{self.address.label}: PostgreSQL {server} is too old", "PostgreSQL 14 or later is needed"
            )
        if not found and not create:
            raise NotFoundError(f"there is no memory at {self.address.label}", "memorize something first, or check it")
        if found < schema.VERSION:
            with self.connection.transaction():
                found = self._found()  # another process may have been first
                if not found:
                    self._create()
                elif found < schema.VERSION:
                    schema.upgrade(self.server.plainly, found)
                self.ledger.set_meta("version", str(schema.VERSION))
        self._uuid = self.ledger.meta("uuid")

    def _found(self) -> int:
        """The version of the tables that are there; 0 where there are none.

        Raises:
            StoreFromFutureError: a newer program made them.
            StoreCorruptError: they are another program's.
        """
        query = "SELECT tablename FROM pg_tables WHERE schemaname = CAST(? AS text)"
        there = {name for (name,) in self.sql.execute(query, (self.address.schema,)).fetchall()}
        if not there:
            return 0
        found = self.ledger.meta("version", "0") if {"meta", "names", "memories"} <= there else "0"
        if not found.isdigit() or not int(found):
            raise StoreCorruptError(
                f"{self.address.label} belongs to another program", "name another schema: store.url with ?schema=NAME"
            )
        if int(found) > schema.VERSION:
            raise StoreFromFutureError(
                f"this memory has schema version {found}, this program knows {schema.VERSION}",
                "update ntm-memory-system",
            )
        return int(found)

    def _create(self) -> None:
        make_schema(self.address, self.server.plainly)
        for statement in schema.creation():
            self.server.plainly(statement)
        for name, value in new_meta().items():
            self.ledger.set_meta(name, value)

    def _on_new_line(self) -> None:
        """The server was away: what was remembered of it may be of before a backup that was put back.

        Raises:
            StoreError: another store stands there now.
        """
        self._rolled_back()
        if self.ledger.meta("uuid") != self._uuid:
            raise StoreError(f"{self.address.label} was replaced since it was opened", "open the memory anew")
