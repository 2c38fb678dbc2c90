"""All that a store holds, row by row: from a file to a server and back, told apart by one digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path
from typing import Any

from psycopg import sql as composed

from ntm_memory.errors import BadValueError, StoreCorruptError, StoreLockedError
from ntm_memory.postgres import schema
from ntm_memory.postgres.address import address_of
from ntm_memory.postgres.place import make_schema, see_schema
from ntm_memory.postgres.server_connection import ServerConnection
from ntm_memory.store.sqlite import SQLiteStore

TABLES = tuple(name for name in schema.COLUMNS_OF if name not in schema.USAGE)
"""What is compared: everything but what may be lost."""
_OF_ONE_PLACE = ("version", "traces", "words_stale")
_MATRIX = "matrix"
"""Names in `meta`, and their beginning, that speak of the place where a store is, not of what it holds."""
_TOLD = ("memories", "versions", "tombstones", "feedback", "audit")
"""Where something is as soon as anything was told."""
_EMPTIED = tuple(name for name in schema.COLUMNS_OF if name not in _TOLD)
Rows = Iterable[Sequence[Any]]
Read = Callable[[str], Rows]
Held = tuple[dict[str, int], str]


def what_it_holds(read: Read) -> Held:
    """(rows of each table, SHA-256 of all their values in order of their keys)."""
    counts, digest = dict[str, int](), sha256()
    for table in TABLES:
        counts[table] = 0
        digest.update(f"\n{table}\n".encode())
        for row in read(table):
            counts[table] += 1
            digest.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
    return counts, digest.hexdigest()


def reader_of(store: SQLiteStore) -> Read:
    """What reads the tables of an open store, a file or on a server; the caller holds a snapshot of it."""
    engine = store._engine

    def read(table: str) -> Rows:
        if table in schema.USAGE:
            return engine.usage._ask(f"{_selection(table)} ORDER BY 1, 2", (), list) or []
        return _kept_rows(table, engine.sql.execute(_in_order(table)))

    return read


def locked(store: SQLiteStore) -> AbstractContextManager[None]:
    """Nobody writes to a store."""
    return store._engine.connection.exclusive()


def settled(store: SQLiteStore) -> None:
    """All that a file's journal holds is in the file; the caller has locked it."""
    (busy, *_) = store._engine.sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StoreLockedError("another program reads the memory", "close it and try again")


def last_row(store: SQLiteStore) -> int:
    """The highest number that a memory's row ever had: none is given twice."""
    engine = store._engine
    if engine.word_index.name == "gin":
        return int(engine.sql.execute("SELECT last_value FROM memories_row_seq").fetchone()[0])
    found = engine.sql.execute("SELECT seq FROM sqlite_sequence WHERE name = 'memories'").fetchone()
    return 0 if found is None else int(found[0])


def fill_server(url: str, home: Path, read: Read, last: int, seconds: float, sent: Held) -> None:
    """Make a store on a server of what is read; all of it, or nothing.

    Args:
        url: where; there must be no table in its schema.
        home: the data folder.
        read: gives the rows of each table.
        last: as `last_row` has it.
        seconds: to wait for the server.
        sent: what is to be there in the end, as `what_it_holds` tells it.

    Raises:
        BadValueError: something is there.
        StoreCorruptError: what arrived is not what was sent.
        StoreError: or one of its kinds: the server does not answer or refuses.
    """
    connection = ServerConnection(address_of(url), home, seconds)
    try:
        with connection.transaction():
            has_begun = refuse_full(connection)
            make_schema(connection.address, connection.server.plainly)
            for statement in map("DELETE FROM {}".format, _EMPTIED) if has_begun else schema.creation(indexes=False):
                connection.server.plainly(statement)
            for table in schema.COLUMNS_OF:
                _copy(connection, table, read(table))
            for statement in () if has_begun else schema.indexes():
                connection.server.plainly(statement)
            for table, column in schema.COUNTED.items():
                least = f"greatest((SELECT max({column}) FROM {table}), {last if table == 'memories' else 1}, 1)"
                connection.server.plainly(f"SELECT setval('{table}_{column}_seq', {least})")
            connection.sql.execute("INSERT INTO meta VALUES ('version', ?)", (str(schema.VERSION),))
            _compare(sent, lambda table: _kept_rows(table, connection.sql.execute(_in_order(table))))
    finally:
        connection.close()


def see_empty(url: str, home: Path, seconds: float) -> None:
    """Refuse a place on a server where something is; see `fill_server`."""
    connection = ServerConnection(address_of(url), home, seconds)
    try:
        refuse_full(connection)
        see_schema(connection.address, connection.server.plainly)
    finally:
        connection.close()


def refuse_full(connection: ServerConnection) -> bool:
    """Refuse a place where something is; whether a memory begins there in which nothing was told yet.

    Raises:
        BadValueError: there is something.
    """
    query = "SELECT tablename FROM pg_tables WHERE schemaname = CAST(? AS text)"
    there = {name for (name,) in connection.sql.execute(query, (connection.address.schema,)).fetchall()}
    if there == {*schema.COLUMNS_OF}:
        told = " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in _TOLD)
        query = f"SELECT {told} OR NOT EXISTS (SELECT 1 FROM meta WHERE name = 'version' AND value = ?)"
        (is_told,) = connection.sql.execute(query, (str(schema.VERSION),)).fetchone()
        if not is_told:
            return True
    if there:
        raise BadValueError(
            f"{connection.address.label} is not empty", "name another schema: --to URL with ?schema=NAME behind it"
        )
    return False


def fill_file(store: SQLiteStore, read: Read, last: int, sent: Held) -> None:
    """Put what is read into a new store in a file, in the place of what it holds; see `fill_server`.

    Raises:
        StoreCorruptError: what arrived is not what was sent.
    """
    engine = store._engine
    with engine.writing():
        engine.sql.execute("DELETE FROM meta WHERE name <> 'words_stale'")
        for table in TABLES:
            marks = ", ".join("?" * len(schema.COLUMNS_OF[table]))
            insert = f"INSERT INTO {table} ({', '.join(schema.COLUMNS_OF[table])}) VALUES ({marks})"
            engine.sql.executemany(insert, map(tuple, read(table)))
        engine.sql.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'memories'", (last,))
        engine.ledger.forget()
        engine.word_index.rebuild()
        _compare(sent, reader_of(store))
    for table in schema.USAGE:
        marks = ", ".join("?" * len(schema.COLUMNS_OF[table]))
        engine.usage._run(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", [tuple(row) for row in read(table)])


def _compare(sent: Held, arrived: Read) -> None:
    if what_it_holds(arrived) != sent:
        raise StoreCorruptError("what arrived is not what was sent; the memory is where it was", "try again")


def _copy(connection: ServerConnection, table: str, rows: Rows) -> None:
    names = composed.SQL(", ").join(map(composed.Identifier, schema.COLUMNS_OF[table]))
    statement = composed.SQL("COPY {} ({}) FROM STDIN").format(composed.Identifier(table), names)
    connection.server.copy_in(statement, rows)


def _selection(table: str) -> str:
    return f"SELECT {', '.join(schema.COLUMNS_OF[table])} FROM {table}"


def _in_order(table: str) -> str:
    return f"{_selection(table)} ORDER BY {', '.join(schema.PRIMARY_KEYS[table])}"


def _kept_rows(table: str, rows: Rows) -> Rows:
    """The rows without what speaks of one place only."""
    if table != "meta":
        return rows
    return (row for row in rows if row[0] not in _OF_ONE_PLACE and not str(row[0]).startswith(_MATRIX))
