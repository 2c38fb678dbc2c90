"""ISO 8601 times: one way to read them, two ways to write them, always in UTC."""

from __future__ import annotations

from datetime import datetime, timezone

from ntm_memory.errors import BadValueError


def parse_time(iso: str) -> datetime:
    """The moment that a text names, in its own zone; without one it is taken as UTC, a date as its midnight.

    Raises:
        ValueError: it is not an ISO 8601 time.
    """
    time = datetime.fromisoformat(iso.replace("Z", "+00:00"))  # Python 3.10 reads no "Z"
    return time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time


def unix_seconds(iso: str) -> float:
    """Seconds since 1970 of an ISO 8601 time.

    Raises:
        ValueError: it is not one.
    """
    return parse_time(iso).timestamp()


def to_iso(seconds: float) -> str:
    """Seconds since 1970 with microseconds, always equally long, so that times compare as texts."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


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
