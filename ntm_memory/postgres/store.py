"""The store on a PostgreSQL server, put together from its parts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ntm_memory.codes.beside import DerivedStore
from ntm_memory.errors import StoreError
from ntm_memory.postgres.engine import PostgresEngine
from ntm_memory.postgres.matrix_reader import PostgresMatrixReader
from ntm_memory.postgres.record_reader import PostgresRecordReader
from ntm_memory.postgres.upkeep import PostgresUpkeep
from ntm_memory.store.forgetting import SQLiteForgetter
from ntm_memory.store.sqlite import SQLiteStore
from ntm_memory.store.writer import SQLiteWriter

_OWNER = "SELECT tableowner FROM pg_tables WHERE schemaname = CAST(? AS text) AND tablename = 'memories'"
_IS_ABOVE = "SELECT 1 FROM pg_roles WHERE rolname = CAST(? AS text) AND (rolsuper OR rolbypassrls)"
_MAY_BE = """
SELECT other.rolname FROM pg_roles AS told JOIN pg_roles AS other ON pg_has_role(told.oid, other.oid, 'MEMBER')
WHERE told.rolname = CAST(? AS text) AND (other.rolname = CAST(? AS text) OR other.rolsuper OR other.rolbypassrls)
"""
"""Roles that a role may be by `SET ROLE`, of those who see all; so it may whether it inherits their rights or not."""


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
        self.engine = self._engine = engine
        self._writer = SQLiteWriter(engine)
        self._forgetter = SQLiteForgetter(engine)
        self._records = PostgresRecordReader(engine)
        self._matrix = PostgresMatrixReader(engine)
        self._upkeep = PostgresUpkeep(engine)
        self.derived, self.zone = DerivedStore(engine, engine.machine), engine.zone
        self._on_write = on_write
        self.address = engine.address
        engine.connection.on_commit = self._committed
        with suppress(StoreError):  # a later opening will do what is due
            self._upkeep.clean_up()

    def code_of(self, namespace: str) -> int | None:
        """The number of a namespace in the tables; None where it was never written to."""
        return self._engine.ledger.known_code(namespace)

    def why_role_sees_all(self, role: str) -> str | None:
        """Why a role reads every row whatever it is granted, as the rest of a sentence; None: it does not."""
        with self._engine.reading():
            (owner,) = self._engine.sql.execute(_OWNER, (self.address.schema,)).fetchone()
            is_above = self._engine.sql.execute(_IS_ABOVE, (role,)).fetchone()
            other = self._engine.sql.execute(_MAY_BE, (role, owner)).fetchone()
        if owner == role:
            return "owns the tables: it would lose its own right to write"
        if is_above is not None:
            return "is above row-level security"
        return None if other is None else f"is a member of {other[0]}, which sees every row"
