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
_MOST_YEARS = 200


Starts = tuple[NDArray[np.float64], NDArray[np.int64]]


@dataclass(frozen=True)
class Dates:
    """Stretches of time, sorted by their beginnings.

    Args:
        once: (unix seconds, rising; which memory 0…N−1 each is of) of what has a year.
        yearly: the same of what memories tell without a year: it may be of any.
        long: (L,) int64, memories with a stretch that is longer than `SHORT` or open.
    """

    once: Starts
    yearly: Starts
    long: NDArray[np.int64]

    @classmethod
    def of(cls, slots: MemoryMatrix) -> Dates:
        """Of all memories when each happened, and the times that it tells."""
        telling = np.flatnonzero(~np.isnan(slots.mentioned[:, 0, 0]))
        told = slots.mentioned[telling]
        start = np.concatenate([slots.happened, told[..., 0].ravel()])
        end = np.concatenate([slots.over, told[..., 1].ravel()])
        memory = np.concatenate([np.arange(len(slots)), np.repeat(telling, told.shape[1])])
        yearly = np.concatenate([np.zeros(len(slots), dtype=bool), (told[..., 2] % 2 == OF_EVERY_YEAR).ravel()])
        known, is_long = ~np.isnan(start), ~(end - start <= SHORT)
        once, of_each = (known & ~is_long & kind for kind in (~yearly, yearly))
        long = np.unique(memory[known & is_long])
        return cls(_sorted(start[once], memory[once]), _sorted(start[of_each], memory[of_each]), long)

    def near(self, told: Time, few: int) -> NDArray[np.int64]:
        """Memories, rising, among which is all that is of a told time, and the next few before and after it.

        Args:
            told: in a question; where it tells no year, of every year.
            few: so many on each side.
        """
        found = [self.long, *_ranges(self.once, told, few, every_year=told.yearly)]
        return np.unique(np.concatenate([*found, *_ranges(self.yearly, told, few, every_year=True)]))


def _sorted(start: NDArray[np.float64], memory: NDArray[np.int64]) -> Starts:
    order = np.argsort(start, kind="stable")
    return start[order], memory[order]


def _ranges(starts: Starts, told: Time, few: int, *, every_year: bool) -> list[NDArray[np.int64]]:
    """The memories around a told time, or around it in all years of memories."""
    start, memory = starts
    if not len(start):
        return []
    years = np.zeros(1)
    if every_year and not told.is_open:
        first, last = np.round((start[[0, -1]] - told.start) / YEAR)
        years = np.arange(max(first - 1, -_MOST_YEARS), min(last + 1, _MOST_YEARS) + 1) * YEAR
    begins = np.searchsorted(start, told.start + years - SHORT)
    ends = np.searchsorted(start, told.end + years)
    return [memory[max(one - few, 0) : other + few] for one, other in zip(begins.tolist(), ends.tolist(), strict=True)]
