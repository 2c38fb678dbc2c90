"""The place of a store on a server: whether its schema is there, and what this role may do with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

from ntm_memory.errors import StoreError
from ntm_memory.postgres.address import Address
from ntm_memory.postgres.server_faults import TableMissingError, server_faults
from ntm_memory.postgres.server_line import connected

_LOOK = """
SELECT quote_ident(current_user), quote_ident(current_database()), there.oid IS NOT NULL,
    coalesce(has_schema_privilege(there.oid, 'USAGE'), false),
    coalesce(has_schema_privilege(there.oid, 'CREATE'), false),
    has_database_privilege(current_database(), 'CREATE'),
    EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = there.oid AND relname = 'meta')
FROM (SELECT (SELECT oid FROM pg_namespace WHERE nspname = '{}') AS oid) AS there
"""
_BEGIN_ANEW = "put the server's backup back (pg_restore), or open the memory anew: an empty one begins"


class SchemaRights(NamedTuple):
    """A schema as this role finds it.

    Args:
        role, database: their names, as they stand in a statement.
        is_there: whether the schema is.
        may_use, may_make_tables: whether this role may, in it.
        may_make_schemas: whether it may, in the database.
        has_memory: whether a table of a memory is in it.
    """

    role: str
    database: str
    is_there: bool
    may_use: bool
    may_make_tables: bool
    may_make_schemas: bool
    has_memory: bool


def rights_in(address: Address, ask: Callable[[str], Any]) -> SchemaRights:
    """Look at the schema of a store; `ask` runs a statement and gives what has its row."""
    return SchemaRights(*ask(_LOOK.format(address.schema)).fetchone())


def make_schema(address: Address, run: Callable[[str], Any]) -> None:
    """Make the schema of a store where it is not there yet; one that is there needs no right in the database.

    Raises:
        StoreError: see `see_schema`.
    """
    if not see_schema(address, run):
        run(f"CREATE SCHEMA IF NOT EXISTS {address.quoted}")


def see_schema(address: Address, run: Callable[[str], Any]) -> bool:
    """Whether the schema of a store is there.

    Raises:
        StoreError: this role may not make it, or no tables in it; the hint grants what is missing.
    """
    place = rights_in(address, run)
    if place.is_there and not (place.may_use and place.may_make_tables):
        raise StoreError(
            f"{address.label}: the role {place.role} may not make tables there",
            f"have who owns the schema run: GRANT USAGE, CREATE ON SCHEMA {address.quoted} TO {place.role}",
        )
    if not place.is_there and not place.may_make_schemas:
        raise StoreError(
            f"{address.label} is not there, and the role {place.role} may make no schema in {place.database}",
            f"have who owns the database run: CREATE SCHEMA {address.quoted} AUTHORIZATION {place.role}",
        )
    return place.is_there


@contextmanager
def faults_at(address: Address, seconds: float, *, at_commit: bool = False) -> Iterator[None]:
    """Translate what goes wrong inside, see `server_faults`; where a table is missing it is looked why.

    Args:
        address: of the store.
        seconds: to wait for the server, where it is asked again.
        at_commit: as there.

    Raises:
        StoreError: see there.
    """
    try:
        with server_faults(address.label, at_commit=at_commit):
            yield
    except TableMissingError as error:
        raise _why_missing(address, seconds) or error from error


def _why_missing(address: Address, seconds: float) -> StoreError | None:
    """Why a table of a store is not seen; None: it is lost, or nobody can tell."""
    try:
        with connected(address, seconds) as line:
            place = rights_in(address, lambda statement: line.execute(statement, prepare=False))
    except psycopg.Error:
        return None
    if not place.is_there:
        return StoreError(f"{address.label} is not there any more: the schema was dropped", _BEGIN_ANEW)
    if not place.may_use:
        return StoreError(
            f"{address.label}: the role {place.role} may not use this schema",
            f"have the owner of the memory grant it: ntm-memory grant {place.role} --namespace NAME",
        )
    if not place.has_memory:
        return StoreError(f"{address.label} holds no memory any more: its tables were dropped", _BEGIN_ANEW)
    return None
