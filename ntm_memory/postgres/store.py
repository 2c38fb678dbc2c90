"""The store on a PostgreSQL server, put together from its parts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ntm_memory.codes.beside import DerivedStore
from ntm_memory.errors import StoreError
from ntm_memory.postgres.engine import PostgresEngine
from ntm_memory.postgres.record_reader import PostgresRecordReader
from ntm_memory.postgres.upkeep import PostgresUpkeep
from ntm_memory.store.forgetting import SQLiteForgetter
from ntm_memory.store.matrix_reader import SQLiteMatrixReader
from ntm_memory.store.sqlite import SQLiteStore
from ntm_memory.store.writer import SQLiteWriter


class PostgresStore(SQLiteStore):
    """`Store` on a server; see `store.base` for what each method promises.

    What is written and how is written once, for files; here other parts stand only where PostgreSQL is another.

    Args:
        url: `store.url`.
        home: the data folder of this machine.
        on_write: called after every transaction that was committed.
        options: see `PostgresEngine`.

    Raises:
        StoreError: or one of its kinds: the server does not answer, refuses, or holds something else.
    """

    def __init__(self, url: str, home: Path, *, on_write: Callable[[], object] | None = None, **options: Any) -> None:
        engine = PostgresEngine(url, home, **options)
        self._engine = engine
        self._writer = SQLiteWriter(engine)
        self._forgetter = SQLiteForgetter(engine)
        self._records = PostgresRecordReader(engine)
        self._matrix = SQLiteMatrixReader(engine)
        self._upkeep = PostgresUpkeep(engine)
        self.derived = DerivedStore(engine, engine.machine)
        self._on_write = on_write
        self.schema = engine.address.schema
        engine.connection.on_commit = self._committed
        with suppress(StoreError):  # a later opening will do what is due
            self._upkeep.clean_up()

    def code_of(self, namespace: str) -> int | None:
        """The number of a namespace in the tables; None where it was never written to."""
        return self._engine.ledger.known_code(namespace)
