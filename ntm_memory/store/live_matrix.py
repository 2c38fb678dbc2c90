"""The live memory matrix in this process: read from the derived file, patched with what was written since."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import StoreError
from ntm_memory.store import matrix as sidecar
from ntm_memory.store.matrix import Matrix, Stamp
from ntm_memory.store.records import SLOT_COLUMNS, MemoryMatrix
from ntm_memory.store.rows import are_unit, fetch, to_kept, to_seconds
from ntm_memory.store.usage import UsageCounters
from ntm_memory.times.kept import kept_intervals

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key

LAG = 256
_COLUMNS = """
row, namespace, coalesce(session, -1), address, position, occurred_at, created_at, updated_at, importance, strength,
length, cjk, superseded_by IS NOT NULL, mentions, keys, state
"""
_OCCURRED, _CREATED, _UPDATED, _MENTIONS, _KEYS, _STATE = 5, 6, 7, 13, 14, 15


class LiveMatrix:
    """Agrees with the database each time it is asked.

    Args:
        file: the derived file.
        sql: the database; the caller holds a transaction while it calls.
        usage: read counters.
        key: of the store; None: the file is plain.
        zone: whose days are meant; None: the system's.
    """

    def __init__(
        self,
        file: Path,
        sql: sqlite3.Connection,
        usage: UsageCounters,
        key: Key | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        self._file = file
        self._key = key
        self._zone = zone
        self._sql = sql
        self._usage = usage
        self._matrix: Matrix | None = None
        self._stamp: Stamp | None = None
        self._saved: int | None = None
        self._slots: dict[int | None, MemoryMatrix] = {}
        self._left_out: set[int] = set()

    @property
    def left_out(self) -> frozenset[int]:
        """Database rows that are live and were left out, since what addressing needs of them is damaged."""
        return frozenset(self._left_out)

    def memory_matrix(self, space: int | None, now: Stamp) -> MemoryMatrix:
        """The slots of one namespace; the same object as before if nothing was written meanwhile."""
        matrix = self._upto(now)
        if space not in self._slots:
            self._slots[space] = self._cut(matrix, space)
        return self._slots[space]

    def addresses(
        self, rows: NDArray[np.int64], space: int | None, now: Stamp
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(slots of database rows, which of them belong to a namespace)."""
        matrix = self._upto(now)
        if not len(matrix.row):
            return np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=bool)
        at = np.minimum(np.searchsorted(matrix.row, rows), len(matrix.row) - 1)
        return matrix.address[at], (matrix.row[at] == rows) & (matrix.namespace[at] == space)

    def lags(self, now: Stamp) -> bool:
        """Whether many rows were written since the derived file was; if so, the matrix is brought up to date."""
        if self._saved is None:
            known = self._loaded(now)
            self._saved = 0 if known is None else known[1].seq
        if now.seq - self._saved <= LAG:
            return False
        self._upto(now)
        return True

    def save(self, now: Stamp, token: str) -> None:
        """Write the derived file under a new token, which the caller writes into the database in the same transaction.

        Raises:
            StoreError: it could not be written, or a memory is damaged: who reads on shall be told so each time.
        """
        matrix, marked = self._upto(now), replace(now, token=token)
        if self._left_out or not sidecar.save(self._file, matrix, marked, self._key):
            raise StoreError(f"{self._file} was not written")
        self._stamp, self._saved = marked, marked.seq

    def remove_file(self) -> None:
        """Remove the derived file.

        Raises:
            OSError: it is still there.
        """
        sidecar.remove(self._file)
        self._saved = 0

    def forget(self) -> None:
        """Drop what was read."""
        self._matrix = self._stamp = None
        self._slots.clear()
        self._left_out.clear()

    def agrees(self, now: Stamp) -> bool:
        """Whether the derived file, if there is one, is whole and says what the database says, or is nobody's."""
        loaded = self._loaded(now)
        if loaded is None:
            return not self._file.exists() or sidecar.is_of_another_past(self._file, now, self._key)
        there, here = self._patched(*loaded), self._read(-1, now.dim)[1]
        return all(np.array_equal(array, getattr(here, name), equal_nan=True) for name, array in vars(there).items())

    def _upto(self, now: Stamp) -> Matrix:
        """The matrix, patched or read anew if anything was written."""
        if self._matrix is not None and self._stamp == now:
            return self._matrix
        self._slots.clear()
        if self._matrix is None or self._stamp is None or not self._stamp.may_become(now):
            self._matrix = self._load(now) or self._read(-1, now.dim)[1]
        else:
            self._matrix = self._patched(self._matrix, self._stamp)
        self._stamp = now
        return self._matrix

    def _load(self, now: Stamp) -> Matrix | None:
        loaded = self._loaded(now)
        if loaded is None:
            # a file that is refused now must not be believed later, when the database has grown past it
            with suppress(OSError):
                sidecar.remove(self._file)
            self._saved = 0
            return None
        self._saved = loaded[1].seq
        return self._patched(*loaded)

    def _loaded(self, now: Stamp) -> tuple[Matrix, Stamp] | None:
        """What the derived file holds; None where it has slots that were never given away: a checksum is no seal.

        Believed, they would ask for all the RAM there is, or give one memory's attention to another.
        """
        loaded = sidecar.load(self._file, now, self._key)
        if loaded is None or not len(loaded[0].row):
            return loaded
        query = "SELECT value FROM meta WHERE name = 'next_address'"
        (given,) = self._sql.execute(query).fetchone() or ("0",)
        row, address = loaded[0].row, loaded[0].address
        inside = str(given).isdecimal() and 0 <= address.min() and address.max() < int(given)
        return loaded if inside and (np.diff(row) > 0).all() and np.bincount(address).max() == 1 else None

    def _patched(self, matrix: Matrix, stamp: Stamp) -> Matrix:
        changed, new = self._read(stamp.seq, stamp.dim)
        return sidecar.patch(matrix, changed, new) if len(changed) else matrix

    def _read(self, since: int, dim: int) -> tuple[NDArray[np.int64], Matrix]:
        """(database rows written after a sequence number, the live ones among them); damaged ones are left out."""
        # left alone, the planner walks all rows in order
        source = "memories" if since < 0 else "memories INDEXED BY memories_seq"
        query = f"SELECT {_COLUMNS} FROM {source} WHERE seq > ? ORDER BY row"
        rows = fetch(self._sql, query, (since,))
        live = [row for row in rows if row[_STATE] == "live"]
        self._left_out -= {row[0] for row in rows}
        matrix = _built(live, dim)
        if matrix is None:
            kept = [row for row in live if _built([row], dim) is not None]
            self._left_out |= {row[0] for row in live} - {row[0] for row in kept}
            matrix = _built(kept, dim)
            assert matrix is not None
        return np.array([row[0] for row in rows], dtype=np.int64), matrix

    def _cut(self, matrix: Matrix, space: int | None) -> MemoryMatrix:
        mine = np.flatnonzero(matrix.namespace == (-1 if space is None else space))
        mine = mine[np.argsort(matrix.position[mine], kind="stable")]
        in_order = len(mine) == len(matrix.row) and (np.diff(mine) > 0).all()
        keys = matrix.keys if in_order else matrix.keys_of(mine)
        keys.flags.writeable = False
        columns = {name: getattr(matrix, name)[mine] for name in SLOT_COLUMNS}
        happened = (columns["occurred"], columns["ended"], matrix.is_days[mine])
        columns["occurred"], columns["ended"] = sidecar.in_zone(*happened, self._zone)
        return MemoryMatrix(
            **columns,
            keys=keys,
            owner=np.repeat(np.arange(len(mine)), matrix.passages[mine]),
            reads=self._usage.counts(matrix.address[mine]),
        )


def _built(live: Sequence[sqlite3.Row], dim: int) -> Matrix | None:
    """The matrix of live rows; None where a value of one is not what it must be."""
    try:
        entries = [
            (
                *row[:_OCCURRED],
                *to_kept(row[_OCCURRED]),
                to_seconds(row[_CREATED]),
                to_seconds(row[_UPDATED]),
                *row[_UPDATED + 1 : _MENTIONS],
                kept_intervals(row[_MENTIONS]),
            )
            for row in live
        ]
        matrix = sidecar.build(entries, (row[_KEYS] for row in live), dim)
        return matrix if matrix.passages.all() and are_unit(matrix.keys) else None
    except (ValueError, TypeError, OverflowError, AttributeError):
        return None
