"""Time zones, and whether people of this place write the month before the day."""

from __future__ import annotations

import os
from datetime import tzinfo


def zone_named(name: str | None) -> tzinfo | None:
    """The time zone of an IANA name; None: the system's.

    Raises:
        ValueError: there is no such zone.
    """
    if name is None:
        return None
    from zoneinfo import ZoneInfo  # most settings name none

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone") from error


def month_first_here() -> bool:
    """Whether the system's language is American English."""
    told = next((value for name in ("LC_ALL", "LC_TIME", "LANG") if (value := os.environ.get(name))), "")
    return told.startswith("en_US")
