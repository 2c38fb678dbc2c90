"""A line to a server as the client library opens it, and how texts and rows of ours go over it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import pq
from psycopg.adapt import Loader
from psycopg.types.string import StrBinaryDumper, StrDumperUnknown
from psycopg.waiting import Ready

from ntm_memory.postgres.address import Address
from ntm_memory.postgres.dialect import from_kept, to_kept

_SILENCE = 300_000
"""Milliseconds that a client may be silent inside a transaction: one that fell asleep would keep others waiting."""
_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
"""How soon a line is known to lead nowhere, in seconds, for what was sent in milliseconds; a URL may say otherwise."""


class _WatchedLine(psycopg.Connection):  # type: ignore[misc]
    """A line that looks whether the server is still there whenever that has said nothing for some seconds.

    How long a statement may take is the server's matter (`statement_timeout`): a large one says nothing for minutes.
    """

    watched = ""
    """What `PQping` is asked with."""
    patience = math.inf
    """Seconds."""

    def wait(self, generator: Any, *arguments: Any, **options: Any) -> Any:
        """Consume a generator of the client library, which hears ten times a second that nothing has come."""
        return super().wait(self._looking(generator), *arguments, **options)

    def _looking(self, generator: Any) -> Any:
        try:
            wanted = next(generator)
            heard = time.monotonic()
            while True:
                ready = yield wanted
                if ready != Ready.NONE:
                    heard = time.monotonic()
                elif time.monotonic() - heard > self.patience:
                    if pq.PGconn.ping(self.watched.encode()) == pq.Ping.NO_RESPONSE:
                        self.pgconn.finish()
                        raise psycopg.OperationalError(f"it has said nothing for {self.patience:g} seconds")
                    heard = time.monotonic()
                wanted = generator.send(ready)
        except StopIteration as end:
            return end.value


class NamedRow(tuple[Any, ...]):
    """A row whose values are found by place and by name, as `sqlite3.Row`'s."""

    __slots__ = ()
    places: Mapping[str, int] = {}

    def __getitem__(self, what: Any) -> Any:
        return tuple.__getitem__(self, self.places[what] if isinstance(what, str) else what)

    def keys(self) -> Iterable[str]:
        """The names of the columns in order."""
        return self.places.keys()


class Answer:
    """What a statement has said: rows, and how many it touched.

    Args:
        rows: of it; None: it has none.
        ask: waits for the server where it was not waited for yet, and gives the cursor.
        gives_row: whether the one row is the number of the row that was made.
    """

    def __init__(self, rows: list[Any] | None, ask: Callable[[], Any], *, gives_row: bool = False) -> None:
        self._rest = iter(rows or ())
        self._ask = ask
        self._gives_row = gives_row

    def fetchone(self) -> Any:
        """The next row; None: there is none."""
        return next(self._rest, None)

    def fetchall(self) -> list[Any]:
        """The rows that are left."""
        return list(self._rest)

    def __iter__(self) -> Iterator[Any]:
        return self._rest

    @property
    def rowcount(self) -> int:
        """How many rows were written."""
        return int(self._ask().rowcount)

    @property
    def lastrowid(self) -> int | None:
        """The number of the row that was made."""
        return int(self._ask().fetchone()[0]) if self._gives_row else None


def connected(address: Address, seconds: float) -> psycopg.Connection:
    """A new line, on which statements find the tables of a store.

    Args:
        address: of the store.
        seconds: how long to wait for the server to answer at all, in silence before it is looked whether it is still
            there, and for whoever has locked a table.

    Raises:
        psycopg.Error: it does not, or refuses.
    """
    settings = f"-c search_path={address.quoted} -c client_encoding=UTF8"
    usual = f"-c idle_in_transaction_session_timeout={_SILENCE} -c lock_timeout={max(1, round(1000 * seconds))}"
    told = psycopg.conninfo.conninfo_to_dict(address.url)
    patience = max(2, round(seconds))
    line = _WatchedLine.connect(
        address.url,
        autocommit=True,
        **{
            "connect_timeout": patience,
            "application_name": "ntm-memory",
            "options": f"{usual} {told.get('options', '')} {settings}",
            **{name: told.get(name, value) for name, value in _ALIVE.items()},
        },
    )
    line.watched, line.patience = psycopg.conninfo.make_conninfo(address.url, connect_timeout=patience), patience
    for kind in ("text", "varchar", "name"):
        line.adapters.register_loader(kind, _TextLoader)
        line.adapters.register_loader(kind, _BinaryTextLoader)
    line.adapters.register_dumper(str, _BinaryText)
    line.adapters.register_dumper(str, _Text)
    return line


def rows_of_ours(cursor: Any) -> Callable[[Sequence[Any]], Any]:
    """What makes the rows of an answer: see `NamedRow`."""
    description = cursor.description
    return tuple if description is None else _kind_of_row(tuple(column.name for column in description))


@lru_cache(256)
def _kind_of_row(names: tuple[str, ...]) -> type[NamedRow]:
    places = {name: at for at, name in reversed(list(enumerate(names)))}
    return type("NamedRow", (NamedRow,), {"__slots__": (), "places": {name: places[name] for name in names}})


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
