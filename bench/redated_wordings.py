"""Wordings of bench/wordings with another time in place of the one they tell, often one in digits.

"What happened on 20261118?" asks for the same as "What happened on the 12th?". Only training sees what is made.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from bench.asked_wordings import Line, fold_of, wants_of

FORMS = ("%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%y", "%m/%d/%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m")
DAYS = ("on", "from", "for")
"""English words after which a day stands in digits."""
FIRST, LAST = date(2019, 1, 1), date(2027, 12, 31)


def redated_lines(lines: Sequence[Mapping[str, Any]], seed: int = 0) -> list[Line]:
    """Questions {"question", "times", "wants"} that tell one time, with a time of another and with one in digits."""
    rng = random.Random(seed)
    dated = [line for line in lines if len(line.get("times", ())) == 1]
    pools: dict[tuple[Any, ...], list[str]] = {}
    for line in dated:
        pools.setdefault(_pool_of(line), []).append(line["times"][0])
    made = []
    for line in dated:
        text, told = line["question"], line["times"][0]
        for other in (rng.choice(pools[_pool_of(line)]), _in_digits(line, rng)):
            if other is not None and other != told:
                changed = text.replace(told, other, 1)
                made.append(Line(text, changed, 0, wants_of(line["wants"]), None, text, "redated"))
    return made


def _pool_of(line: Mapping[str, Any]) -> tuple[Any, ...]:
    """Times of one pool can stand for each other: with the same word before them, held back together."""
    opening = line["times"][0].split()[0].lower() if line["language"] == "en" else ""
    return line["language"], fold_of(line["question"]), opening if opening in (*DAYS, "in", "of", "since") else ""


def _in_digits(line: Mapping[str, Any], rng: random.Random) -> str | None:
    """A day in digits for a time before which the same can stand; None: there is none."""
    day = FIRST + timedelta(days=rng.randrange((LAST - FIRST).days))
    told = day.strftime(rng.choice(FORMS))
    if line["language"] != "en":
        return told
    opening = line["times"][0].split()[0]
    return f"{opening} {told}" if opening.lower() in DAYS else None
