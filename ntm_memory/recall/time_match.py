"""How well each memory's own time fits the times told in a question."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ntm_memory.times.told import DAY, YEAR, Time

FADE_DAYS = 5.0


def date_match(told: Sequence[Time], times: NDArray[np.float64]) -> NDArray[np.float32] | None:
    """(N,) how well each time fits the best of some told ones, 0–1; None where none is told.

    Args:
        told: in a question.
        times: (N,) unix seconds, NaN where unknown.
    """
    if not told:
        return None
    fits: NDArray[np.float32] = np.max([time_fit(time, times) for time in told], axis=0)
    return fits


def time_fit(told: Time, times: NDArray[np.float64]) -> NDArray[np.float32]:
    """(N,) 1 inside the interval, falling to 1/e `FADE_DAYS` outside; 0 where a time is NaN.

    Where no year was told it is that of every year, but for an open one: before May is before one May.
    """
    if told.yearly and not told.is_open:
        times = times - np.round((times - (told.start + told.end) / 2) / YEAR) * YEAR
    gap = np.maximum(np.maximum(told.start - times, times - told.end), 0) / DAY
    return np.nan_to_num(np.exp(-gap / FADE_DAYS)).astype(np.float32)
