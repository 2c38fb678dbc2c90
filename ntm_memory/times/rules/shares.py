"""Shares of a stretch of time: its halves, its thirds, its last day."""

from __future__ import annotations

import math
from datetime import timedelta

from ntm_memory.times.intervals import Span, add

_PLACES = {"early": 0, "begin": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}
_THIRDS = {"year": "month", "decade": "year", "century": "year", "half": "month", "season": "month", "quarter": "month"}
_EDGES_OF_YEARS = {"begin": (0, 1), "end": (10, 12), "middle": (5, 7)}


def last_day(span: Span) -> Span:
    """Its last day."""
    return Span(span.end - timedelta(days=1), span.end)


def third(span: Span, grain: str, edge: str) -> tuple[Span, str]:
    """A third of a stretch: of a month ten days, of a year four months; its end are its last two months."""
    place = _PLACES[edge]
    if grain == "year" and edge in _EDGES_OF_YEARS:
        first, last = (add(span.start, months, "month") for months in _EDGES_OF_YEARS[edge])
        return Span(first, last), "third"
    if grain == "month":
        first, last = (span.start + timedelta(days=10 * count) for count in (place, place + 1))
        return Span(first, last if place < 2 else span.end), "third"
    if grain in ("part", "day"):
        hours = timedelta(hours=math.ceil((span.end - span.start).total_seconds() / 10_800))
        starts = (span.start, span.start + (span.end - span.start - hours) / 2, span.end - hours)
        return Span(starts[place], starts[place] + hours), grain
    if grain in ("week", "weekend"):
        first, last = ((span.start + share * (span.end - span.start) / 7) for share in ((0, 2), (2, 4), (4, 7))[place])
        return Span(first, last), grain
    unit = _THIRDS.get(grain)
    if unit is None:
        return span, grain
    months = 12 * (span.end.year - span.start.year) + span.end.month - span.start.month
    size = months // 3 // (12 if unit == "year" else 1)
    first, last = (add(span.start, size * count, unit) for count in (place, place + 1))
    return Span(first, last if place < 2 else span.end), "third"


def one_half(span: Span, grain: str, half: int) -> tuple[Span, str]:
    """The first (1) or second half of a stretch."""
    if grain in ("month", "week"):
        middle = span.start + timedelta(days=15 if grain == "month" else 3)
    elif grain == "year":
        middle = add(span.start, 6, "month")
    elif grain == "decade":
        middle = add(span.start, 5, "year")
    else:
        middle = span.start + (span.end - span.start) / 2
    return (Span(span.start, middle) if half == 1 else Span(middle, span.end)), "half" if grain == "year" else "third"
