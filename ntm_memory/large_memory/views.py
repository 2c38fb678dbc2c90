"""The large memories of one process, each as questions and writes see it: kept beside the store, and carried on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ntm_memory.codes.beside import StoreState
from ntm_memory.large_memory.entries import Entries
from ntm_memory.large_memory.kept import KeptIndex, arrays_of
from ntm_memory.large_memory.large_view import LargeView
from ntm_memory.persistence.mapped_arrays import UNREADABLE
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.slots.columns import LARGE
from ntm_memory.store.base import Store
from ntm_memory.store.records import MemoryMatrix

LAG, SHARE, MOST = 256, 64, 4096
"""The index is written anew when more memories than that were written since, and more than one in so many of all, or
than the last number, whatever the size: until then each process adds them itself."""


@dataclass
class _Carried:
    """What is kept of a namespace, and of which state."""

    index: KeptIndex
    state: StoreState
    entries: Entries | None
    slots: MemoryMatrix
    is_kept: bool
    """Whether a file beside the store holds an earlier state of it."""


class LargeViews:
    """Views of large namespaces.

    Args:
        store: where the memories are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._carried: dict[str, _Carried] = {}
        self._made: dict[str, LargeView] = {}

    def of(self, namespace: str, view: CentredMatrix) -> CentredMatrix:
        """The view of a namespace as it is now; the one that was given where it is not large.

        Args:
            namespace: of it.
            view: of all its memories; it is called inside a snapshot of the store.
        """
        if len(view.slots) <= LARGE:
            return view
        made = self._made.get(namespace)
        if made is None or made.slots is not view.slots:
            if self._store.memory_matrix(namespace) is not view.slots:
                return view  # of a state that is past already
            carried = self._upto(namespace, view.slots)
            index, known = carried.index, carried.entries
            given = (view.slots, view.prior, view.query_adapter, view._known)
            made = LargeView(*given, index=index, known=known)
            self._made[namespace] = made
        return made

    def save(self) -> None:
        """Keep beside the store, which is about to be closed, what lags behind by much or was not kept at all."""
        for namespace, carried in self._carried.items():
            lag, most = carried.index.lag, max(LAG, min(len(carried.slots) // SHARE, MOST))
            if carried.is_kept and lag <= most:
                continue
            if self._store.derived.drop_damaged():  # the next process makes it anew from what is sound
                return
            assert carried.entries is not None
            arrays = carried.index.arrays(carried.slots, carried.entries, self._store.words_at)
            carried.is_kept = self._store.derived.save(namespace, carried.state, arrays)

    def _upto(self, namespace: str, slots: MemoryMatrix) -> _Carried:
        """What is kept, brought up to a state; made anew where it is of another past, or too much changed."""
        carried = self._carried.pop(namespace, None)
        now = self._store.derived.written_since(namespace, -1).state
        if carried is None or carried.state.rollbacks != now.rollbacks:
            carried = self._loaded(namespace, slots)
        if carried is not None:
            followed = self._followed(namespace, carried, slots)
            if followed is not None:
                self._carried[namespace] = followed
                return followed
        made = self._carried[namespace] = self._anew(namespace, slots)
        return made

    def _followed(self, namespace: str, carried: _Carried, slots: MemoryMatrix) -> _Carried | None:
        written = self._store.derived.written_since(namespace, carried.state.seq)
        positions, index, is_kept = written.positions, carried.index, carried.is_kept
        if written.state.purges != carried.state.purges:  # what was removed for good no row tells any more
            positions, is_kept = np.union1d(positions, index.missing(slots)), False
            index.forget_totals(slots)
        entries = index.followed(slots, positions, self._store.words_at)
        if entries is None:
            return None
        return _Carried(index, written.state, entries, slots, is_kept)

    def _loaded(self, namespace: str, slots: MemoryMatrix) -> _Carried | None:
        kept = self._store.derived.load(namespace)
        if kept is None:
            return None
        try:
            index = KeptIndex(kept.arrays)
        except UNREADABLE:
            return None
        return _Carried(index, kept.state, None, slots, is_kept=True)

    def _anew(self, namespace: str, slots: MemoryMatrix) -> _Carried:
        state = self._store.derived.written_since(namespace, -1).state
        index = KeptIndex(arrays_of(slots, self._store.words_at))
        entries = index.followed(slots, np.empty(0, dtype=np.int64), self._store.words_at)
        assert entries is not None
        return _Carried(index, state, entries, slots, is_kept=False)
