"""One state of a namespace's memories, whose columns are made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.slots.columns import SLOT_COLUMNS, MemoryMatrix, OfKeys, first_from, places_among, refuse, sums_of
from ntm_memory.slots.heap import Heap, rows_of

Reads = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""How often each of some slots (n,) was read."""
_MADE = frozenset((*SLOT_COLUMNS, "keys", "owner", "reads", "starts", "rows", "entries"))


class Snapshot(MemoryMatrix):
    """A memory matrix that points into a heap: to have it costs nothing, and a write of one memory copies no other.

    While memories were only appended each column is a part of an array that grows; else it is gathered when first
    asked for. `heap`, `entries` ((N,) which of its entries, in order) and `trunk` (the same object for all states that
    differ by appended memories alone) tell what changed from one to another.
    """

    heap: Heap
    trunk: object
    _entries: NDArray[np.int64] | None
    _count: int
    _rows: int
    _reads: Reads
    _by_address: bool

    def __new__(cls, *_: Any, **columns: Any) -> MemoryMatrix:  # type: ignore[misc]
        """With columns of its own, as `dataclasses.replace` asks, it is a plain matrix; see `snapshot_of`."""
        return MemoryMatrix(**columns)

    def __len__(self) -> int:
        return self._count

    def __getattr__(self, name: str) -> Any:
        if name not in _MADE:
            raise AttributeError(name)
        made = self._made(name)
        if isinstance(made, np.ndarray):
            made.flags.writeable = False
        self.__dict__[name] = made
        return made

    @property
    def starts(self) -> NDArray[np.int64]:
        """(N,) the first key row of each memory."""
        if self._entries is None:
            return self.heap.first(self._count)
        if self._has_one_row_each:
            return np.arange(self._count)
        passages = self.heap.kept("passages", len(self.heap))[self._entries]
        starts: NDArray[np.int64] = np.cumsum(passages) - passages
        return starts

    def products(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(R,) or (R, k): over all entries, dead ones too, which are few, and no key is copied."""
        rows = self.rows
        products: NDArray[np.float32] = self.heap.keys(self._rows) @ vectors
        return products if rows is None else products[rows]

    def key_rows(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, dim) some of the key rows, by their numbers."""
        return self.heap.keys(self._rows).take(rows if self.rows is None else self.rows[rows], axis=0)

    def weighted_sums(self, weights: NDArray[np.float32]) -> NDArray[np.float64]:
        """(k, dim) sums of all key rows by weights (k, R)."""
        keys = self.heap.keys(self._rows)
        if self.rows is None:
            return sums_of(keys, weights)
        spread = np.zeros((len(weights), len(keys)), dtype=np.float32)
        spread[:, self.rows] = weights
        return sums_of(keys, spread)

    def at(self, name: str, index: NDArray[np.int64]) -> NDArray[Any]:
        """(n, …) what a column says of some memories: no other is looked at, nor kept time in a zone."""
        if name in self.__dict__:
            found: NDArray[Any] = self.__dict__[name][index]
            return found
        if name == "reads":
            return self._reads(self.at("address", index))
        return self.heap.at(name, self._entries_at(index))

    def _spans_at(self, index: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
        is_made = "occurred" in self.__dict__ or "ended" in self.__dict__
        return super()._spans_at(index) if is_made else self.heap.spans_at(self._entries_at(index))

    def _entries_at(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) the entries of some memories; −1 stands for the last one."""
        where = index % max(self._count, 1)
        return where if self._entries is None else self._entries[where]

    def find(self, position: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) the indices of the memories with some places in the order of writing; −1 where none has."""
        if self._entries is None or not self._count:
            return super().find(position)
        held = self.heap.kept("position", len(self.heap))
        low = np.zeros(len(position), dtype=np.int64)
        at = np.minimum(first_from(held, self._entries, low, low + self._count, position), self._count - 1)
        return np.where(held[self._entries[at]] == position, at, -1)

    def passages_of(self, index: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """(key rows of some memories, one after the other, (n,) where each one's begin); −1 stands for the last one."""
        count, keys, entries = len(self.heap), self.heap.keys(self._rows), self._entries_at(index)
        if self._entries is None and self._rows == self._count:  # one passage each
            return keys.take(entries, axis=0), np.arange(len(entries))
        passages, starts = self.heap.kept("passages", count)[entries], self.heap.first(count)[entries]
        if len(entries):  # a damaged file would ask for all the RAM
            refuse(passages.min() < 1 or passages.max() > len(keys) or starts.min() < 0)
        return keys.take(rows_of(starts, passages), axis=0), np.cumsum(passages) - passages

    def of_keys(self, name: str, derive: OfKeys) -> NDArray[Any]:
        """(R,) what is derived from each key row alone."""
        kept = self.heap.of_keys(name, derive, self._rows)
        return kept if self.rows is None else kept[self.rows]

    def places(self, address: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) the indices of the memories in some slots."""
        return places_among(address, self.address) if self._by_address else super().places(address)

    def extends(self, older: MemoryMatrix) -> bool:
        """Whether it is another one with memories appended, or with none."""
        return self is older or (
            isinstance(older, Snapshot) and self.trunk is older.trunk and self._count >= older._count
        )

    def _made(self, name: str) -> Any:
        if name == "entries":
            return np.arange(self._count) if self._entries is None else self._entries
        if name == "rows":
            return self._live_rows()
        if name == "reads":
            return self._reads(self.address)
        if name == "owner":
            if self._entries is None:
                return self.heap.owner(self._rows)
            if self._has_one_row_each:
                return np.arange(self._count)
            passages = self.heap.kept("passages", len(self.heap))[self._entries]
            return np.repeat(np.arange(self._count), passages)
        if name == "keys":
            keys = self.heap.keys(self._rows)
            return keys if self.rows is None else keys[self.rows]
        if self._entries is None:
            return self.heap.column(name, self._count)
        return self.heap.column(name, len(self.heap))[self._entries]

    @property
    def _has_one_row_each(self) -> bool:
        return len(self.heap) == self.heap.rows

    def _live_rows(self) -> NDArray[np.int64] | None:
        """(R,) the heap's number of each key row; None: they are its first ones, in its order."""
        if self._entries is None:
            return None
        if self._has_one_row_each:
            return self._entries
        count = len(self.heap)
        return rows_of(self.heap.first(count)[self._entries], self.heap.kept("passages", count)[self._entries])


def snapshot_of(
    heap: Heap, entries: NDArray[np.int64] | None, trunk: object, reads: Reads, *, by_address: bool
) -> Snapshot:
    """The state of a heap now.

    Args:
        heap: where the entries are.
        entries: (N,) the live ones in order of writing; None: all there are, in their order.
        trunk: see `Snapshot`.
        reads: asked for the counters when these are looked at.
        by_address: whether the slots' numbers rise in this order.
    """
    made = object.__new__(Snapshot)
    count = len(heap) if entries is None else len(entries)
    made.__dict__.update(
        heap=heap, trunk=trunk, _entries=entries, _count=count, _rows=heap.rows, _reads=reads, _by_address=by_address
    )
    return made
