"""Which entry of what is kept is which memory: told by the few that changed, in no table of all.

An entry is a memory as it was told once. The first E entries were the memories of one state, in their order; what was
written since came behind them. Of the first ones some are gone; the others have kept their order, whatever was put
between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.slots.columns import places_among

Numbers = NDArray[np.int64]


def unrank(taken: Numbers, rank: NDArray[Any]) -> Numbers:
    """The numbers 0, 1, 2 … that are left once some are taken: those with some ranks.

    Args:
        taken: (t,) rising.
        rank: (…) ≥ 0.
    """
    left: Numbers = rank + np.searchsorted(taken - np.arange(len(taken)), rank, side="right")
    return left


@dataclass(frozen=True)
class Entries:
    """The memories 0…N−1 of one state as entries.

    Args:
        first: E.
        gone: (g,) int64 rising, which of the first entries are no memories any more.
        memory: (a,) int64 rising, the memories that are none of the first entries.
        entry: (a,) int64, which entry each of these is.
    """

    first: int
    gone: Numbers
    memory: Numbers
    entry: Numbers

    def __len__(self) -> int:
        return self.first - len(self.gone) + len(self.memory)

    @cached_property
    def are_memories(self) -> bool:
        """Whether entries are memories, in the same order: memories were only added."""
        new = self.first + np.arange(len(self.memory))
        return not len(self.gone) and np.array_equal(self.memory, new) and np.array_equal(self.entry, new)

    def memories(self, entries: NDArray[np.integer]) -> Numbers:
        """(…) the memory of each of some entries, −1 where there is none any more."""
        asked = entries.astype(np.int64)
        if self.are_memories:
            return np.where(asked < len(self), asked, -1)
        rank = asked - np.searchsorted(self.gone, asked)
        found = unrank(self.memory, np.minimum(rank, self.first))
        found[places_among(asked, self.gone) >= 0] = -1
        later = asked >= self.first
        if later.any():
            at = places_among(asked[later], self._by_entry[0])
            found[later] = np.where(at < 0, -1, self._by_entry[1][at]) if len(self.entry) else -1
        return found

    def entries(self, memories: Numbers) -> Numbers:
        """(…) the entry of each of some memories."""
        if self.are_memories:
            return memories
        rank = memories - np.searchsorted(self.memory, memories)
        found = unrank(self.gone, rank)
        at = places_among(memories, self.memory)
        return np.where(at < 0, found, self.entry[at]) if len(self.entry) else found

    @cached_property
    def _by_entry(self) -> tuple[Numbers, Numbers]:
        order = np.argsort(self.entry)
        return self.entry[order], self.memory[order]
