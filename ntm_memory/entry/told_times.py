"""Times that people type: for filters, and for when something happened."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta, timezone, tzinfo
from typing import Any, NamedTuple

from ntm_memory.errors import BadValueError, shown
from ntm_memory.text.iso_time import is_period, parse_time, period_ends, to_whole_seconds
from ntm_memory.times.finding import read_time
from ntm_memory.times.intervals import Frame
from ntm_memory.times.told import Time

EXAMPLES = "e.g. yesterday, 'last March', 2026-11, '3 weeks ago', 2026-05-08, 2026-05-08T13:56:00Z"
_LENGTHS = {len("2026"): "year", len("2026-11"): "month", len("2026-11-16"): "day"}
OF_A_DAY = ("minute", "hour", "part")


class Here(NamedTuple):
    """When and where a time is typed.

    Args:
        now: unix seconds.
        zone: whose days are meant; None: the system's.
    """

    now: float
    zone: tzinfo | None


NOWHERE = Here(0.0, timezone.utc)
"""Where only ISO 8601 is read, and what has no zone is in UTC: for records that programs wrote."""


def checked_time(field: str, value: Any, here: Here = NOWHERE) -> str | None:
    """The start of a told time, ISO 8601 in UTC.

    Raises:
        BadValueError: it is no time.
    """
    told = _checked(field, value, here)
    return None if told is None else _iso(field, value, told.start)


def checked_when(field: str, value: Any, here: Here = NOWHERE) -> str | None:
    """When something happened: a moment in UTC, or days without a zone: "2026-11-16", "2026-11-16/2026-11-22", "2026-11".

    Raises:
        BadValueError: it is no time, or an open one.
    """
    if isinstance(value, str) and is_period(value.strip()):
        return value.strip()
    told = _checked(field, value, here)
    if told is None or told.precision in OF_A_DAY and told.direction in ("on", "about"):
        return None if told is None else _iso(field, value, told.start)
    if told.is_open:
        raise BadValueError(f"{field} is {shown(value)}, which does not say from when until when", EXAMPLES)
    first, end = (Frame.at(seconds, here.zone).now for seconds in (told.start, told.end))
    if told.precision in ("month", "year") and told.direction == "on":
        return f"{first:%Y-%m}" if told.precision == "month" else f"{first:%Y}"
    days = [day.date().isoformat() for day in (first, max(first, end - timedelta(seconds=1)))]
    return days[0] if days[0] == days[1] else "/".join(days)


def checked_range(told: Mapping[str, Any], here: Here = NOWHERE) -> tuple[str | None, str | None]:
    """(after, before) of the options after, before, on and between: what happened then or later, and earlier.

    Raises:
        BadValueError: one of them is no time.
    """
    starts = [checked_time("after", told.get("after"), here)]
    ends = [checked_time("before", told.get("before"), here)]
    for name in ("on", "between"):
        interval = _between(told.get(name), here) if name == "between" else _checked(name, told.get(name), here)
        if interval is not None:
            starts.append(None if math.isinf(interval.start) else _iso(name, told[name], interval.start))
            ends.append(None if math.isinf(interval.end) else _iso(name, told[name], interval.end))
    return max(filter(None, starts), default=None), min(filter(None, ends), default=None)


def _between(value: Any, here: Here) -> Time | None:
    """From the start of one time to the end of another; or a text that tells both."""
    if value is None or isinstance(value, str):
        return _checked("between", value and f"between {value}", here)
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise BadValueError(f"between is {shown(value)}, expected two times", "e.g. March 'May 2026'")
    first, last = (_checked("between", each, here) for each in value)
    if first is None or last is None or first.start >= last.end:
        raise BadValueError(f"between is {shown(value)}, expected an earlier and a later time", "e.g. March 'May 2026'")
    return replace(first, end=last.end, direction="between")


def _checked(field: str, value: Any, here: Here) -> Time | None:
    """What a value tells; None for nothing."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, (str, int, float, date)):  # YAML gives dates; a list may be endless when written out
        raise _no_time(field, value, here)
    text = str(value).strip()
    try:
        return _iso_time(text, here)
    except (ValueError, OverflowError):
        told = None if here is NOWHERE else read_time(text[:200], here.now, here.zone)
    if told is None:
        raise _no_time(field, value, here)
    return told


def _iso_time(text: str, here: Here) -> Time:
    """A moment, day, month, year or stretch of days of ISO 8601; what has no zone is local."""
    with suppress(ValueError):  # 20260508
        text = date.fromisoformat(text).isoformat()
    if is_period(text):
        first, end = map(Frame.at(here.now, here.zone).seconds, period_ends(text))
        return Time(first, end, precision=_LENGTHS.get(len(text), "week"))
    start = parse_time(text, here.zone).astimezone(timezone.utc).timestamp()
    return Time(start, start + 1.0, precision="minute")


def _iso(field: str, value: Any, seconds: float) -> str:
    try:
        return to_whole_seconds(Frame.at(seconds, timezone.utc).now.isoformat())
    except (ValueError, OverflowError) as error:
        raise BadValueError(f"{field} is {shown(value)}, expected a time that starts", EXAMPLES) from error


def _no_time(field: str, value: Any, here: Here) -> BadValueError:
    if here is NOWHERE:
        return BadValueError(f"{field} is {shown(value)}, expected an ISO 8601 time", "e.g. 2026-05-08T13:56:00")
    return BadValueError(f"{field} is {shown(value)}, expected a time", EXAMPLES)
