"""Where a person's days begin, and in which order they write day and month."""

from __future__ import annotations

import os
from datetime import datetime, timezone, tzinfo

_shown: tzinfo | None = None


def month_first_here() -> bool:
    """Whether the system's language puts the month first: American English, Chinese, Japanese, Korean."""
    told = next((value for name in ("LC_ALL", "LC_TIME", "LANG") if (value := os.environ.get(name))), "")
    return told.startswith(("en_US", "zh", "ja", "ko"))


def show_days_of(zone: tzinfo | None) -> None:
    """Print days as they are in this zone from now on, in the whole process; None: the system's."""
    global _shown
    _shown = zone


def local_day(iso: str) -> str:
    """The day of an ISO 8601 time as it is printed; a period ("2026-11") as it stands."""
    if "T" not in iso:
        return iso
    try:
        moment = datetime.fromisoformat(iso.replace("Z", "+00:00"))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return aware.astimezone(_shown).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return iso[:10]
