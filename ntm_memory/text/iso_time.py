"""ISO 8601 times: one way to read them, two ways to write them, always in UTC."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo

from ntm_memory.errors import BadValueError

_PERIOD = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2]))?|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:/[0-9]{4}-[0-9]{2}-[0-9]{2})?")


def is_period(iso: str) -> bool:
    """Whether a text is a year, a month, a day or a stretch of days: 2026, 2026-11, 2026-11-16/2026-11-22."""
    if _PERIOD.fullmatch(iso) is None:
        return False
    try:
        first, end = period_ends(iso)
    except (ValueError, OverflowError):
        return False
    return first < end


def period_ends(iso: str) -> tuple[datetime, datetime]:
    """The first midnight of a period and the one after it, without a zone.

    Raises:
        ValueError, OverflowError: there is no such period.
    """
    if len(iso) >= len("2026-11-16"):
        first, last = datetime.fromisoformat(iso[:10]), datetime.fromisoformat(iso[-10:])
        return first, last + timedelta(days=1) if last.date() < date.max else datetime.max.replace(microsecond=0)
    start = datetime(int(iso[:4]), int(iso[5:] or 1), 1)
    longest = timedelta(days=31 if len(iso) == len("2026-11") else 366)
    return start, (start + longest).replace(day=1)


def parse_time(iso: str, zone: tzinfo | None = timezone.utc) -> datetime:
    """The moment that a text names, in its own zone, a date as its midnight.

    Args:
        iso: the text.
        zone: whose time it is where it names no zone; None: the system's, and the answer has none.

    Raises:
        ValueError: it is not an ISO 8601 time.
    """
    time = datetime.fromisoformat(iso.replace("Z", "+00:00"))  # Python 3.10 reads no "Z"
    return time.replace(tzinfo=zone) if time.tzinfo is None else time


def unix_seconds(iso: str) -> float:
    """Seconds since 1970 of an ISO 8601 time; of a date its midnight in UTC.

    Raises:
        ValueError: it is not one, or a month, a year or a stretch of days.
    """
    return parse_time(iso).timestamp()


def to_iso(seconds: float) -> str:
    """Seconds since 1970 with microseconds, always equally long, so that times compare as texts."""
    time = datetime.fromtimestamp(seconds, timezone.utc)
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")  # strftime writes the year 1 as 1


def to_whole_seconds(iso: str) -> str:
    """A time as a person would tell it: in UTC, without the fraction of its second.

    Raises:
        ValueError: it is not an ISO 8601 time.
        OverflowError: in UTC it lies before the year 1 or after 9999.
    """
    time = parse_time(iso).astimezone(timezone.utc)
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def in_full(iso: str) -> str:
    """A time of any ISO 8601 form in the form of `to_iso`.

    Raises:
        BadValueError: it is not an ISO 8601 time.
    """
    try:
        return to_iso(unix_seconds(iso))
    except (ValueError, OverflowError) as error:
        raise BadValueError(f"{iso!r} is not an ISO 8601 time", "e.g. 2026-05-08T13:56:00Z") from error
