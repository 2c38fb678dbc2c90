"""A large memory as questions and writes see it: few of its memories are read, the rest is told by what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ntm_memory.large_memory.dates import Dates
from ntm_memory.large_memory.entries import Entries
from ntm_memory.large_memory.kept import KeptIndex
from ntm_memory.large_memory.kept_order import KeptOrder
from ntm_memory.large_memory.sample import Sample
from ntm_memory.recall.centred_matrix import LOOKED_AT, CentredMatrix, largest
from ntm_memory.recall.centring import KeySums, centre, centred_unit, scripts_among
from ntm_memory.recall.sequence import Sequence
from ntm_memory.slots.columns import refuse
from ntm_memory.times.told import Time

AT_ONCE = 1024
"""Memories whose keys are compared at a time: they stay in the cache."""
IMPOSSIBLE = 2.0
"""No cosine is as large, however it is rounded: keys that are no unit vectors are not those that were written."""
_EPSILON = 1e-6


@dataclass(frozen=True)
class LargeView(CentredMatrix):
    """N memories, of which a question reads few.

    Args:
        index: what is kept of them; always given.
        known: which of it is which memory; always given.
    """

    index: KeptIndex | None = None
    known: Entries | None = None

    @property
    def kept(self) -> KeptIndex:
        """Codes, words, order and dates."""
        assert self.index is not None
        return self.index

    @property
    def entries(self) -> Entries:
        """Which entry of these is which memory."""
        assert self.known is not None
        return self.known

    @property
    def sample(self) -> Sample:
        """Memories that stand for all."""
        return self.kept.sample

    @cached_property
    def means(self) -> NDArray[np.float32]:
        """(2, dim) mean keys by script, blended with the prior; copies and what was erased lately count, too."""
        totals = self.kept.totals
        refuse(totals.memories < 1 or totals.rows.min() < 0 or not np.isfinite(totals.keys).all())
        return centre(self.slots, self.prior, sums=KeySums(totals.keys, totals.rows)).means

    @cached_property
    def mean_passage(self) -> float:
        """Words that a memory, or of a long one a passage, has on average."""
        return self.kept.totals.passages / self.kept.totals.memories

    @cached_property
    def mean_length(self) -> float:
        """Index words a memory has on average."""
        return self.kept.totals.words / self.kept.totals.memories

    @cached_property
    def sequence(self) -> Sequence:
        """The order of writing."""
        return KeptOrder(self.kept.layout, self.entries, self.slots, self.kept.position)

    @cached_property
    def sample_keys(self) -> KeyRows:
        """The centred keys of the sample."""
        return self._centred(self.sample.keys.copy(), self.sample.first, self.sample.script)

    @cached_property
    def _later_dates(self) -> Dates:
        return Dates.of(self.slots, self.entries.memory)

    def near_in_time(self, told: Time, few: int) -> NDArray[np.int64]:
        """Memories, rising, among which is all that is of a told time, and about so many before and after it."""
        first = self.entries.memories(self.kept.dates.near(told, few))
        found: NDArray[np.int64] = np.union1d(first[first >= 0], self.entries.memory[self._later_dates.near(told, few)])
        return found

    def kept_memories(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) rising, the memories that some coded key rows, rising, are of."""
        index = self.entries.memories(self.kept.owner(rows))
        if not (np.diff(index) > 0).all():
            index = np.unique(index)
        return index[np.searchsorted(index, 0) :]

    def likest(self, key: NDArray[np.float32], cjk: bool, count: int) -> NDArray[np.int64]:
        """(n ≤ count,) the memories that are likest to a text by key, the likest first, of equals the first.

        Those are compared whose codes differ least: now and then one is missed.

        Args:
            key: (dim,) of the text, unit norm.
            cjk: its script.
            count: ≥ 1.
        """
        direction = centred_unit(key, self.means[int(cjk)])
        index = self.kept_memories(self.kept.signs.nearest(direction, LOOKED_AT))
        return index[largest(self.cosines(index, direction), count)]

    def cosines(self, index: NDArray[np.int64], direction: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n,) centred cosines of some memories 0…N−1 with a direction of unit length, as near as chooses the best.

        The keys are read once, as they are, and taken to be of unit length.
        """
        found = np.empty(len(index), dtype=np.float32)
        means, own = self.means, np.vecdot(self.means, self.means)
        away = means @ direction
        with np.errstate(invalid="ignore", over="ignore"):  # of a damaged file; it is refused
            for start in range(0, len(index), AT_ONCE):
                some = index[start : start + AT_ONCE]
                keys, first = self.slots.passages_of(some)
                kinds = scripts_among(self.slots, some, first, len(keys))
                along = keys @ means[0]
                if kinds.any():
                    along = np.where(kinds, keys @ means[1], along)
                near = keys @ direction - away[kinds]
                near /= np.sqrt(np.maximum(1 - 2 * along + own[kinds], 0) + np.float32(_EPSILON))
                here = found[start : start + AT_ONCE]
                here[:] = near if len(near) == len(first) else np.maximum.reduceat(near, first)
                refuse(not here.max() < IMPOSSIBLE)
        return found

    def rows_of(self, index: NDArray[np.int64]) -> KeyRows:
        """The centred keys of some memories 0…N−1, all passages of each."""
        keys, first = self.slots.passages_of(index)
        return self._centred(keys, first, scripts_among(self.slots, index, first, len(keys)))

    def _centred(self, keys: NDArray[np.float32], first: NDArray[np.int64], kinds: NDArray[np.int64]) -> KeyRows:
        """Key rows less the means of their scripts, at unit length; they are changed in place."""
        keys -= self.means[kinds] if kinds.any() else self.means[0]
        keys *= (1 / np.sqrt(np.vecdot(keys, keys) + np.float32(_EPSILON)))[:, None]
        return KeyRows(keys, first)

    def centred(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, dim) centred unit keys of some memories, each one's first passage; −1 stands for the last one."""
        return self.rows_of(index % len(self.slots)).firsts()


@dataclass(frozen=True)
class KeyRows:
    """Key rows of n memories.

    Args:
        keys: (r, dim) float32, centred, of unit length.
        first: (n,) int64, where each memory's rows begin.
    """

    keys: NDArray[np.float32]
    first: NDArray[np.int64]

    def likeness(self, directions: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, q) cosines with q directions (q, dim) of unit length; the best passage speaks for its memory."""
        products = np.stack([self.keys @ direction for direction in directions], axis=1)  # faster than at once
        return products if len(products) == len(self.first) else np.maximum.reduceat(products, self.first, axis=0)

    def firsts(self) -> NDArray[np.float32]:
        """(n, dim) the first row of each memory."""
        return self.keys if len(self.keys) == len(self.first) else self.keys[self.first]
