"""The live memories of one namespace in order of writing, brought up to date write by write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.slots.columns import places_among, places_in_any_order
from ntm_memory.slots.growable import Growable
from ntm_memory.slots.heap import Heap, Spans, rows_of
from ntm_memory.slots.snapshot import Reads, Snapshot, snapshot_of

_DEAD = 4
"""Dead entries are taken out when one in so many is one: then each was copied as seldom as it was written."""
_FEW = 1024


class LiveSlots:
    """What is live now: entries of a heap, in order of writing.

    Appending copies what is appended. Any other change copies the list of entries, 8 bytes a memory, and no column.

    Args:
        heap: where the live memories are, and perhaps dead ones.
        entries: (N,) the live ones in order of writing; None: all of the heap's, in its order.
        reads: see `snapshot_of`.
        rows: (N,) database rows of the entries, each once; None: to be looked up.
        by_row: whether these rise; None: to be looked up.
        by_address: whether the slots' numbers do.
        compacts: whether dead entries are left behind where they are many.
    """

    def __init__(
        self,
        heap: Heap,
        entries: Growable | None,
        reads: Reads,
        *,
        rows: Growable | None = None,
        by_row: bool | None = None,
        by_address: bool | None = None,
        compacts: bool = True,
    ) -> None:
        self._reads = reads
        self._compacts = compacts
        self._snapshot: Snapshot | None = None
        self._by_address: bool | None = None
        self._begin(heap, entries, rows)
        self._by_row = _rises(self._rows()) if by_row is None else by_row
        self._by_address = by_address
        if len(heap) <= _FEW:
            self._compact()

    @classmethod
    def of(
        cls, columns: Mapping[str, NDArray[Any]], keys: NDArray[np.float32], spans: Spans, reads: Reads
    ) -> LiveSlots:
        """The slots of live memories in whatever order.

        Args:
            columns: as `Heap` wants them; among them `row` (of the database, each once), `position` and `address`.
            keys: their key rows.
            spans: see `Heap`.
            reads: see `snapshot_of`.
        """
        position = columns["position"]
        order = None if _rises(position) else Growable(np.argsort(position, kind="stable"))
        return cls(Heap.of(columns, keys, spans), order, reads)

    def __len__(self) -> int:
        return len(self._heap) if self._entries is None else len(self._entries)

    @property
    def snapshot(self) -> Snapshot:
        """The state now; the same object until something changes."""
        if self._snapshot is None:
            entries = None if self._entries is None else self._entries.view()
            by_address = self.rise()[1]
            self._snapshot = snapshot_of(self._heap, entries, self._trunk, self._reads, by_address=by_address)
        return self._snapshot

    @property
    def heap(self) -> Heap:
        """Where the entries are, dead ones too."""
        return self._heap

    def listed(self) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """((N,) the live entries, (N,) their database rows), in order of writing; None: all in the heap's order."""
        return None if self._entries is None else (self._entries.view(), self._listed.view())

    @property
    def trunk(self) -> object:
        """The same object for all states that differ by appended memories alone."""
        return self._trunk

    def rise(self) -> tuple[bool, bool]:
        """Whether database rows rise in order of writing, and whether the slots' numbers do."""
        if self._by_address is None:
            self._by_address = _rises(self.live("address"))
        return self._by_row, self._by_address

    def live(self, name: str) -> NDArray[Any]:
        """(N,) a column of the live memories as the store keeps it."""
        column = self._heap.kept(name, len(self._heap))
        live: NDArray[Any] = column if self._entries is None else column[self._entries.view()]
        return live

    def some(self, index: NDArray[np.int64]) -> tuple[dict[str, NDArray[Any]], NDArray[np.float32]]:
        """(columns, key rows) of some memories, by their indices 0…N−1."""
        heap, ids = self._heap, index if self._entries is None else self._entries.view()[index]
        columns = {name: heap.kept(name, len(heap))[ids] for name in heap.names}
        return columns, heap.keys(heap.rows)[rows_of(heap.first(len(heap))[ids], columns["passages"])]

    def keys(self) -> NDArray[np.float32]:
        """(R, dim) the key rows of the live memories."""
        return self.snapshot.keys

    def find(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) the indices 0…N−1 of the memories of some database rows; −1 where none is live here."""
        return (places_among if self._by_row else places_in_any_order)(rows, self._rows())

    def apply(self, changed: NDArray[np.int64], columns: Mapping[str, NDArray[Any]], keys: NDArray[np.float32]) -> None:
        """Take out the memories of some database rows, and put in what is live of them now.

        Args:
            changed: (n,) their rows, rising.
            columns: of those that are live now, in order of their rows, which are among `changed`.
            keys: their key rows.
        """
        before = self.find(changed)
        if not len(columns["row"]) and (before < 0).all():
            return
        order = np.argsort(columns["position"], kind="stable")
        if (order != np.arange(len(order))).any():
            starts = np.cumsum(columns["passages"]) - columns["passages"]
            keys = keys[rows_of(starts[order], columns["passages"][order])]
            columns = {name: column[order] for name, column in columns.items()}
        row, position = columns["row"], columns["position"]
        was = before[np.searchsorted(changed, row)]
        last = self._last("position")
        if (before < 0).all() and (not len(position) or int(position[0]) > last):
            self._append(columns, keys)
            return
        entries = np.arange(len(self)) if self._entries is None else self._entries.view()
        ids = self._heap.append(columns, keys)
        held = self._heap.kept("position", len(self._heap))
        stays = (was >= 0) & (held[entries[was]] == position) if len(entries) else was >= 0
        self._put(entries, before, was, stays, ids, row)
        self._compact()

    def _append(self, columns: Mapping[str, NDArray[Any]], keys: NDArray[np.float32]) -> None:
        if self._by_address:
            address = columns["address"]
            self._by_address = _rises(address) and bool((address > self._last("address")).all())
        row, mine = columns["row"], self._rows()
        self._by_row = self._by_row and _rises(row) and bool((row > (mine[-1] if len(mine) else -1)).all())
        ids = self._heap.append(columns, keys)
        if self._entries is not None:
            self._listed.append(row)
            self._entries.append(ids)
        self._snapshot = None

    def _put(
        self,
        entries: NDArray[np.int64],
        before: NDArray[np.int64],
        was: NDArray[np.int64],
        stays: NDArray[np.bool_],
        ids: NDArray[np.int64],
        row: NDArray[np.int64],
    ) -> None:
        """Change the list of entries: some in their places, others out, others in where their positions belong."""
        changed, rows = entries.copy(), self._rows()[: len(entries)]  # the heap has grown since
        changed[was[stays]] = ids[stays]
        out = np.setdiff1d(before[before >= 0], was[stays])
        changed, rows = np.delete(changed, out), np.delete(rows, out)
        if not stays.all():
            position = self._heap.kept("position", len(self._heap))
            at = np.searchsorted(position[changed], position[ids[~stays]])
            changed, rows = np.insert(changed, at, ids[~stays]), np.insert(rows, at, row[~stays])
        self._change(changed, rows)

    def _change(self, entries: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        self._begin(self._heap, Growable(entries), Growable(rows))
        self._by_row = _rises(rows)

    def _begin(self, heap: Heap, entries: Growable | None, rows: Growable | None = None) -> None:
        self._heap = heap
        self._trunk = object()
        self._entries = entries
        if entries is not None:
            self._listed = Growable(self.live("row")) if rows is None else rows
        self._by_address = None
        self._snapshot = None

    def _rows(self) -> NDArray[np.int64]:
        """(N,) the database rows of the live memories."""
        rows: NDArray[np.int64] = self.live("row") if self._entries is None else self._listed.view()
        return rows

    def _compact(self) -> None:
        """Leave the dead entries behind where they are many; who holds a snapshot keeps the heap that it points to.

        Of few memories at once: how a product is rounded depends on which rows stand around a key, and what is recalled
        of a small memory is the same to the last digit however it came about.
        """
        dead = 0 if self._entries is None else len(self._heap) - len(self._entries)
        if self._compacts and self._entries is not None and (dead * _DEAD > len(self._heap) or len(self._heap) <= _FEW):
            self._begin(self._heap.compacted(self._entries.view()), None)
            self._by_row = _rises(self._rows())

    def _last(self, name: str) -> int:
        """A column of the memory that was written last; −1 where there is none."""
        if not len(self):
            return -1
        entry = len(self) - 1 if self._entries is None else int(self._entries.view()[-1])
        return int(self._heap.kept(name, len(self._heap))[entry])


def _rises(numbers: NDArray[np.int64]) -> bool:
    return bool((np.diff(numbers) > 0).all())
