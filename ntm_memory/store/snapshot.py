"""The live memory matrix in this process: mapped from the derived file, patched with what was written since."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ntm_memory.store import matrix as sidecar
from ntm_memory.store.matrix import Matrix
from ntm_memory.store.records import Slots
from ntm_memory.store.rows import to_seconds
from ntm_memory.store.usage import Usage

LAG = 256
_QUERY = "SELECT * FROM memories WHERE seq > ? ORDER BY row"


class Snapshot:
    """Agrees with the database each time it is asked.

    Args:
        file: the derived file.
        sql: the database.
        uuid: the database's identity.
        usage: read counters.
    """

    def __init__(self, file: Path, sql: sqlite3.Connection, uuid: str, usage: Usage) -> None:
        self._file = file
        self._sql = sql
        self._uuid = uuid
        self._usage = usage
        self._matrix: Matrix | None = None
        self._seq = -1
        self._saved = -1
        self._slots: dict[int | None, Slots] = {}

    def slots(self, space: int | None, dim: int | None, seq: int) -> Slots:
        """The slots of one namespace; the same object as before if nothing was written meanwhile."""
        if self._seq != seq:
            self._slots.clear()
        if space not in self._slots:
            self._slots[space] = self._cut(self._upto(dim or 1, seq), space)
        return self._slots[space]

    def addresses(self, rows: NDArray[np.int64], space: int | None) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(slots of database rows, which of them belong to a namespace)."""
        matrix = self._matrix
        if matrix is None or not len(matrix.row):
            return np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=bool)
        at = np.minimum(np.searchsorted(matrix.row, rows), len(matrix.row) - 1)
        return matrix.address[at], (matrix.row[at] == rows) & (matrix.namespace[at] == space)

    def save_if_lagging(self, dim: int | None, seq: int) -> None:
        """Write the derived file if many rows were written since it was."""
        if self._saved < 0:
            known = sidecar.load(self._file, self._uuid, seq)
            self._saved = 0 if known is None else known[1]
        if dim is not None and seq - self._saved > LAG:
            sidecar.save(self._file, self._upto(dim, seq), self._uuid, seq)
            self._saved = seq

    def forget(self) -> None:
        """Drop the file and what was read of it."""
        self._file.unlink(missing_ok=True)
        self._matrix, self._seq, self._saved = None, -1, -1
        self._slots.clear()

    def agrees(self, dim: int | None, seq: int) -> bool:
        """Whether the derived file, if there is one, is whole and says what the database says."""
        if not self._file.exists() or dim is None:
            return True
        loaded = sidecar.load(self._file, self._uuid, seq, verify=True)
        if loaded is None:
            return False
        there, here = self._patched(*loaded, dim), self._read(0, dim)
        return all(np.array_equal(getattr(there, name), getattr(here, name)) for name in ("row", "address", "keys"))

    def _upto(self, dim: int, seq: int) -> Matrix:
        if self._matrix is None:
            loaded = sidecar.load(self._file, self._uuid, seq)
            if loaded is not None and loaded[0].keys.shape[1] == dim:
                self._matrix, self._seq = loaded
                self._saved = self._seq
        if self._matrix is None:
            self._matrix = self._read(0, dim)
        elif self._seq != seq:
            self._matrix = self._patched(self._matrix, self._seq, dim)
        self._seq = seq
        return self._matrix

    def _patched(self, matrix: Matrix, since: int, dim: int) -> Matrix:
        changed = [row for (row,) in self._sql.execute("SELECT row FROM memories WHERE seq > ?", (since,))]
        return sidecar.patch(matrix, np.array(changed, dtype=np.int64), self._read(since, dim)) if changed else matrix

    def _read(self, since: int, dim: int) -> Matrix:
        """Live rows written after a sequence number."""
        names = ("row", "namespace", "session", "address", "position", "occurred", "created", "importance")
        names += ("strength", "length", "cjk", "superseded")
        columns: dict[str, list[object]] = {name: [] for name in names}
        keys: list[bytes] = []
        for row in self._sql.execute(_QUERY, (since,)):
            if row["state"] != "live":
                continue
            for name in ("row", "namespace", "address", "position", "importance", "strength", "length", "cjk"):
                columns[name].append(row[name])
            columns["session"].append(-1 if row["session"] is None else row["session"])
            columns["occurred"].append(to_seconds(row["occurred_at"]))
            columns["created"].append(to_seconds(row["created_at"]))
            columns["superseded"].append(row["superseded_by"] is not None)
            keys.append(row["keys"])
        return sidecar.build(columns, keys, dim)

    def _cut(self, matrix: Matrix, space: int | None) -> Slots:
        mine = np.flatnonzero(matrix.namespace == space)
        mine = mine[np.argsort(matrix.position[mine], kind="stable")]
        passages = matrix.passages[mine]
        if len(mine) == len(matrix.row) and (np.diff(mine) > 0).all():
            keys = matrix.keys
        else:
            starts = (np.cumsum(matrix.passages) - matrix.passages)[mine]
            within = np.arange(passages.sum()) - np.repeat(np.cumsum(passages) - passages, passages)
            keys = matrix.keys[np.repeat(starts, passages) + within]
        address = matrix.address[mine]
        counted = self._usage.reads()
        return Slots(
            keys=keys,
            owner=np.repeat(np.arange(len(mine)), passages),
            address=address,
            position=matrix.position[mine],
            session=matrix.session[mine],
            occurred=matrix.occurred[mine],
            created=matrix.created[mine],
            importance=matrix.importance[mine],
            strength=matrix.strength[mine],
            length=matrix.length[mine],
            cjk=matrix.cjk[mine],
            superseded=matrix.superseded[mine],
            reads=np.array([counted.get(a, (0, 0.0))[0] for a in address.tolist()], dtype=np.int64),
        )
