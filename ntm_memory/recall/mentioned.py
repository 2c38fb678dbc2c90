"""Which memories tell of a time that is asked for, by the times that are kept beside them: `MemoryMatrix.mentioned`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import tzinfo

import numpy as np
from numpy.typing import NDArray

from ntm_memory.store.records import MemoryMatrix
from ntm_memory.text.occurrence import is_of
from ntm_memory.times.intervals import Frame, add
from ntm_memory.times.kept import BY_ITS_ENDS, OF_EVERY_YEAR
from ntm_memory.times.told import DAY, HOUR, YEAR, Time

LONGEST_MONTH = 31 * DAY + HOUR
MOST_PARTS = 31
"""A stretch that is told by its ends is of each so small a part of it: of its days where it is a month at most."""


def is_short(told: Time) -> bool:
    """Whether a told time is a month at most: of longer ones what comes every year is not asked for."""
    return told.end - told.start <= LONGEST_MONTH


def longest_telling(asked: float, kinds: NDArray[np.float64], *, wide: bool = True) -> NDArray[np.float64]:
    """How long a told time may be, to be of a time that is asked for: not much longer, but for two ends that are told.

    Args:
        asked: seconds that are asked for.
        kinds: of the told times.
        wide: whether two ends may be months apart.
    """
    by_ends = MOST_PARTS * asked if wide else max(asked, LONGEST_MONTH)
    longest: NDArray[np.float64] = np.where(kinds >= BY_ITS_ENDS, by_ends, asked) + HOUR
    return longest


def tells_of(slots: MemoryMatrix, time: Time, *, wide: bool = True) -> NDArray[np.bool_]:
    """(N, K) which told times are of a time that is asked for: none that is much longer than it or a day.

    Of a time with an open end, or of more than a month, is what lies in it as a whole; "this year" is not of "after 20
    November".
    """
    start, end, kinds = (slots.mentioned[..., part] for part in range(3))
    there: NDArray[np.bool_] = np.isfinite(start) & np.isfinite(end) & is_of(start, end, time.start, time.end)
    if time.is_open or not is_short(time):
        return there & (start >= time.start) & (end <= time.end)
    return there & (end - start <= longest_telling(max(time.end - time.start, DAY), kinds, wide=wide))


def every_year(slots: MemoryMatrix) -> NDArray[np.bool_]:
    """(N, K) which told times are of every year: no year was told, and nothing says when the memory happened."""
    of_each: NDArray[np.bool_] = (slots.mentioned[..., 2] % 2 == OF_EVERY_YEAR) & np.isnan(slots.occurred)[:, None]
    return of_each


def telling(slots: MemoryMatrix, times: Sequence[Time], zone: tzinfo | None, *, wide: bool = True) -> NDArray[np.bool_]:
    """(N,) which memories tell in their words one of some times.

    A date without a year is of every year for a question of a month at most, if nothing says when the memory happened.
    """
    told = [tells_of(slots, time, wide=wide) for time in times]
    of_each = every_year(slots)
    if of_each.any():
        short = [time for time in times if is_short(time)]
        others = [each for time in short for each in years_of(time, slots.mentioned[of_each][:, 0], zone)]
        told += [of_each & tells_of(slots, other) for other in others]
    there: NDArray[np.bool_] = np.any(told, axis=(0, 2))
    return there


def telling_of_filter(
    slots: MemoryMatrix,
    since: float | None,
    until: float | None,
    zone: tzinfo | None,
) -> NDArray[np.bool_]:
    """(N,) which memories tell of the time by which is filtered; of one with an open end none.

    By "after yesterday" what is new is looked for; all that is told of what comes would stand among it.
    """
    if since is None or until is None:
        return np.zeros(len(slots), dtype=bool)
    return telling(slots, [Time(since, until, "between")], zone)


def years_of(time: Time, moments: NDArray[np.float64], zone: tzinfo | None) -> list[Time]:
    """A time as it is in the years, by the calendar, around some moments."""
    start, end = (Frame.at(seconds, zone) for seconds in (time.start, time.end))
    years = np.unique(np.round((moments[np.isfinite(moments)] - time.start) / YEAR)).astype(int).tolist()
    found = []
    for away in sorted({year + beside for year in years for beside in (-1, 0, 1)}):
        with suppress(OverflowError, ValueError):
            first, last = (frame.seconds(add(frame.now, away, "year")) for frame in (start, end))
            found.append(replace(time, start=first, end=last, yearly=False))
    return found
