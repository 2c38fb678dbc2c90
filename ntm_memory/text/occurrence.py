"""When something happened: a moment, or days that keep their names wherever they are read.

`occurred_at` holds a moment in UTC, or a day, a month, a year or a stretch of days without a zone: 2026-05-08,
2026-05, 2026, 2026-05-08/2026-05-12. Days begin and end at the midnights of whoever reads them. A moment that is such
a midnight is its whole day: what was told for a day was once kept so.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from ntm_memory.text.iso_time import is_period, parse_time, period_ends
from ntm_memory.times.intervals import Frame, floor

MOMENT = 1e-6
"""Seconds that a moment takes, so that it is an interval [start, end) as well."""
SHORTEST_DAY = 22 * 3_600.0
"""Seconds; what is asked for is hours of a day if it is shorter: days have 23 to 25 hours."""
_QUARTER = 900
"""Seconds; zones are whole quarters of an hour off UTC."""
_EPOCH = datetime(1970, 1, 1)
_DAY = timedelta(days=1)


class Kept(NamedTuple):
    """What `occurred_at` says, of no zone yet.

    Args:
        start, end: seconds since 1970 [start, end): of a moment those of UTC, of days those of the clock on the wall.
        is_days: whether it is days.
    """

    start: float
    end: float
    is_days: bool


def kept(iso: str) -> Kept:
    """What a text says that is kept as `occurred_at` or as another time.

    Raises:
        ValueError, OverflowError: it is no ISO 8601 time.
    """
    if is_period(iso):
        start, end = ((day - _EPOCH).total_seconds() for day in period_ends(iso))
        return Kept(start, end, True)
    seconds = parse_time(iso).timestamp()
    return Kept(seconds, seconds + MOMENT, False)


def span(iso: str, zone: tzinfo | None) -> tuple[float, float]:
    """From when until when something happened, unix seconds [start, end).

    Args:
        iso: as it is kept.
        zone: whose days are meant; None: the system's.

    Raises:
        ValueError, OverflowError: it is no ISO 8601 time.
    """
    start, end, is_days = kept(iso)
    if is_days:
        first = on_the_wall(start, zone)
        return first, max(on_the_wall(end, zone), first + MOMENT)
    return whole_day(start, zone) or (start, end)


def is_of(start: Any, end: Any, since: float | None, until: float | None) -> Any:
    """Whether what happened is of a time that is asked for: whether the two have a moment in common.

    Of some hours of a day is what is known only to the day where they begin in it: last night is of yesterday.

    Args:
        start, end: unix seconds, or arrays of them, from when until when it happened [start, end).
        since, until: the same of what is asked for; None where it is open.
    """
    first, last = -math.inf if since is None else since, math.inf if until is None else until
    common = (start < last) & (end > first)
    return common & ((start <= first) | (end - start <= last - first)) if last - first < SHORTEST_DAY else common


def middle(iso: str, zone: tzinfo | None) -> float:
    """A moment of what happened, unix seconds: what "yesterday" counts from in what is told of it.

    Raises:
        ValueError, OverflowError: it is no ISO 8601 time.
    """
    start, end = span(iso, zone)
    return start if end - start <= MOMENT else (start + end) / 2


def on_the_wall(seconds: float, zone: tzinfo | None) -> float:
    """Unix seconds of the moment at which a clock on the wall shows so many seconds since 1970."""
    return Frame(_EPOCH, zone).seconds(_EPOCH + timedelta(seconds=seconds))


def may_be_a_day(seconds: float) -> bool:
    """Whether a moment can be a midnight anywhere: cheaper to ask than `whole_day`."""
    return seconds % _QUARTER == 0


def whole_day(seconds: float, zone: tzinfo | None) -> tuple[float, float] | None:
    """The day of which a moment is the local midnight; None where it is another one."""
    if not may_be_a_day(seconds):
        return None
    try:
        frame = Frame.at(seconds, zone)
        day = floor(frame.now, "day")
        return (seconds, frame.seconds(day + _DAY)) if frame.seconds(day) == seconds else None
    except (OverflowError, ValueError):
        return None
