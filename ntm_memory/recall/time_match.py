"""How well each memory's own time, or one that it tells, fits the times told in a question."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.mentioned import is_short, longest_telling
from ntm_memory.times.told import DAY, YEAR, Time

FADE_DAYS = 5.0
"""How fast the evidence fades of what happened at other times; what is of a time is decided by `is_of`."""


def date_match(
    told: Sequence[Time],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    mentioned: NDArray[np.float64] | None = None,
) -> NDArray[np.float32] | None:
    """(N,) how well each memory fits the best of some told times, 0–1; None where none is told.

    Args:
        told: in a question.
        start: (N,) unix seconds, when each began to happen, NaN where unknown.
        end: (N,) until when it happened.
        mentioned: (N, K, 3) times that each tells, as in `MemoryMatrix`.
    """
    if not told:
        return None
    fits: NDArray[np.float32] = np.max([time_fit(time, start, end) for time in told], axis=0)
    if mentioned is not None:
        fits = np.max([fits, *(mention_fit(time, mentioned) for time in told)], axis=0)
    return fits


def time_fit(told: Time, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float32]:
    """(N,) 1 where what happened is of a told time, less the farther away it is; 0 where a time is NaN.

    Where no year was told it is that of every year, but for an open one: before May is before one May.
    """
    if told.yearly and not told.is_open:
        away = np.round((start + end - told.start - told.end) / 2 / YEAR) * YEAR
        start, end = start - away, end - away
    return np.nan_to_num(_nearness(told, start, end)).astype(np.float32)


def mention_fit(told: Time, mentioned: NDArray[np.float64]) -> NDArray[np.float32]:
    """(N,) how well the best time that each memory tells fits: less, the longer it is than what is asked for."""
    fits = np.zeros(mentioned.shape[:2])
    there = ~np.isnan(mentioned[..., 0])
    start, end, kinds = mentioned[there].T
    closed = np.isfinite(start) & np.isfinite(end)
    if told.is_open:
        closed &= (start >= told.start) & (end <= told.end) | (start >= told.end) | (end <= told.start)
    start, end, kinds = start[closed], end[closed], kinds[closed]
    if not told.is_open:
        of_any = np.maximum(kinds % 2 * is_short(told), told.yearly)
        away = np.round((start + end - told.start - told.end) / 2 / YEAR) * YEAR * of_any
        start, end = start - away, end - away
    share = np.minimum(longest_telling(told.end - told.start, kinds) / (end - start), 1)
    found = np.zeros(int(there.sum()))
    found[closed] = _nearness(told, start, end) * share
    fits[there] = found
    best: NDArray[np.float32] = fits.max(axis=1, initial=0).astype(np.float32)
    return best


def _nearness(told: Time, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 for what has a moment in common with a told time; what ends where it begins is a day away."""
    away = 1 + np.maximum(told.start - end, start - told.end) / DAY
    apart = (start >= told.end) | (end <= told.start)
    return np.where(np.isnan(away), np.nan, np.exp(-np.where(apart, away, 0) / FADE_DAYS))
