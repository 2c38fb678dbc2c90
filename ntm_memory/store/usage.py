"""What may be lost without harm: how often slots were read, and where sessions looked last.

Recall writes it each time, so it lives in a file of its own and does not wait for the disk. A damaged one is made anew.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ntm_memory.persistence.wiping import wipe
from ntm_memory.privacy import cipher
from ntm_memory.store.records import SessionFocus

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key

_PATIENCE = 0.2
_MOST_READS = 2**53
KEPT = 0.6
"""λ: what is left of a session's trace after each further look."""
MOST_TRACED = 32
LEAST_TRACED = 1e-4
_LAST_YEAR = 253_370_764_800  # unix seconds of the year 9999
_TABLES = """
CREATE TABLE IF NOT EXISTS reads (address INTEGER PRIMARY KEY, count INTEGER NOT NULL, last REAL NOT NULL);
CREATE TABLE IF NOT EXISTS focus (namespace TEXT, session TEXT, looked TEXT NOT NULL, PRIMARY KEY (namespace, session));
"""


_Read = TypeVar("_Read")


class UsageCounters:
    """Counters in `usage.db`; every fault is answered by starting anew or by doing nothing.

    The file does not wait for the disk, so a loss of power may tear it, and SQLite opens a torn one without complaint:
    what stands in it is a surprise until it was read as what it should be.

    Args:
        path: the file.
        key: of the store; None: the file is plain. One that the key does not open is begun anew.
    """

    def __init__(self, path: Path, key: Key | None = None) -> None:
        self._path = path
        self._key = key
        self._sql: sqlite3.Connection | None = None
        self._is_closed = False
        self._known: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
        self._noted: list[int] = []
        self._version: int | None = None

    def note_reads(self, addresses: Sequence[int], at: float) -> None:
        """Count a read of each slot."""
        update = "ON CONFLICT (address) DO UPDATE SET count = count + 1, last = excluded.last"
        noted = [(int(address), at) for address in addresses]
        if self._run(f"INSERT INTO reads VALUES (?, 1, ?) {update}", noted) and self._known is not None:
            self._noted += [address for address, _ in noted]

    def counts(self, addresses: NDArray[np.int64]) -> NDArray[np.int64]:
        """How often each of these slots was read; where the counters are closed, what was known last."""
        known, count = self._table()
        if not len(known) or not len(addresses):
            return np.zeros(len(addresses), dtype=np.int64)
        at = np.minimum(np.searchsorted(known, addresses), len(known) - 1)
        return np.where(known[at] == addresses, count[at], 0)

    def read(self, address: int) -> tuple[int, float]:
        """(count, unix seconds of the last read) of one slot."""
        return self._ask("SELECT count, last FROM reads WHERE address = ?", (address,), _as_read) or (0, 0.0)

    def set_reads(self, address: int, count: int, last: float) -> None:
        """Set a slot's counter, as an import does; count 0 forgets it, as a freed slot does."""
        self._run("DELETE FROM reads WHERE address = ?", [(address,)])
        if count:
            self._run("INSERT INTO reads VALUES (?, ?, ?)", [(address, count, last)])
        if self._known is not None:
            self._noted = [each for each in self._noted if each != address]
            self._known = _with(self._known, np.array([address]), np.array([count]), add=False)

    def set_focus(self, namespace: str, session: str, ids: Sequence[str], weights: Sequence[float]) -> None:
        """Remember where a session looked last, and of where it looked before what is left."""
        now = dict(zip(ids, map(float, weights), strict=True))
        trace = traced(self.focus(namespace, session).trace, now)
        looked = json.dumps([[id, now.get(id), trace.get(id, 0.0)] for id in {**now, **trace}])
        self._run("INSERT OR REPLACE INTO focus VALUES (?, ?, ?)", [(namespace, session, looked)])

    def focus(self, namespace: str, session: str) -> SessionFocus:
        """Where a session looked last, and the trace of all its looks."""
        query = "SELECT looked FROM focus WHERE namespace = ? AND session = ?"
        looked = self._ask(query, (namespace, session), _as_focus) or []
        last = {id: weight for id, weight, _ in looked if weight is not None}
        return SessionFocus(last, {id: trace for id, _, trace in looked if trace > 0})

    def forget(self, ids: Sequence[str]) -> None:
        """Drop every focus that names one of these memories."""
        self._run("DELETE FROM focus WHERE instr(looked, ?)", [(json.dumps(id),) for id in ids])

    def forget_place(self, name: str) -> None:
        """Drop every focus of a namespace or session of this name."""
        self._run("DELETE FROM focus WHERE ? IN (namespace, session)", [(name,)])

    def close(self) -> None:
        """Close the file; what is asked later is answered by what is known."""
        self._is_closed = True
        self._let_go()

    def _table(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(slots rising, how often each was read), read anew only where another process may have changed it."""
        if not self._is_closed:
            version = self._ask("PRAGMA data_version", (), lambda rows: int(rows[0][0]))
            if self._known is None or version is None or version != self._version:
                rows = self._ask("SELECT address, count FROM reads WHERE address >= 0", (), _as_counts)
                self._known = None if rows is None else (rows[:, 0], rows[:, 1])
                self._version, self._noted = version, []
        if self._known is not None and self._noted:
            address, times = np.unique(np.array(self._noted, dtype=np.int64), return_counts=True)
            self._known, self._noted = _with(self._known, address, times, add=True), []
        return self._known or (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))

    def _let_go(self) -> None:
        if self._sql is not None:
            self._sql.close()
            self._sql = None

    def _run(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> bool:
        """Write, or do nothing; whether it was written."""
        try:
            sql = self._open()
            with sql:
                sql.executemany(statement, rows)
            return True
        except sqlite3.OperationalError:
            self._known = None  # locked, or a full disk: a count is not worth an error
        except (sqlite3.DatabaseError, UnicodeEncodeError):
            self._start_anew()
        return False

    def _ask(
        self, query: str, arguments: tuple[Any, ...], read: Callable[[list[tuple[Any, ...]]], _Read]
    ) -> _Read | None:
        """What a query finds, read as what it should be; None where it is not that, and the file begins anew."""
        try:
            return read(self._open().execute(query, arguments).fetchall())
        except sqlite3.OperationalError:
            return None
        except (sqlite3.DatabaseError, ValueError, TypeError, OverflowError, RecursionError):
            self._start_anew()
            return None

    def _open(self) -> sqlite3.Connection:
        self._is_closed = False
        if self._sql is None:
            with suppress(OSError):
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self._sql = self._connect()
        return self._sql

    def _connect(self) -> sqlite3.Connection:
        sql = cipher.connect(self._path, self._key, timeout=_PATIENCE)
        try:
            sql.execute("PRAGMA synchronous = OFF")
            sql.execute("PRAGMA secure_delete = ON")
            sql.executescript(_TABLES)
        except sqlite3.Error:
            sql.close()
            raise
        return sql

    def _start_anew(self) -> None:
        self._let_go()
        self._known = None
        with suppress(OSError):
            self._path.unlink()


def carry_over(path: Path, old: Key | None, new: Key | None) -> None:
    """Write the counters anew under another key, or under none; what cannot be read is begun anew.

    Raises:
        OSError: the old file cannot be removed.
    """
    before, after = UsageCounters(path, old), UsageCounters(path, new)
    reads = before._ask("SELECT address, count, last FROM reads", (), list) or []
    focus = before._ask("SELECT namespace, session, looked FROM focus", (), list) or []
    before.close()
    wipe(path)
    after._run("INSERT OR REPLACE INTO reads VALUES (?, ?, ?)", reads)
    after._run("INSERT OR REPLACE INTO focus VALUES (?, ?, ?)", focus)
    after.close()


def _as_counts(rows: list[tuple[Any, ...]]) -> NDArray[np.int64]:
    """(n, 2) slots and their counts."""
    return np.array([(int(address), int(count)) for address, count in rows], dtype=np.int64).reshape(-1, 2)


def _with(
    known: tuple[NDArray[np.int64], NDArray[np.int64]],
    address: NDArray[np.int64],
    count: NDArray[np.int64],
    *,
    add: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The counters with those of some slots (rising) added to, or put in their place."""
    slots, counts = known
    at = np.searchsorted(slots, address)
    there = np.isin(address, slots)
    new = ~there
    counts[at[there]] = count[there] + (counts[at[there]] if add else 0)
    return np.insert(slots, at[new], address[new]), np.insert(counts, at[new], count[new])


def _as_read(rows: list[tuple[Any, ...]]) -> tuple[int, float]:
    count, last = (int(rows[0][0]), float(rows[0][1])) if rows else (0, 0.0)
    if not 0 <= count <= _MOST_READS or not 0 <= last <= _LAST_YEAR:
        raise ValueError(f"a slot was read {count} times, at {last}")
    return count, last


def traced(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """The trace of a session's looks after one more: λ · what it was + (1 − λ) · this look's weights, their sum at 1.

    It is what an eligibility trace is to a value (Sutton and Barto, section 12.1): how much of each memory is still in
    mind. At most `MOST_TRACED` stay, those with most.

    Args:
        before: id → weight of the trace so far, 0–1.
        now: id → weight, 0–1.
    """
    whole = sum(now.values()) or 1.0
    trace = {id: KEPT * weight for id, weight in before.items()}
    for id, weight in now.items():
        trace[id] = trace.get(id, 0.0) + (1 - KEPT) * weight / whole
    most = sorted(trace, key=lambda id: -trace[id])[:MOST_TRACED]
    return {id: round(trace[id], 6) for id in most if trace[id] >= LEAST_TRACED}


def _as_focus(rows: list[tuple[Any, ...]]) -> list[tuple[str, float | None, float]]:
    """[(id, weight of the last look or None, weight in the trace)]; versions to 0.1 wrote no trace."""
    told = json.loads(rows[0][0]) if rows else []
    first = traced({}, {each[0]: each[1] for each in told if len(each) == 2})
    looked = [
        (str(id), None if weight is None else float(weight), float(trace))
        for id, weight, trace in (each if len(each) == 3 else (*each, first.get(each[0], 0.0)) for each in told)
    ]
    if not all(0 <= weight <= 1 for each in looked for weight in each[1:] if weight is not None):
        raise ValueError("a weight of a focus is outside 0–1")
    return looked
