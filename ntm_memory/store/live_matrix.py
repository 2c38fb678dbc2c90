"""The live memory matrix in this process: read from the derived file, patched with what was written since."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import StoreError
from ntm_memory.slots.live_slots import LiveSlots
from ntm_memory.store import matrix as sidecar
from ntm_memory.store.matrix import Matrix, Stamp
from ntm_memory.store.records import MemoryMatrix
from ntm_memory.store.rows import are_unit, fetch, to_kept, to_seconds
from ntm_memory.store.usage import UsageCounters
from ntm_memory.times.kept import kept_intervals

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key

LAG, SHARE = 256, 64
"""The derived file is written anew when more rows than that were written since, and more than one in so many."""
_NOWHERE = -1
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
        writes: whether a transaction is open that may be rolled back.
    """

    def __init__(
        self,
        file: Path,
        sql: sqlite3.Connection,
        usage: UsageCounters,
        key: Key | None = None,
        zone: tzinfo | None = None,
        writes: Callable[[], bool] = lambda: False,
    ) -> None:
        self._file = file
        self._key = key
        self._zone = zone
        self._sql = sql
        self._usage = usage
        self._writes = writes
        self._blocks: dict[int, LiveSlots] | None = None
        self._stamp: Stamp | None = None
        self._saved: int | None = None
        self._left_out: set[int] = set()
        self._not_settled = False

    @property
    def left_out(self) -> frozenset[int]:
        """Database rows that are live and were left out, since what addressing needs of them is damaged."""
        return frozenset(self._left_out)

    def memory_matrix(self, space: int | None, now: Stamp) -> MemoryMatrix:
        """The slots of one namespace; the same object as before if nothing was written in it meanwhile."""
        blocks = self._upto(now)
        code = _NOWHERE if space is None else space
        if code not in blocks:
            blocks[code] = self._block(sidecar.build((), (), now.dim))
        return blocks[code].snapshot

    def addresses(
        self, rows: NDArray[np.int64], space: int | None, now: Stamp
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(slots of database rows, which of them belong to a namespace)."""
        block = self._upto(now).get(_NOWHERE if space is None else space)
        at = np.full(len(rows), -1, dtype=np.int64) if block is None else block.find(rows)
        if block is None or not len(block):
            return np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=bool)
        return block.snapshot.address[at], at >= 0

    def lags(self, now: Stamp) -> bool:
        """Whether many rows were written since the derived file was; if so, the matrix is brought up to date.

        Many is a share of those that the file holds: so each row is written to it a few times only, however many.
        """
        if self._saved is None:
            stamp = sidecar.stamp_of(self._file, now, self._key)
            self._saved = 0 if stamp is None else stamp.seq
        behind = now.seq - self._saved
        if behind <= LAG:
            return False
        query = "SELECT value FROM meta WHERE name = 'next_address'"
        (given,) = self._sql.execute(query).fetchone() or ("0",)
        if str(given).isdecimal() and behind <= int(given) // SHARE:
            return False
        self._upto(now)
        return True

    def save(self, now: Stamp, token: str) -> None:
        """Write the derived file under a new token, which the caller writes into the database in the same transaction.

        Raises:
            StoreError: it could not be written, or a memory is damaged: who reads on shall be told so each time.
        """
        blocks, marked = self._upto(now), replace(now, token=token)
        if self._left_out or not sidecar.save(self._file, _joined(blocks, now.dim), marked, self._key):
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
        self._blocks = self._stamp = None
        self._left_out.clear()
        self._not_settled = False

    def settled(self) -> None:
        """What was read inside a transaction is written for good."""
        self._not_settled = False

    def rolled_back(self) -> None:
        """Drop what was read inside a transaction: what was taken back may be among it."""
        if self._not_settled:
            self.forget()

    def agrees(self, now: Stamp) -> bool:
        """Whether the derived file, if there is one, is whole and says what the database says, or is nobody's."""
        loaded = self._loaded(now)
        if loaded is None:
            return not self._file.exists() or sidecar.is_of_another_past(self._file, now, self._key)
        there, here = self._patched(*loaded), self._read(-1, now.dim)[1]
        return all(np.array_equal(array, getattr(here, name), equal_nan=True) for name, array in vars(there).items())

    def _upto(self, now: Stamp) -> dict[int, LiveSlots]:
        """The namespaces' memories, brought up to date or read anew if anything was written."""
        if self._blocks is not None and self._stamp == now:
            return self._blocks
        self._not_settled |= self._writes()
        if self._blocks is None or self._stamp is None or not self._stamp.may_become(now):
            matrix, self._stamp = self._load(now) or (self._read(-1, now.dim)[1], now)
            self._blocks = {int(code): self._block(_part(matrix, int(code))) for code in np.unique(matrix.namespace)}
        self._write_into(self._blocks, *self._read(self._stamp.seq, now.dim))
        self._stamp = now
        return self._blocks

    def _write_into(self, blocks: dict[int, LiveSlots], changed: NDArray[np.int64], new: Matrix) -> None:
        for code in {*blocks, *new.namespace.tolist()} if len(changed) else ():
            part = _part(new, code)
            if code in blocks:
                blocks[code].apply(changed, _columns(part), part.keys)
            elif len(part.row):
                blocks[code] = self._block(part)

    def _block(self, matrix: Matrix) -> LiveSlots:
        return LiveSlots(_columns(matrix), matrix.keys, self._in_zone, self._usage.counts)

    def _in_zone(
        self, start: NDArray[np.float64], end: NDArray[np.float64], is_days: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return sidecar.in_zone(start, end, is_days, self._zone)

    def _load(self, now: Stamp) -> tuple[Matrix, Stamp] | None:
        """What the derived file holds, and of which state; None where it is not to be believed."""
        loaded = self._loaded(now)
        if loaded is None:
            # a file that is refused now must not be believed later, when the database has grown past it
            with suppress(OSError):
                sidecar.remove(self._file)
        self._saved = 0 if loaded is None else loaded[1].seq
        return loaded

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


def _part(matrix: Matrix, code: int) -> Matrix:
    """The memories of one namespace."""
    mine = np.flatnonzero(matrix.namespace == code)
    if len(mine) == len(matrix.row):
        return matrix
    arrays = {name: getattr(matrix, name)[mine] for name in (*sidecar.COLUMNS, "passages")}
    return Matrix(**arrays, keys=matrix.keys_of(mine))


def _columns(matrix: Matrix) -> dict[str, NDArray[Any]]:
    return {name: array for name, array in vars(matrix).items() if name != "keys"}


def _joined(blocks: Mapping[int, LiveSlots], dim: int) -> Matrix:
    """The memories of all namespaces, in order of their database rows."""
    parts = [
        Matrix(**{name: block.live(name) for name in (*sidecar.COLUMNS, "passages")}, keys=block.keys())
        for block in blocks.values()
        if len(block)
    ]
    if not parts:
        return sidecar.build((), (), dim)
    whole = Matrix(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})
    order = np.argsort(whole.row, kind="stable")
    if (np.diff(order) > 0).all():
        return whole
    columns = {name: getattr(whole, name)[order] for name in (*sidecar.COLUMNS, "passages")}
    return Matrix(**columns, keys=whole.keys_of(order))


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
