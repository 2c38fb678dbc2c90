"""The bookkeeping of a store on a server, in few questions: each is a message there and back, while others wait."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from ntm_memory.postgres.dialect import to_kept
from ntm_memory.store.ledger import FAR, Ledger

READ_ALL = "SELECT name, value FROM meta"
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
    _codes: dict[str, int] = {}
    _purges = ""

    def begin(self, rows: Iterable[tuple[str, str]]) -> None:
        """A transaction has begun in which the store says this of itself."""
        self._values, self._changed = dict(rows), set()
        if self._values.get("purges", "") != self._purges:
            self._purges = self._values.get("purges", "")
            self.forget()

    def end(self) -> None:
        """The transaction is over."""
        self._values, self._changed = None, set()

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
        found = self._sql.execute(_FREE, (wanted,)).fetchone()
        if found is not None:
            return int(found[0])
        self.set_meta("next_address", str(after + 1))
        return after
