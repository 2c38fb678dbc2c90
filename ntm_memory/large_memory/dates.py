"""When the memories of a large memory happened and what times they tell, sorted: those near a told time are found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ntm_memory.store.records import MemoryMatrix
from ntm_memory.times.kept import OF_EVERY_YEAR
from ntm_memory.times.told import DAY, YEAR, Time

SHORT = 40 * DAY
"""What took no longer is found by its beginning; what took longer is always looked at."""
ELSEWHERE = 2 * DAY
"""So far a day may lie from itself: it was sorted where its owner was then."""
_MOST_YEARS = 200


@dataclass(frozen=True)
class Dates:
    """Stretches of time of n memories, sorted by their beginnings.

    Args:
        once: unix seconds, rising, of what has a year.
        once_of: which memory 0…n−1 each is of.
        yearly: the same of what memories tell without a year: it may be of any.
        yearly_of: likewise.
        long: memories with a stretch that is longer than `SHORT` or open, rising.
    """

    once: NDArray[np.float64]
    once_of: NDArray[np.int32]
    yearly: NDArray[np.float64]
    yearly_of: NDArray[np.int32]
    long: NDArray[np.int32]

    @classmethod
    def of(cls, slots: MemoryMatrix, index: NDArray[np.int64] | None = None) -> Dates:
        """Of some memories of a state, or of all, when each happened, and the times that it tells."""
        index = np.arange(len(slots)) if index is None else index
        began, until = slots.lasted(index)
        mentioned = slots.at("mentioned", index)
        telling = np.flatnonzero(~np.isnan(mentioned[:, 0, 0]))
        times = mentioned[telling]
        start = np.concatenate([began, times[..., 0].ravel()])
        end = np.concatenate([until, times[..., 1].ravel()])
        memory = np.concatenate([np.arange(len(index)), np.repeat(telling, times.shape[1])]).astype(np.int32)
        yearly = np.concatenate([np.zeros(len(index), dtype=bool), (times[..., 2] % 2 == OF_EVERY_YEAR).ravel()])
        known, is_long = ~np.isnan(start), ~(end - start <= SHORT)
        once, of_each = (np.flatnonzero(known & ~is_long & kind) for kind in (~yearly, yearly))
        once, of_each = (each[np.argsort(start[each], kind="stable")] for each in (once, of_each))
        long = np.unique(memory[known & is_long])
        return cls(start[once], memory[once], start[of_each], memory[of_each], long)

    def near(self, told: Time, few: int) -> NDArray[np.int64]:
        """Memories, rising, among which is all that is of a told time, and the next few before and after it.

        Args:
            told: in a question; where it tells no year, of every year.
            few: so many on each side.
        """
        once = _ranges(self.once, self.once_of, told, few, every_year=told.yearly)
        yearly = _ranges(self.yearly, self.yearly_of, told, few, every_year=True)
        return np.unique(np.concatenate([self.long, *once, *yearly])).astype(np.int64)


def _ranges(
    start: NDArray[np.float64], memory: NDArray[np.int32], told: Time, few: int, *, every_year: bool
) -> list[NDArray[np.int32]]:
    """The memories around a told time, or around it in all years of memories."""
    if not len(start):
        return []
    years = np.zeros(1)
    if every_year and not told.is_open:
        first, last = np.round((start[[0, -1]] - told.start) / YEAR)
        years = np.arange(max(first - 1, -_MOST_YEARS), min(last + 1, _MOST_YEARS) + 1) * YEAR
    begins = np.searchsorted(start, told.start + years - SHORT - ELSEWHERE)
    ends = np.searchsorted(start, told.end + years + ELSEWHERE)
    return [memory[max(one - few, 0) : other + few] for one, other in zip(begins.tolist(), ends.tolist(), strict=True)]
