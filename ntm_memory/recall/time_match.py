"""How well each memory's own time, or one that it tells, fits the times told in a question."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ntm_memory.times.told import DAY, YEAR, Time

FADE_DAYS = 5.0
_INSTANT = 1.0
"""Seconds; the midnight at which a day ends is of the next one."""


def date_match(
    told: Sequence[Time], times: NDArray[np.float64], mentioned: NDArray[np.float64] | None = None
) -> NDArray[np.float32] | None:
    """(N,) how well each memory fits the best of some told times, 0–1; None where none is told.

    Args:
        told: in a question.
        times: (N,) unix seconds, when each happened, NaN where unknown.
        mentioned: (N, K, 3) times that each tells, as in `MemoryMatrix`.
    """
    if not told:
        return None
    fits: NDArray[np.float32] = np.max([time_fit(time, times) for time in told], axis=0)
    if mentioned is not None:
        fits = np.max([fits, *(mention_fit(time, mentioned) for time in told)], axis=0)
    return fits


def time_fit(told: Time, times: NDArray[np.float64]) -> NDArray[np.float32]:
    """(N,) 1 inside the interval, falling to 1/e `FADE_DAYS` outside; 0 where a time is NaN.

    Where no year was told it is that of every year, but for an open one: before May is before one May.
    """
    if told.yearly and not told.is_open:
        times = times - np.round((times - (told.start + told.end) / 2) / YEAR) * YEAR
    gap = np.maximum(np.maximum(told.start - times, times - (told.end - _INSTANT)), 0) / DAY
    return np.nan_to_num(np.exp(-gap / FADE_DAYS)).astype(np.float32)


def mention_fit(told: Time, mentioned: NDArray[np.float64]) -> NDArray[np.float32]:
    """(N,) how well the best time that each memory tells fits: less, the longer it is than what is asked for."""
    fits = np.zeros(mentioned.shape[:2])
    there = ~np.isnan(mentioned[..., 0])
    start, end, yearly = mentioned[there].T
    closed = np.isfinite(start) & np.isfinite(end)
    start, end, yearly = start[closed], end[closed], yearly[closed]
    if not told.is_open:
        away = np.round((start + end - told.start - told.end) / 2 / YEAR) * YEAR * np.maximum(yearly, told.yearly)
        start, end = start - away, end - away
    gap = np.maximum(np.maximum(told.start - (end - _INSTANT), start - (told.end - _INSTANT)), 0) / DAY
    share = np.minimum((told.end - told.start + DAY / 24) / (end - start), 1)
    found = np.zeros(int(there.sum()))
    found[closed] = np.exp(-gap / FADE_DAYS) * share
    fits[there] = found
    best: NDArray[np.float32] = fits.max(axis=1, initial=0).astype(np.float32)
    return best
