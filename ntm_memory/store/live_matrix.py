"""The live memory matrix in this process: read or mapped from the derived file, patched with what was written since."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ntm_memory.codes.files import remove_derived
from ntm_memory.errors import StoreError
from ntm_memory.slots import matrix_file as sidecar
from ntm_memory.slots.derived_matrix import Begun, DerivedMatrix
from ntm_memory.slots.live_slots import LiveSlots
from ntm_memory.slots.matrix_file import Matrix
from ntm_memory.slots.spans import in_zone
from ntm_memory.slots.stamp import Stamp, next_token
from ntm_memory.store.ledger import Ledger
from ntm_memory.store.records import MemoryMatrix
from ntm_memory.store.rows import are_unit, fetch, to_kept, to_seconds
from ntm_memory.store.usage import UsageCounters
from ntm_memory.times.kept import kept_intervals

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key

LAG, SHARE = 256, 64
"""The derived file is written when more rows than that were written since, and more than one in so many, unless it is
large: then only what is new is written."""
PAGE = 20_000
"""Rows that are read from the database at once."""
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
        ledger: its bookkeeping.
        usage: read counters.
        key: of the store; None: the file is plain.
        zone: whose days are meant; None: the system's.
        writes: whether a transaction is open that may be rolled back.
    """

    def __init__(
        self,
        file: Path,
        sql: sqlite3.Connection,
        ledger: Ledger,
        usage: UsageCounters,
        key: Key | None = None,
        zone: tzinfo | None = None,
        writes: Callable[[], bool] = lambda: False,
    ) -> None:
        self._file = DerivedMatrix(file, key, partial(in_zone, zone=zone), usage.counts)
        self._sql = sql
        self._ledger = ledger
        self._writes = writes
        self._begun: Begun | None = None
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
            blocks[code] = self._file.block(sidecar.build((), (), now.dim))
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
        """Whether the derived file is to be written; if the whole of it, the matrix is brought up to date.

        It is when many rows were written since it was, a share of those that it holds: so each row is written a few
        times only, however many. Of a large one no more than those rows is written. It is, too, when it had to be read
        for its checksums, as a copy has: after that it need not be.
        """
        if self._saved is None:
            stamp = self._file.stamp(now)
            self._saved = 0 if stamp is None else stamp.seq
        behind = now.seq - self._saved
        if self._file.is_to_write or behind <= LAG:
            return self._file.is_to_write
        given = self._given()
        if self._file.is_large(given):
            return True
        if behind <= given // SHARE:
            return False
        self._upto(now)
        return True

    def save(self, now: Stamp) -> str:
        """Write the derived file under a new token, which the caller writes into the database in the same transaction.

        Returns:
            the token.

        Raises:
            StoreError: it could not be written, or a memory is damaged: who reads on shall be told so each time.
        """
        marked = replace(now, token=next_token(now.token))
        if not self._extended(now, marked):
            blocks = self._upto(now)
            if self.drop_damaged():  # else what is not what was written would get a checksum that fits
                blocks = self._upto(now)
            if self._left_out or not self._file.write(blocks, marked, self._given()):
                raise StoreError(f"{self._file.path} was not written")
        self._saved = marked.seq
        return marked.token

    def _extended(self, now: Stamp, marked: Stamp) -> bool:
        """Write what is new into the file that is there; False where that cannot be done."""
        opened = self._file.opened(now, self._given(), to_extend=True)
        if opened is None:
            return False
        self._write_into(opened.blocks, *self._read(opened.stamp.seq, now.dim))
        return not self._left_out and self._file.extend(opened, marked)

    def remove_file(self) -> None:
        """Remove the derived file, and with it those of large namespaces.

        Raises:
            OSError: one of them is still there.
        """
        try:
            self._file.remove()
        finally:  # one that stays keeps no other
            remove_derived(self._file.path.parent)
        self._saved = 0

    def drop_damaged(self) -> bool:
        """Whether the file in which the matrix lies is not what was written; then it is removed and made anew."""
        if self._begun is None or self._begun.is_whole():
            return False
        with suppress(OSError):
            self.remove_file()
        self.forget()
        return True

    def forget(self) -> None:
        """Drop what was read."""
        self._begun = self._stamp = None
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
        if self._file.is_nobodys(now):
            return True
        begun = self._file.begun(now, self._given(), wholly=True)
        if begun is None:
            return False
        self._write_into(begun.blocks, *self._read(begun.stamp.seq, now.dim))
        blocks, seen = begun.blocks, 0
        for _, matrix in self._all(now.dim):
            for code in np.unique(matrix.namespace).tolist():
                if code not in blocks or not _says(blocks[code], sidecar.part_of(matrix, code)):
                    return False
            seen += len(matrix.row)
        return seen == sum(len(block) for block in blocks.values())

    def _upto(self, now: Stamp) -> dict[int, LiveSlots]:
        """The namespaces' memories, brought up to date or read anew if anything was written."""
        if self._begun is not None and not self._begun.is_there():
            self.forget()
        if self._begun is not None and self._stamp == now:
            return self._begun.blocks
        self._not_settled |= self._writes()
        if self._begun is None or self._stamp is None or not self._stamp.may_go_on(now):
            begun = self._file.begun(now, self._given())
            self._saved = 0 if begun is None else begun.stamp.seq
            if begun is None:
                self._file.refuse(now)
                begun = Begun({}, now)
                for changed, matrix in self._all(now.dim):
                    self._write_into(begun.blocks, changed, matrix)
            self._begun, self._stamp = begun, begun.stamp
        self._write_into(self._begun.blocks, *self._read(self._stamp.seq, now.dim))
        self._stamp = now
        return self._begun.blocks

    def _given(self) -> int:
        """How many slots were ever given away; 0 where that is not told."""
        given = self._ledger.meta("next_address", "0")
        return int(given) if given.isdecimal() else 0

    def _write_into(self, blocks: dict[int, LiveSlots], changed: NDArray[np.int64], new: Matrix) -> None:
        for code in {*blocks, *new.namespace.tolist()} if len(changed) else ():
            part = sidecar.part_of(new, code)
            if code in blocks:
                blocks[code].apply(changed, sidecar.columns_of(part), part.keys)
            elif len(part.row):
                blocks[code] = self._file.block(part)

    def _all(self, dim: int) -> Iterator[tuple[NDArray[np.int64], Matrix]]:
        """As `_read`, of all rows, page by page: never are all of them in memory for it."""
        query, last = f"SELECT {_COLUMNS} FROM memories WHERE row > ? ORDER BY row LIMIT {PAGE}", -1
        while rows := fetch(self._sql, query, (last,)):
            yield self._sound(rows, dim)
            last = rows[-1][0]

    def _read(self, since: int, dim: int) -> tuple[NDArray[np.int64], Matrix]:
        """(database rows written after a sequence number, the live ones among them); damaged ones are left out."""
        # left alone, the planner walks all rows in order
        query = f"SELECT {_COLUMNS} FROM memories INDEXED BY memories_seq WHERE seq > ? ORDER BY row"
        return self._sound(fetch(self._sql, query, (since,)), dim)

    def _sound(self, rows: Sequence[sqlite3.Row], dim: int) -> tuple[NDArray[np.int64], Matrix]:
        live = [row for row in rows if row[_STATE] == "live"]
        self._left_out -= {row[0] for row in rows}
        matrix = _built(live, dim)
        if matrix is None:
            kept = [row for row in live if _built([row], dim) is not None]
            self._left_out |= {row[0] for row in live} - {row[0] for row in kept}
            matrix = _built(kept, dim)
            assert matrix is not None
        return np.array([row[0] for row in rows], dtype=np.int64), matrix


def _says(block: LiveSlots, part: Matrix) -> bool:
    """Whether the memories of a part are in a block as they are there."""
    at = block.find(part.row)
    if (at < 0).any():
        return False
    columns, keys = block.some(at)
    told = {**sidecar.columns_of(part), "keys": part.keys}
    return all(np.array_equal(array, told[name], equal_nan=True) for name, array in {**columns, "keys": keys}.items())


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
