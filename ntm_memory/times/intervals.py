"""Arithmetic of the calendar: whole units of time, in local wall-clock time.

Weeks start on Monday. Everything here is a `datetime` without a zone; `Frame` alone knows the zone.
"""

from __future__ import annotations

import calendar
import math
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone, tzinfo

GRAINS = tuple("minute hour part day weekend week third month season quarter half year decade century".split())
"""What a time may be as long as, the finest first; also the names of precisions."""
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FINENESS = {grain: place for place, grain in enumerate(GRAINS)}
_MONTHS = {"month": 1, "season": 3, "quarter": 3, "half": 6, "year": 12, "decade": 120, "century": 1200}
_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800, "fortnight": 1_209_600}


@dataclass(frozen=True)
class Span:
    """A stretch of local time [start, end)."""

    start: datetime
    end: datetime

    def holds(self, other: Span) -> bool:
        """Whether another one lies inside."""
        return self.start <= other.start and other.end <= self.end

    def later(self, by: timedelta) -> Span:
        """The same stretch, so much later."""
        return Span(self.start + by, self.end + by)


@dataclass(frozen=True)
class Frame:
    """What a time is told relative to.

    Args:
        now: the local time of telling.
        zone: of the place; None: the system's.
        past: whether a time without its year is the latest one not after now, else the next one; None: not told.
        month_first: whether 3/4 is 4 March.
    """

    now: datetime
    zone: tzinfo | None = None
    past: bool | None = None
    month_first: bool = False

    @staticmethod
    def at(seconds: float, zone: tzinfo | None) -> Frame:
        """The frame of a moment, in unix seconds.

        Raises:
            OverflowError: the moment lies before the year 1 or after 9999.
        """
        moment = _EPOCH + timedelta(seconds=seconds)
        with suppress(OSError):  # Windows knows the system's zone from 1970 on
            moment = moment.astimezone(zone)
        return Frame(moment.replace(tzinfo=None), zone)

    @property
    def today(self) -> datetime:
        """The midnight before now."""
        return floor(self.now, "day")

    def seconds(self, local: datetime) -> float:
        """Unix seconds of a local time."""
        try:
            return local.replace(tzinfo=self.zone).timestamp()
        except (OSError, OverflowError, ValueError):  # before 1970 on Windows; beside the years 1 and 9999
            return local.replace(tzinfo=timezone.utc).timestamp()

    @property
    def looks_back(self) -> bool:
        """Whether a time without its year is the latest one."""
        return self.past is not False

    def facing(self, now: datetime, *, past: bool) -> Frame:
        """The same place at another moment, looking back or ahead."""
        return replace(self, now=now, past=past)


def fineness(grain: str) -> int:
    """The place of a grain among all, 0 the finest."""
    return _FINENESS[grain]


def floor(moment: datetime, unit: str) -> datetime:
    """The start of the whole unit that holds a moment."""
    if unit in _MONTHS:
        months = _MONTHS[unit]
        return _month((12 * moment.year + moment.month - 1) // months * months)
    if unit == "minute":
        return moment.replace(second=0, microsecond=0)
    if unit == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday()) if unit in ("week", "fortnight") else day


def add(moment: datetime, count: float, unit: str) -> datetime:
    """A moment so many units later; of a month that is too short its last day; half a month is 15 days.

    Raises:
        OverflowError: there is no such year.
    """
    if unit not in _MONTHS:
        return moment + timedelta(seconds=_SECONDS[unit] * count)
    months = count * _MONTHS[unit]
    if abs(months) > 120_000:
        raise OverflowError(f"{count} {unit}")
    whole = math.trunc(months)
    first = _month(12 * moment.year + moment.month - 1 + whole)
    day = min(moment.day, calendar.monthrange(first.year, first.month)[1])
    return moment.replace(year=first.year, month=first.month, day=day) + timedelta(days=round(30 * (months - whole)))


def whole(moment: datetime, unit: str, count: float = 0) -> Span:
    """The whole unit so many after the one that holds a moment."""
    start = floor(add(floor(moment, unit), count, unit), unit)
    return Span(start, add(start, 1, unit))


def _month(number: int) -> datetime:
    if not 12 <= number < 120_000:
        raise OverflowError(f"there is no year {number // 12}")
    return datetime(number // 12, number % 12 + 1, 1)
