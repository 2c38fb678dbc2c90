"""The live memory matrix in this process: read from the derived file, patched with what was written since."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import StoreCorruptError
from ntm_memory.store import matrix as sidecar
from ntm_memory.store.matrix import Matrix, Stamp
from ntm_memory.store.records import SLOT_COLUMNS, MemoryMatrix
from ntm_memory.store.rows import to_seconds
from ntm_memory.store.usage import UsageCounters

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key

LAG = 256
_COLUMNS = """
row, namespace, coalesce(session, -1), address, position, occurred_at, created_at, importance, strength, length, cjk,
superseded_by IS NOT NULL, keys, state
"""
_KEYS, _STATE = 12, 13


class LiveMatrix:
    """Agrees with the database each time it is asked.

    Args:
        file: the derived file.
        sql: the database; the caller holds a transaction while it calls.
        usage: read counters.
        key: of the store; None: the file is plain.
    """

    def __init__(self, file: Path, sql: sqlite3.Connection, usage: UsageCounters, key: Key | None = None) -> None:
        self._file = file
        self._key = key
        self._sql = sql
        self._usage = usage
        self._matrix: Matrix | None = None
        self._stamp: Stamp | None = None
        self._saved: int | None = None
        self._slots: dict[int | None, MemoryMatrix] = {}

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

    def save_if_lagging(self, now: Stamp) -> None:
        """Write the derived file if many rows were written since it was."""
        if self._saved is None:
            known = sidecar.load(self._file, now, self._key)
            self._saved = 0 if known is None else known[1].seq
        if now.seq - self._saved > LAG and sidecar.save(self._file, self._upto(now), now, self._key):
            self._saved = now.seq

    def rebuild(self, now: Stamp) -> None:
        """Read everything anew and replace the derived file."""
        self.forget()
        with suppress(OSError):
            sidecar.remove(self._file)
        self._saved = 0
        self.save_if_lagging(now)

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

    def agrees(self, now: Stamp) -> bool:
        """Whether the derived file, if there is one, is whole and says what the database says."""
        if not self._file.exists():
            return True
        loaded = sidecar.load(self._file, now, self._key)
        if loaded is None:
            return False
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
        loaded = sidecar.load(self._file, now, self._key)
        if loaded is None:
            # a file that is refused now must not be believed later, when the database has grown past it
            with suppress(OSError):
                sidecar.remove(self._file)
            self._saved = 0
            return None
        self._saved = loaded[1].seq
        return self._patched(*loaded)

    def _patched(self, matrix: Matrix, stamp: Stamp) -> Matrix:
        changed, new = self._read(stamp.seq, stamp.dim)
        return sidecar.patch(matrix, changed, new) if len(changed) else matrix

    def _read(self, since: int, dim: int) -> tuple[NDArray[np.int64], Matrix]:
        """(database rows written after a sequence number, the live ones among them)."""
        # left alone, the planner walks all rows in order
        source = "memories" if since < 0 else "memories INDEXED BY memories_seq"
        rows = self._sql.execute(f"SELECT {_COLUMNS} FROM {source} WHERE seq > ? ORDER BY row", (since,)).fetchall()
        live = [row for row in rows if row[_STATE] == "live"]
        try:
            entries = [(*row[:5], to_seconds(row[5]), to_seconds(row[6]), *row[7:_KEYS]) for row in live]
            matrix = sidecar.build(entries, (row[_KEYS] for row in live), dim)
        except (ValueError, TypeError) as error:
            raise StoreCorruptError(f"a memory is damaged: {error}", "run: status.py --repair") from error
        return np.array([row[0] for row in rows], dtype=np.int64), matrix

    def _cut(self, matrix: Matrix, space: int | None) -> MemoryMatrix:
        mine = np.flatnonzero(matrix.namespace == (-1 if space is None else space))
        mine = mine[np.argsort(matrix.position[mine], kind="stable")]
        in_order = len(mine) == len(matrix.row) and (np.diff(mine) > 0).all()
        keys = matrix.keys if in_order else matrix.keys_of(mine)
        keys.flags.writeable = False
        return MemoryMatrix(
            **{name: getattr(matrix, name)[mine] for name in SLOT_COLUMNS},
            keys=keys,
            owner=np.repeat(np.arange(len(mine)), matrix.passages[mine]),
            reads=self._usage.counts(matrix.address[mine]),
        )
