"""The bookkeeping of a memory file: its sequence number, names and their codes, slots and positions."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator

from ntm_memory.errors import StoreCorruptError

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_MOST_DIGITS = 17
FAR = 1024
"""Slots behind the last one from which on a wanted one is not given: those between would all have to be freed."""


_TAKEN = "address IN (SELECT address FROM memories WHERE address IS NOT NULL)"


class Ledger:
    """Counters and names; all that writes runs inside a transaction of the caller."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql
        self._names: dict[int, str] = {}
        self.rollbacks = 0

    def rolled_back(self) -> None:
        """Something was taken back: whoever remembers a sequence number may have read what is no longer there."""
        self.rollbacks += 1
        self.forget()

    def forget(self) -> None:
        """Drop what was remembered: a rollback may have taken it back."""
        self._names.clear()

    def meta(self, name: str, default: str = "") -> str:
        """A value of the file as a whole."""
        row = self._sql.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if row is None else str(row[0])

    def set_meta(self, name: str, value: str) -> None:
        """Write a value of the file as a whole."""
        self._sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def number(self, name: str) -> int:
        """A counter of the file as a whole; 0 where it was never written.

        Raises:
            StoreCorruptError: it is no number.
        """
        text = self.meta(name, "0")
        if not _is_number(text):
            raise StoreCorruptError(
                f"the file's bookkeeping is damaged: {name} is no number", "run: status.py --repair"
            )
        return int(text)

    def seq(self) -> int:
        """How many rows were ever written: whoever remembers it knows whether anything changed since."""
        return self.number("seq")

    def next_seq(self) -> int:
        """Count a write."""
        seq = self.seq() + 1
        self.set_meta("seq", str(seq))
        return seq

    def touch(self, id: str) -> None:
        """Count a memory as written anew, where what changed stands in another table than its row."""
        self._sql.execute("UPDATE memories SET seq = ? WHERE id = ?", (self.next_seq(), id))

    def purges(self) -> int:
        """How often rows were removed for good, which no row tells any more."""
        return self.number("purges")

    def code(self, name: str) -> int:
        """The number of a namespace or session, made if it is new."""
        known = self.known_code(name)
        if known is not None:
            return known
        return int(self._sql.execute("INSERT INTO names (name) VALUES (?)", (name,)).lastrowid or 0)

    def known_code(self, name: str) -> int | None:
        """The number of a namespace or session, None if it was never written."""
        row = self._sql.execute("SELECT code FROM names WHERE name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def name(self, code: int) -> str:
        """The namespace or session of a number."""
        if code not in self._names:
            row = self._sql.execute("SELECT name FROM names WHERE code = ?", (code,)).fetchone()
            self._names[code] = "" if row is None else str(row[0])
        return self._names[code]

    def forget_unused(self) -> list[str]:
        """Take away the names that no memory of any state has, and say which; their codes are never used again."""
        used = "SELECT namespace FROM memories UNION SELECT session FROM memories WHERE session IS NOT NULL"
        query = f"SELECT code, name FROM names WHERE code NOT IN ({used}) AND substr(name, 1, 1) <> char(0)"
        unused = self._sql.execute(query).fetchall()
        # nobody can tell a name with a NUL
        self._sql.executemany("UPDATE names SET name = char(0) || code WHERE code = ?", [(code,) for code, _ in unused])
        self.forget()
        return [str(name) for _, name in unused]

    def next_position(self, space: int) -> int:
        """The next place in the order of writing of a namespace; none is given twice."""
        self._sql.execute("UPDATE names SET written = written + 1 WHERE code = ?", (space,))
        (written,) = self._sql.execute("SELECT written FROM names WHERE code = ?", (space,)).fetchone()
        return int(written) - 1

    def position_taken(self, space: int, position: int) -> None:
        """Note a position that came from elsewhere."""
        self._sql.execute("UPDATE names SET written = max(written, ?) WHERE code = ?", (position + 1, space))

    def allocate(self, wanted: int | None = None) -> int:
        """A free slot: the wanted one if it is free and not far off, else the lowest freed one, else the next."""
        after = self.number("next_address")
        if wanted is not None and after <= wanted < after + FAR:
            self.release(range(after, wanted))
            self.set_meta("next_address", str(wanted + 1))
            return wanted
        row = self._sql.execute("SELECT address FROM free WHERE address = ?", (wanted,)).fetchone()
        row = row or self._sql.execute("SELECT min(address) FROM free").fetchone()
        if row[0] is not None:
            self._sql.execute("DELETE FROM free WHERE address = ?", (row[0],))
            return int(row[0])
        self.set_meta("next_address", str(after + 1))
        return after

    def faults(self) -> Iterator[str]:
        """What the bookkeeping says that cannot be true; one line each."""
        for name, least in self._least().items():
            text = self.meta(name, "0")
            if not _is_number(text):
                yield f"{name} is no number"
            elif int(text) < least:
                yield f"{name} is {text}, the memories say at least {least}"
        if not self.meta("uuid"):
            yield "the file has no identity"
        if not self.meta("embedder") and self._sql.execute("SELECT 1 FROM memories").fetchone():
            yield "nothing says which embedder wrote the vectors"
        (taken,) = self._sql.execute(f"SELECT count(*) FROM free WHERE {_TAKEN}").fetchone()
        if taken:
            yield f"{taken} slots are called free and are taken"

    def mend(self) -> list[str]:
        """Set right by the memories what the bookkeeping says that cannot be true; what was done, one line each.

        Who wrote the vectors cannot be seen in them: an embedder that is not told becomes an unknown one, which every
        use of the store refuses, until `reembed` writes all vectors anew.
        """
        done = [f"bookkeeping set right: {line}" for line in self.faults()]
        for name, least in self._least().items():
            if not _is_number(self.meta(name, "0")) or self.number(name) < least:
                self.set_meta(name, str(least))
        if not self.meta("uuid"):
            self.set_meta("uuid", os.urandom(16).hex())
        self._sql.execute(f"DELETE FROM free WHERE {_TAKEN} OR address >= ?", (self.number("next_address"),))
        return done

    def _least(self) -> dict[str, int]:
        """The smallest values that the counters may have."""
        numbers = "SELECT max(seq), max(address) FROM memories WHERE typeof(seq) = 'integer'"
        seq, address = self._sql.execute(numbers).fetchone()
        return {"seq": seq or 0, "next_address": 0 if address is None else address + 1, "purges": 0}

    def release(self, addresses: Iterable[int]) -> None:
        """Give slots back."""
        self._sql.executemany("INSERT OR IGNORE INTO free VALUES (?)", [(address,) for address in addresses])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS


def new_meta() -> dict[str, str]:
    """What a new store says of itself: an identity, and counters at their beginning."""
    return {"uuid": os.urandom(16).hex(), "seq": "0", "next_address": "0", "purges": "0"}


def new_id() -> str:
    """A short printable name without look-alike characters, e.g. `m_8k2f7q1x9d`; one of 6·10¹⁴."""
    # not the module secrets: it costs every cold start several milliseconds
    return "m_" + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in os.urandom(10))
