"""From when until when things happened, in a zone of time."""

from __future__ import annotations

from datetime import tzinfo

import numpy as np
from numpy.typing import NDArray

from ntm_memory.text.occurrence import MOMENT, may_be_a_day, on_the_wall, whole_day


def in_zone(
    start: NDArray[np.float64], end: NDArray[np.float64], is_days: NDArray[np.bool_], zone: tzinfo | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N,) from when until when things happened, unix seconds; see `text.occurrence.span`.

    Args:
        start: (N,) as in `text.occurrence.Kept`; NaN where nothing was told.
        end: (N,) likewise.
        is_days: (N,) likewise.
        zone: whose days are meant; None: the system's.
    """
    start, end = start.copy(), end.copy()
    told = np.flatnonzero(~np.isnan(start))
    if len(told):
        start[told], end[told] = _of_told(start[told], end[told], is_days[told], zone)
    return start, end


def _of_told(
    start: NDArray[np.float64], end: NDArray[np.float64], is_days: NDArray[np.bool_], zone: tzinfo | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    days, which = np.unique(np.concatenate([start[is_days], end[is_days]]), return_inverse=True)
    midnights = np.array([on_the_wall(float(day), zone) for day in days], dtype=np.float64)
    start[is_days], end[is_days] = midnights[which].reshape(2, -1)
    end[is_days] = np.maximum(end[is_days], start[is_days] + MOMENT)
    may_be = np.flatnonzero(~is_days & may_be_a_day(start))
    moments, which = np.unique(start[may_be], return_inverse=True)
    whole = [whole_day(float(moment), zone) or (np.nan, np.nan) for moment in moments]
    until = np.array(whole, dtype=np.float64).reshape(-1, 2)[which, 1]
    end[may_be] = np.where(np.isnan(until), end[may_be], until)
    return start, end
