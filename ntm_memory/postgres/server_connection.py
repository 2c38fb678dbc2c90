"""The transactions of a store on a server: one writer at a time by an advisory lock, snapshots for readers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import cast

from ntm_memory.errors import StoreError
from ntm_memory.postgres.address import Address
from ntm_memory.postgres.server_ledger import READ_ALL, ServerLedger
from ntm_memory.postgres.server_sql import ServerSQL
from ntm_memory.store.connection import Connection
from ntm_memory.store.records import Memory

_WRITE = "ISOLATION LEVEL READ COMMITTED READ WRITE"
_READ = "ISOLATION LEVEL REPEATABLE READ READ ONLY"


def _nothing() -> None:
    """Do nothing."""


class ServerConnection(Connection):
    """A line to a store on a server, used from one thread.

    All writers of a store take one advisory lock, which ends with the transaction or with the line: what they read
    while they write is settled, and no two of them can be in each other's way. Readers wait for nobody.

    Args:
        address: of the store.
        home: the data folder of this machine.
        lock_seconds: how long to wait for another writer, and for the server.
    """

    def __init__(self, address: Address, home: Path, lock_seconds: float) -> None:  # nothing of a file is opened
        self.path = home
        self.key = None
        self.address = address
        self.lock_seconds = lock_seconds
        self.on_rollback = _nothing
        self.on_commit = _nothing
        self._depth = 0
        self.ledger: ServerLedger | None = None
        """What begins and ends with each transaction; None until there are tables."""
        self.looked_up: dict[str, Memory] | None = None
        """By id what was looked up in the snapshot that is open, in which nothing changes; None: there is none."""
        self.server = ServerSQL(address, lock_seconds)
        self.sql = cast(sqlite3.Connection, self.server)
        self.number = (
            int.from_bytes(blake2b(f"ntm-memory {address.schema}".encode(), digest_size=8).digest(), "big") >> 1
        )

    def refuse_replaced(self) -> None:
        """Nothing to look at: a line leads to one server, see `PostgresEngine` for what stands there."""

    def set_journal(self) -> str | None:
        """Nothing to choose: the server writes ahead."""
        return None

    def wait_at_most(self, seconds: float) -> None:
        """From now on wait no longer for others than that."""
        self.lock_seconds = min(self.lock_seconds, seconds)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One state of the database for several queries, whatever others do meanwhile."""
        if self.server.in_transaction:
            yield
            return
        self._begin(_READ)
        try:
            yield
        except BaseException:
            with suppress(StoreError):
                self._end("ROLLBACK")
            raise
        self._end("COMMIT", wait=False)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """The writer lock without a transaction."""
        self.server.plainly(f"SET lock_timeout = {self._patience}")
        self.server.plainly(f"SELECT pg_advisory_lock({self.number})")
        try:
            yield
        finally:
            with suppress(StoreError):  # a line that broke has let it go
                self.server.plainly(f"SELECT pg_advisory_unlock({self.number})")

    def close(self) -> None:
        """Close the line; an open transaction is rolled back."""
        self.server.close()

    @property
    def _patience(self) -> int:
        """Milliseconds to wait for another writer; 0 would mean for ever."""
        return max(1, round(1000 * self.lock_seconds))

    @contextmanager
    def _outer(self) -> Iterator[None]:
        if self.server.in_transaction:
            raise StoreError("a snapshot cannot be written to", "write when it has ended")
        patience = f"SET LOCAL lock_timeout = {self._patience}"
        self._begin(_WRITE, patience, f"SELECT pg_advisory_xact_lock({self.number})")
        self._depth = 1
        try:
            yield
            self._end("COMMIT")
        except BaseException:
            with suppress(StoreError):
                self._end("ROLLBACK")
            self.on_rollback()
            raise
        finally:
            self._depth = 0

    @contextmanager
    def _inner(self) -> Iterator[None]:
        if self.ledger is None:
            with super()._inner():
                yield
            return
        self._write_ledger()
        try:
            with super()._inner():
                yield
                self._write_ledger()
        except BaseException:
            if self.server.in_transaction:
                with suppress(StoreError):
                    self.ledger.begin(self.server.plainly(READ_ALL).fetchall())
            raise

    def _begin(self, how: str, *then: str) -> None:
        self.looked_up = {} if how == _READ else None
        if self.ledger is None:
            self.server.begin(how, *then)
        else:
            self.ledger.begin(self.server.begin(how, *then, READ_ALL))

    def _end(self, how: str, *, wait: bool = True) -> None:
        self.looked_up = None
        told = self.ledger.to_write() if self.ledger is not None and how == "COMMIT" else None
        if self.ledger is not None:
            self.ledger.end()
        self.server.end(how, told, wait=wait)

    def _write_ledger(self) -> None:
        told = None if self.ledger is None else self.ledger.to_write()
        if told is not None:
            self.server.later(told)

    def _back_to(self, *statements: str) -> None:
        with suppress(StoreError):  # what is still under way may fail, too
            self.server.settle()
        with suppress(StoreError):  # of a line that broke nothing is left to take back
            for statement in statements:
                if self.server.in_transaction:
                    self.server.plainly(statement)
        self.on_rollback()
