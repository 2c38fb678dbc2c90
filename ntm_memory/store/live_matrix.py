"""The live memory matrix in this process: read or mapped from the derived file, patched with what was written since."""

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

from ntm_memory.errors import BadValueError, StoreError
from ntm_memory.persistence.mapped_arrays import CAN_MAP, UNREADABLE, heads_of
from ntm_memory.slots.live_slots import LiveSlots
from ntm_memory.slots.mapped_slots import MappedSlots, open_slots, write_slots
from ntm_memory.slots.spans import in_zone
from ntm_memory.store import matrix as sidecar
from ntm_memory.store.matrix import MAPPED, Matrix, Stamp
from ntm_memory.store.records import MemoryMatrix
from ntm_memory.store.rows import are_unit, fetch, to_kept, to_seconds
from ntm_memory.store.usage import UsageCounters
from ntm_memory.times.kept import kept_intervals

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key

LAG, SHARE = 256, 64
"""The derived file is written when more rows than that were written since, and more than one in so many, unless it is
large: then only what is new is written."""
LARGE = 20_000
"""Slots; the file of a memory in which more were given away is mapped."""
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
        self._mapped: MappedSlots | None = None
        self._to_note: MappedSlots | None = None
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
        """Whether the derived file is to be written; if the whole of it, the matrix is brought up to date.

        It is when many rows were written since it was, a share of those that it holds: so each row is written a few
        times only, however many. Of a large one no more than those rows is written. It is, too, when it had to be read
        for its checksums, as a copy has: after that it need not be.
        """
        if self._saved is None:
            stamp = self._stamp_of_file(now)
            self._saved = 0 if stamp is None else stamp.seq
        behind, is_large = now.seq - self._saved, self._is_large()
        if self._to_note is not None or (behind > LAG and is_large):
            return True
        if behind <= LAG or behind <= self._given() // SHARE:
            return False
        self._upto(now)
        return True

    def save(self, now: Stamp, token: str) -> None:
        """Write the derived file under a new token, which the caller writes into the database in the same transaction.

        Raises:
            StoreError: it could not be written, or a memory is damaged: who reads on shall be told so each time.
        """
        marked, is_large = replace(now, token=token), self._is_large()
        if not is_large or not self._extended(now, marked):
            blocks = self._upto(now)
            if self._left_out or not (self._wrote if is_large else self._saved_small)(blocks, marked):
                raise StoreError(f"{self._file} was not written")
        self._saved, self._to_note = marked.seq, None

    def remove_file(self) -> None:
        """Remove the derived file.

        Raises:
            OSError: it is still there.
        """
        sidecar.remove(self._file)
        self._saved = 0

    def forget(self) -> None:
        """Drop what was read."""
        self._blocks = self._stamp = self._mapped = None
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
        with suppress(*UNREADABLE):
            if not any(Stamp(**head.told).may_become(now) for head in heads_of(self._file, MAPPED)):
                return True
        opened = self._opened(now)
        if opened is not None:
            if opened.arrays.is_noted and not opened.is_sound(self._given()):
                return False
            self._write_into(opened.blocks, *self._read(self._seq_of(opened), now.dim))
            there = sidecar.joined(opened.blocks.values(), now.dim)
        else:
            loaded = self._loaded(now)
            if loaded is None:
                return not self._file.exists() or sidecar.is_of_another_past(self._file, now, self._key)
            there = self._patched(*loaded)
        here = self._read(-1, now.dim)[1]
        return all(np.array_equal(array, getattr(here, name), equal_nan=True) for name, array in vars(there).items())

    def _upto(self, now: Stamp) -> dict[int, LiveSlots]:
        """The namespaces' memories, brought up to date or read anew if anything was written."""
        if self._mapped is not None and not self._mapped.arrays.is_there():
            self.forget()
        if self._blocks is not None and self._stamp == now:
            return self._blocks
        self._not_settled |= self._writes()
        if self._blocks is None or self._stamp is None or not self._stamp.may_go_on(now):
            self._blocks, self._stamp = self._begun(now)
        self._write_into(self._blocks, *self._read(self._stamp.seq, now.dim))
        self._stamp = now
        return self._blocks

    def _begun(self, now: Stamp) -> tuple[dict[int, LiveSlots], Stamp]:
        """The memories of the derived file, and of which state they are; all of the database where it has none."""
        self._mapped = self._to_note = self._opened(now)
        if self._mapped is not None:
            if self._mapped.arrays.is_noted:
                self._to_note = None
            self._saved = self._seq_of(self._mapped)
            return self._mapped.blocks, Stamp(**self._mapped.told)
        matrix, stamp = self._load(now) or (self._read(-1, now.dim)[1], now)
        codes = np.unique(matrix.namespace).tolist()
        return {code: self._block(sidecar.part_of(matrix, code)) for code in codes}, stamp

    def _opened(self, now: Stamp, *, to_extend: bool = False) -> MappedSlots | None:
        """The derived file mapped; None where it is not of that form, or not to be believed."""
        if self._key is not None or not CAN_MAP:
            return None
        with suppress(*UNREADABLE):
            opened = open_slots(
                self._file,
                MAPPED,
                sidecar.kinds(now.dim),
                lambda told: Stamp(**told).may_become(now),
                self._in_zone,
                self._usage.counts,
                to_extend=to_extend,
            )
            known = self._to_note is not None and self._to_note.arrays.head == opened.arrays.head
            if opened.arrays.is_noted or known or opened.is_sound(self._given()):
                return opened
        return None

    def _extended(self, now: Stamp, marked: Stamp) -> bool:
        """Write what is new into the file that is there; False where that cannot be done."""
        opened = self._opened(now, to_extend=True)
        if opened is None:
            return False
        self._write_into(opened.blocks, *self._read(self._seq_of(opened), now.dim))
        if self._left_out:
            return False
        with suppress(*UNREADABLE):
            return opened.extend(self._file, MAPPED, vars(marked))
        return False

    def _wrote(self, blocks: Mapping[int, LiveSlots], marked: Stamp) -> bool:
        """Write all memories into a file that can be mapped."""
        with suppress(*UNREADABLE, BadValueError):
            write_slots(self._file, MAPPED, sidecar.kinds(marked.dim), vars(marked), blocks)
            return True
        return False

    def _saved_small(self, blocks: Mapping[int, LiveSlots], marked: Stamp) -> bool:
        return sidecar.save(self._file, sidecar.joined(blocks.values(), marked.dim), marked, self._key)

    def _stamp_of_file(self, now: Stamp) -> Stamp | None:
        with suppress(*UNREADABLE):
            stamps = (Stamp(**head.told) for head in heads_of(self._file, MAPPED))
            return next((stamp for stamp in stamps if stamp.may_become(now)), None)
        return sidecar.stamp_of(self._file, now, self._key)

    def _is_large(self) -> bool:
        return CAN_MAP and self._key is None and self._given() > LARGE

    def _given(self) -> int:
        """How many slots were ever given away; 0 where that is not told."""
        (given,) = self._sql.execute("SELECT value FROM meta WHERE name = 'next_address'").fetchone() or ("0",)
        return int(given) if str(given).isdecimal() else 0

    def _seq_of(self, opened: MappedSlots) -> int:
        return Stamp(**opened.told).seq

    def _write_into(self, blocks: dict[int, LiveSlots], changed: NDArray[np.int64], new: Matrix) -> None:
        for code in {*blocks, *new.namespace.tolist()} if len(changed) else ():
            part = sidecar.part_of(new, code)
            if code in blocks:
                blocks[code].apply(changed, _columns(part), part.keys)
            elif len(part.row):
                blocks[code] = self._block(part)

    def _block(self, matrix: Matrix) -> LiveSlots:
        return LiveSlots.of(_columns(matrix), matrix.keys, self._in_zone, self._usage.counts)

    def _in_zone(
        self, start: NDArray[np.float64], end: NDArray[np.float64], is_days: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return in_zone(start, end, is_days, self._zone)

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
        row, address = loaded[0].row, loaded[0].address
        inside = 0 <= address.min() and address.max() < self._given()
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


def _columns(matrix: Matrix) -> dict[str, NDArray[Any]]:
    return {name: array for name, array in vars(matrix).items() if name != "keys"}


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
