"""The bookkeeping of a store on a server, in few questions: each is a message there and back, while others wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from psycopg import sql

from ntm_memory.postgres.dialect import to_kept
from ntm_memory.privacy.tombstones import Tombstone, Tombstones
from ntm_memory.store.ledger import FAR, Ledger

_ANY = {":tombstones": "tombstones", ":free": "free"}
"""What no value of a store is called → the table of which it says that it has a row."""
READ_ALL = " UNION ALL ".join(
    [
        "SELECT name, value FROM meta",
        *(f"SELECT '{name}', '' WHERE EXISTS (SELECT 1 FROM {of})" for name, of in _ANY.items()),
    ]
)
_FREE = """
DELETE FROM free WHERE address = (
    SELECT coalesce((SELECT address FROM free WHERE address = ?), (SELECT min(address) FROM free))
) RETURNING address
"""


class ServerLedger(Ledger):
    """Counters and names.

    The values of the store as a whole are read in the message that begins a transaction, and those that changed are
    written in the one that commits it; between the two nobody else can write. Codes of names are remembered as long as
    nothing was purged: only then a name is taken away.
    """

    _values: dict[str, str] | None = None
    _changed: set[str] = set()
    _filled: set[str] | None = None
    _codes: dict[str, int] = {}
    _purges = ""

    def begin(self, rows: Iterable[tuple[str, str]]) -> None:
        """A transaction has begun in which the store says this of itself."""
        self._values, self._changed = dict(rows), set()
        self._filled = {table for name, table in _ANY.items() if self._values.pop(name, None) is not None}
        if self._values.get("purges", "") != self._purges:
            self._purges = self._values.get("purges", "")
            self.forget()

    def end(self) -> None:
        """The transaction is over."""
        self._values, self._changed, self._filled = None, set(), None

    def may_have_rows(self, table: str) -> bool:
        """Whether there may be a row in `tombstones` or `free`."""
        return self._filled is None or table in self._filled

    def fills(self, table: str) -> None:
        """There may be a row in it from now on, in this transaction."""
        if self._filled is not None:
            self._filled.add(table)

    def learn(self, code: int | None, name: str | None) -> None:
        """The name of a number, as it came with a row."""
        if code is not None and name is not None:
            self._names[code] = name

    def to_write(self) -> sql.Composable | None:
        """The statement that writes what changed since; None where nothing did."""
        if not self._values or not self._changed:
            return None
        rows = [(name, to_kept(self._values[name])) for name in sorted(self._changed)]
        self._changed = set()
        told = sql.SQL(", ").join(sql.SQL("({}, {})").format(*map(sql.Literal, row)) for row in rows)
        return sql.SQL("INSERT INTO meta VALUES {} ON CONFLICT (name) DO UPDATE SET value = excluded.value").format(
            told
        )

    def forget(self) -> None:
        """Drop what was remembered of names."""
        super().forget()
        self._codes = {}

    def meta(self, name: str, default: str = "") -> str:
        """A value of the store as a whole."""
        return super().meta(name, default) if self._values is None else self._values.get(name, default)

    def set_meta(self, name: str, value: str) -> None:
        """Write a value of the store as a whole, at the end of the transaction."""
        if self._values is None:
            super().set_meta(name, value)
        else:
            self._values[name] = value
            self._changed.add(name)

    def known_code(self, name: str) -> int | None:
        """The number of a namespace or session, None if it was never written."""
        if self._values is None:
            return super().known_code(name)
        if name not in self._codes:
            code = super().known_code(name)
            if code is None:
                return None
            self._codes[name] = code
        return self._codes[name]

    def next_position(self, space: int) -> int:
        """The next place in the order of writing of a namespace; none is given twice."""
        query = "UPDATE names SET written = written + 1 WHERE code = ? RETURNING written"
        (written,) = self._sql.execute(query, (space,)).fetchone()
        return int(written) - 1

    def allocate(self, wanted: int | None = None) -> int:
        """A free slot: the wanted one if it is free and not far off, else the lowest freed one, else the next."""
        after = self.number("next_address")
        if wanted is not None and after <= wanted < after + FAR:
            return super().allocate(wanted)
        found = self._sql.execute(_FREE, (wanted,)).fetchone() if self.may_have_rows("free") else None
        if found is not None:
            return int(found[0])
        self.set_meta("next_address", str(after + 1))
        return after

    def release(self, addresses: Iterable[int]) -> None:
        """Give slots back."""
        self.fills("free")
        super().release(addresses)


class ServerTombstones(Tombstones):
    """Tombstones of which the message that begins a transaction says whether there are any."""

    def __init__(self, sql: sqlite3.Connection, ledger: ServerLedger) -> None:
        super().__init__(sql)
        self._ledger = ledger

    def any(self) -> bool:
        """Whether there may be one at all; without one nothing else is computed."""
        return self._ledger.may_have_rows("tombstones")

    def set(self, id: str, namespace: str, content: str, key: str | None, at: str) -> None:
        """Remember a memory's text as retracted."""
        self._ledger.fills("tombstones")
        super().set(id, namespace, content, key, at)

    def take_over(self, tombstones: Sequence[Tombstone]) -> int:
        """Keep those of another store too; returns how many are new."""
        self._ledger.fills("tombstones")
        return super().take_over(tombstones)
