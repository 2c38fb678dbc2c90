"""Times that a memory tells, as they are kept beside it: a short JSON text, and the numbers that recall reads.

[[1683417600, 1683504000, 0], [1684540800, null, 0]] are 7 May 2023 and "after 19 May". The third number tells what kind
of time it is, the sum of `OF_EVERY_YEAR` and `BY_ITS_ENDS`.
"""

from __future__ import annotations

import json
import math
from datetime import tzinfo

from ntm_memory.times.finding import mentions
from ntm_memory.times.told import Time

OF_EVERY_YEAR, BY_ITS_ENDS = 1, 2
"""No year was told; it is a stretch of which both ends were told: "from 12 to 16 October"."""
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
    ends = [[*(None if math.isinf(end) else int(end) for end in (t.start, t.end)), _kind(t)] for t in told]
    return json.dumps(ends, separators=(",", ":")) if ends else None


def _kind(time: Time) -> int:
    return OF_EVERY_YEAR * time.yearly + BY_ITS_ENDS * time.is_stretch


def kept_intervals(kept: str | None) -> list[tuple[float, float, float]]:
    """`MOST_KEPT` of (start, end, kind), NaN where there is none; what is damaged tells none."""
    found: list[tuple[float, float, float]] = []
    try:
        for start, end, kind in json.loads(kept or "[]")[:MOST_KEPT]:
            first, last = -math.inf if start is None else float(start), math.inf if end is None else float(end)
            found.append((first, last, float(int(kind) & (OF_EVERY_YEAR | BY_ITS_ENDS))))
    except (ValueError, TypeError, RecursionError, OverflowError):
        found = []
    return found + [_NONE] * (MOST_KEPT - len(found))
