"""A connection to the server that speaks as much of `sqlite3` as the store uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import pq, sql
from psycopg.adapt import Loader
from psycopg.raw_cursor import RawCursor
from psycopg.types.string import StrBinaryDumper, StrDumperUnknown

from ntm_memory.errors import StoreError
from ntm_memory.postgres.address import Address
from ntm_memory.postgres.dialect import from_kept, to_kept, translated
from ntm_memory.postgres.server_faults import LineLostError, server_faults

_TRANSACTION_LOST = "nothing of what was being written is written: do it again"
Rows = Sequence[Any] | Mapping[str, Any]


class NamedRow(tuple[Any, ...]):
    """A row whose values are found by place and by name, as `sqlite3.Row`'s."""

    __slots__ = ()
    places: Mapping[str, int] = {}

    def __getitem__(self, what: Any) -> Any:
        return tuple.__getitem__(self, self.places[what] if isinstance(what, str) else what)

    def keys(self) -> Iterable[str]:
        """The names of the columns in order."""
        return self.places.keys()


class StoreCursor(RawCursor):  # type: ignore[misc]
    """An answer, and the number of the row that was made."""

    lastrowid: int | None = None


class ServerSQL:
    """One line to a server, opened when first needed and anew after it broke.

    Only between transactions is a broken line mended without a word: inside one what was written is gone, and whoever
    writes must know.

    Args:
        address: of the store.
        connect_seconds: how long to wait for the server to answer at all.
        on_new_line: called when the line was opened anew.
    """

    def __init__(
        self, address: Address, connect_seconds: float, on_new_line: Callable[[], None] = lambda: None
    ) -> None:
        self._address = address
        self._seconds = max(2, round(connect_seconds))
        self._line: psycopg.Connection | None = None
        self._closed = False
        self._began = False
        self.on_new_line = on_new_line
        self.text_factory: Any = str
        """What `sqlite3` reads texts with; here they are always whole."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._began

    def execute(self, statement: str, arguments: Rows = ()) -> StoreCursor:
        """Run one of the store's statements."""
        command = translated(statement)
        values = [arguments[name] for name in command.names] if isinstance(arguments, Mapping) else arguments

        def run(line: psycopg.Connection) -> StoreCursor:
            cursor = StoreCursor(line, row_factory=_rows)
            cursor.execute(command.text, values, binary=True)
            if command.gives_row:
                cursor.lastrowid = cursor.fetchone()[0]
            return cursor

        return self._run(run)

    def executemany(self, statement: str, rows: Iterable[Rows]) -> StoreCursor:
        """Run one of the store's statements for each of many rows."""
        command = translated(statement)
        many = list(rows)

        def run(line: psycopg.Connection) -> StoreCursor:
            cursor = StoreCursor(line, row_factory=_rows)
            cursor.executemany(command.text, many)
            return cursor

        return self._run(run)

    def begin(self, how: str, *then: str) -> list[Any]:
        """Begin a transaction, in the same message do what is told, and return the rows of the last of it."""

        def run(line: psycopg.Connection) -> StoreCursor:
            cursor = StoreCursor(line)
            cursor.execute(_plain("; ".join((f"BEGIN {how}", *then))))
            while cursor.nextset():
                pass
            return cursor

        try:
            cursor = self._run(run)
        except BaseException:
            self._began = True
            with suppress(StoreError):
                self.end("ROLLBACK")
            raise
        self._began = True
        return list(cursor.fetchall()) if cursor.description else []

    def end(self, how: str, first: Any = None) -> None:
        """COMMIT or ROLLBACK; a transaction whose line broke is rolled back already.

        Args:
            how: which.
            first: a statement that is run in the same message before it.

        Raises:
            StoreError: the line broke: while a COMMIT was under way nobody knows whether it is written.
        """
        line, was_open = self._line, self._began
        self._began = False
        if not was_open:
            return
        if line is None or line.closed or line.info.transaction_status == pq.TransactionStatus.UNKNOWN:
            if how == "COMMIT":
                raise LineLostError(f"the line to {self._address.label} broke", _TRANSACTION_LOST)
            return
        failed = line.info.transaction_status == pq.TransactionStatus.INERROR
        with server_faults(self._address.label, at_commit=how == "COMMIT"):
            try:
                line.execute(_plain(how) if first is None or failed else sql.SQL("{}; " + how).format(first))
            except psycopg.Error:
                if not line.closed and line.info.transaction_status == pq.TransactionStatus.INERROR:
                    line.execute(_plain("ROLLBACK"))
                raise
        if failed and how == "COMMIT":
            raise StoreError("the transaction was rolled back after an error", "begin anew")

    def plainly(self, statement: Any) -> StoreCursor:
        """Run a statement of PostgreSQL's own, without arguments, as it stands."""

        def run(line: psycopg.Connection) -> StoreCursor:
            cursor = StoreCursor(line, row_factory=_rows)
            cursor.execute(_plain(statement))
            return cursor

        return self._run(run)

    def copy_in(self, statement: Any, rows: Iterable[Sequence[Any]]) -> None:
        """Put many rows into a table in one go."""

        def run(line: psycopg.Connection) -> StoreCursor:
            cursor = StoreCursor(line)
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(tuple(row))
            return cursor

        self._run(run)

    def line(self) -> psycopg.Connection:
        """What the client library calls a connection; opened if need be.

        Raises:
            LineLostError: the server does not answer.
            StoreError: it was closed, or its transaction is gone.
        """
        if self._closed:
            raise StoreError(f"{self._address.label} is closed", "open the memory anew")
        if self._line is not None and not self._line.closed:
            return self._line
        if self._began:
            raise LineLostError(f"the line to {self._address.label} broke", _TRANSACTION_LOST)
        was_open = self._line is not None
        with server_faults(self._address.label):
            self._line = self._connected()
        if was_open:
            self.on_new_line()
        return self._line

    def close(self) -> None:
        """Close the line; an open transaction is rolled back."""
        self._closed, self._began = True, False
        if self._line is not None:
            self._line.close()

    def _run(self, do: Callable[[psycopg.Connection], StoreCursor]) -> StoreCursor:
        had_line = self._line is not None
        try:
            line = self.line()
            with server_faults(self._address.label):
                return do(line)
        except LineLostError:
            if self._line is not None and not self._line.closed:
                self._line.close()
            if self._began or self._closed or not had_line:
                raise
        line = self.line()  # the server was away between two calls: once more, with a new line
        with server_faults(self._address.label):
            return do(line)

    def _connected(self) -> psycopg.Connection:
        settings = f"-c search_path={self._address.schema} -c client_encoding=UTF8"
        told = psycopg.conninfo.conninfo_to_dict(self._address.url)
        line = psycopg.connect(
            self._address.url,
            autocommit=True,
            **{
                "connect_timeout": self._seconds,
                "application_name": "ntm-memory",
                "options": f"{told.get('options', '')} {settings}".strip(),
            },
        )
        for kind in ("text", "varchar", "name"):
            line.adapters.register_loader(kind, _TextLoader)
            line.adapters.register_loader(kind, _BinaryTextLoader)
        line.adapters.register_dumper(str, _BinaryText)
        line.adapters.register_dumper(str, _Text)
        return line


class _TextLoader(Loader):  # type: ignore[misc]
    def load(self, data: Any) -> str:
        return from_kept(bytes(data).decode())


class _BinaryTextLoader(_TextLoader):
    format = pq.Format.BINARY


class _Text(StrDumperUnknown):  # type: ignore[misc]
    def dump(self, obj: str) -> Any:
        return super().dump(to_kept(obj))


class _BinaryText(StrBinaryDumper):  # type: ignore[misc]
    def dump(self, obj: str) -> Any:
        return super().dump(to_kept(obj))


def _rows(cursor: Any) -> Callable[[Sequence[Any]], Any]:
    description = cursor.description
    return tuple if description is None else _kind_of_row(tuple(column.name for column in description))


@lru_cache(256)
def _kind_of_row(names: tuple[str, ...]) -> type[NamedRow]:
    places = {name: at for at, name in reversed(list(enumerate(names)))}
    return type("NamedRow", (NamedRow,), {"__slots__": (), "places": {name: places[name] for name in names}})


def _plain(statement: Any) -> Any:
    return sql.SQL(statement) if isinstance(statement, str) else statement
