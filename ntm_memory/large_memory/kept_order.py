"""The order of writing of a large memory: laid out once, and told by what changed since."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ntm_memory.large_memory.entries import Entries, Numbers, unrank
from ntm_memory.recall.sequence import Sequence, sequence_of
from ntm_memory.slots.columns import first_from, places_among
from ntm_memory.store.records import MemoryMatrix


@dataclass(frozen=True)
class Layout:
    """E entries laid out session by session, each session in order of writing.

    Args:
        order: (E,) int32, the entries in that layout.
        place: (E,) int32, the inverse of `order`.
        session: (K,) int64 rising, the codes of the sessions.
        start: (K + 1,) int64, where each session begins.
    """

    order: NDArray[np.int32]
    place: NDArray[np.int32]
    session: Numbers
    start: Numbers

    @classmethod
    def of(cls, slots: MemoryMatrix) -> Layout:
        """Of the memories of one state."""
        laid = sequence_of(slots)
        codes = slots.session[laid.order]
        begins = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])) if len(codes) else np.empty(0, dtype=np.int64)
        start = np.append(begins, len(codes))
        return cls(laid.order.astype(np.int32), laid.place.astype(np.int32), codes[begins], start)

    def at(self, places: Numbers) -> Numbers:
        """(n,) the entries in some places."""
        return self.order[places].astype(np.int64)

    def before(self, session: Numbers, position: Numbers, held: Numbers) -> Numbers:
        """(n,) how many entries stand before some memories that are none of them.

        Args:
            session: (n,) the codes of their sessions.
            position: (n,) when they were written.
            held: (E,) when the entries were.
        """
        at = np.searchsorted(self.session, session)
        is_known = self.session[np.minimum(at, len(self.session) - 1)] == session
        low, high = self.start[at], self.start[np.where(is_known, at + 1, at)]
        return first_from(held, self.order, low, high, position)


class KeptOrder(Sequence):
    """N memories in the order of writing; as `Sequence`, but no table of all is made unless it is asked for.

    Args:
        layout: of the first entries.
        entries: which memory each entry is.
        slots: the memories of this state.
        held: (E,) int64, when the first entries were written.
    """

    def __init__(self, layout: Layout, entries: Entries, slots: MemoryMatrix, held: Numbers) -> None:
        self.__dict__.update(_layout=layout, _entries=entries, _slots=slots)
        session, position = slots.at("session", entries.memory), slots.at("position", entries.memory)
        before = layout.before(session, position, held)
        order = np.lexsort((position, session, before))
        gone = np.sort(layout.place[entries.gone].astype(np.int64))
        there = before[order] - np.searchsorted(gone, before[order]) + np.arange(len(order))
        self.__dict__.update(_gone=gone, _there=there, _put=entries.memory[order], _place_of=np.argsort(order))
        self.__dict__.update(sessions=len(layout.session) + len(np.setdiff1d(session, layout.session)))

    _layout: Layout
    _entries: Entries
    _slots: MemoryMatrix
    _gone: Numbers
    _there: Numbers
    _put: Numbers
    _place_of: Numbers

    def __len__(self) -> int:
        return len(self._entries)

    def step(self, index: Numbers, offset: int | Numbers) -> Numbers:
        """The memory `offset` steps after each one (before, if negative); −1 past the ends of the session."""
        there = self._places(index) + offset
        inside = (there >= 0) & (there < len(self))
        other = self.at(np.where(inside, there, 0))
        codes = self._slots.at("session", index)
        return np.where(inside & (self._slots.at("session", other) == codes), other, -1)

    def _places(self, memories: Numbers) -> Numbers:
        if self._entries.are_memories and not len(self._entries.memory):
            return self._layout.place[memories].astype(np.int64)
        at = places_among(memories, self._entries.memory)
        entries = np.where(at < 0, self._entries.entries(memories), 0)
        place = self._layout.place[entries].astype(np.int64)
        place = unrank(self._there, place - np.searchsorted(self._gone, place))
        return np.where(at < 0, place, self._there[self._place_of[at]]) if len(self._there) else place

    def at(self, places: Numbers) -> Numbers:
        """(…) the memories in some places of the order."""
        if self._entries.are_memories and not len(self._entries.memory):
            return self._layout.order[places].astype(np.int64)
        at = places_among(places, self._there)
        place = unrank(self._gone, np.where(at < 0, places - np.searchsorted(self._there, places), 0))
        found = self._entries.memories(self._layout.order[np.minimum(place, len(self._layout.order) - 1)])
        return np.where(at < 0, found, self._put[at]) if len(self._put) else found

    @cached_property
    def order(self) -> Numbers:
        """(N,) the memories in their order."""
        return self.at(np.arange(len(self)))

    @cached_property
    def place(self) -> Numbers:
        """(N,) the inverse."""
        return self._places(np.arange(len(self)))

    @cached_property
    def session(self) -> Numbers:
        """(N,) a number for each memory's session."""
        return np.unique(self._slots.session, return_inverse=True)[1].astype(np.int64)
