"""Times that a memory tells, as they are kept beside it: a short JSON text, and the numbers that recall reads.

[[1683417600, 1683504000, 0], [1684540800, null, 0]] are 7 May 2023 and "since 20 May"; 1: of every year.
"""

from __future__ import annotations

import json
import math
from datetime import tzinfo

from ntm_memory.times.finding import mentions

MOST_KEPT = 6
"""Of one memory; later ones are left out."""
_MOST_READ = 20_000
"""So many characters of a text are looked at."""
_NONE = (math.nan, math.nan, 0.0)


def kept_times(text: str, moment: float, zone: tzinfo | None = None) -> str | None:
    """What is kept of the times that a memory tells; None where it tells none.

    Args:
        text: what it says.
        moment: unix seconds, when it happened or was written: what "yesterday" counts from.
        zone: whose days are meant; None: the system's.
    """
    told = mentions(text[:_MOST_READ], moment, zone)[:MOST_KEPT]
    ends = [[*(None if math.isinf(end) else int(end) for end in (t.start, t.end)), int(t.yearly)] for t in told]
    return json.dumps(ends, separators=(",", ":")) if ends else None


def kept_intervals(kept: str | None) -> list[tuple[float, float, float]]:
    """`MOST_KEPT` of (start, end, whether of every year), NaN where there is none; what is damaged tells none."""
    found: list[tuple[float, float, float]] = []
    try:
        for start, end, yearly in json.loads(kept or "[]")[:MOST_KEPT]:
            first, last = -math.inf if start is None else float(start), math.inf if end is None else float(end)
            found.append((first, last, float(bool(yearly))))
    except (ValueError, TypeError, RecursionError, OverflowError):
        found = []
    return found + [_NONE] * (MOST_KEPT - len(found))
