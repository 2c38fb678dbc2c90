"""What the other rooms ask of this one."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import TYPE_CHECKING

from ntm_memory.times.lexicon import month_comes_first, opened
from ntm_memory.times.told import DAY, YEAR, Time
from ntm_memory.times.zones import month_first_here

if TYPE_CHECKING:
    from ntm_memory.times.cursor import Cursor

_SENTENCE_END = re.compile(r"[!?;。！？；\n]|(?P<word>\b[^\W\d_]+)?(?<!\d)\.(?=\s+[^\s\da-z])")
_SHORTENED = 3
"""A word with a capital and so many characters may be a shortened one."""


def find_times(text: str, now: float, zone: tzinfo | None = None, *, month_first: bool | None = None) -> list[Time]:
    """The times that a text tells, in their order; what cannot be made sense of is left out.

    A time without its year is the latest one not after now; the next one in a sentence that speaks of what will be.

    Args:
        text: a question or a note.
        now: unix seconds, when it is told: what "last week" counts from.
        zone: where; None: the system's.
        month_first: whether 3/4 is 4 March, where the text's language does not say; None: as the system's does.
    """
    cursor = _cursor(text, now, zone, month_first)
    if cursor is None:
        return []
    from ntm_memory.times.expressions import times_of

    return times_of(cursor)


def narrowest(times: Sequence[Time]) -> list[Time]:
    """Of nested times the narrowest, each once: "in 2023, on 8 May" is the day; a month is of the year beside it.

    Args:
        times: what a text tells.
    """
    times = _in_their_year(times)
    return [
        time
        for place, time in enumerate(times)
        if not any(
            time.holds(other) and (not other.holds(time) or i < place) for i, other in enumerate(times) if i != place
        )
    ]


def _in_their_year(times: Sequence[Time]) -> Sequence[Time]:
    """Those without a year in the one that alone is told beside them: "in May, I think; it was last year"."""
    years = [time for time in times if time.precision == "year" and not time.is_open]
    if len(years) != 1:
        return times
    middle, moved = (years[0].start + years[0].end) / 2, []
    for time in times:
        away = (
            round((middle - (time.start + time.end) / 2) / YEAR) * 365 * DAY
            if time.yearly and not time.is_open
            else 0.0
        )
        moved.append(replace(time, start=time.start + away, end=time.end + away, yearly=False) if time.yearly else time)
    return moved


def mentions(text: str, moment: float, zone: tzinfo | None = None) -> list[Time]:
    """The times that a memory tells, relative to its own moment."""
    told = find_times(text, moment, zone)
    closed = narrowest([time for time in told if not time.is_open])
    return sorted([*closed, *(time for time in told if time.is_open)], key=lambda time: time.place)


def read_time(text: str, now: float, zone: tzinfo | None = None, *, month_first: bool | None = None) -> Time | None:
    """The time of a text that is nothing but one, as people type it: "yesterday", "2026-11"; None for no time."""
    cursor = _cursor(text, now, zone, month_first, past=True)
    if cursor is None:
        return None
    from ntm_memory.times.expressions import fills, times_of

    return next((time for time in times_of(cursor, alone=True) if fills(time, cursor)), None)


def _cursor(
    text: str, now: float, zone: tzinfo | None, month_first: bool | None, past: bool | None = None
) -> Cursor | None:
    """The tokens of a text in their frame; None for one that can tell no time.

    `past`: whether a time without its year is the latest one; None: as the sentence says.
    """
    known = opened(text)
    if known is None:
        return None
    # the grammar is imported only for texts that may tell a time: most do not
    from ntm_memory.times.cursor import Cursor
    from ntm_memory.times.intervals import Frame
    from ntm_memory.times.tokens import tokens_of

    tokens = tokens_of(*known)
    try:
        frame = Frame.at(now, zone)
    except (OverflowError, ValueError):
        return None
    by_language = month_comes_first(known[1])
    if by_language is None:
        by_language = month_first_here() if month_first is None else month_first
    frame = replace(frame, past=past, month_first=by_language)
    planned = [token.start for token in tokens if token.get("future")] if past is None else []
    if not planned:
        return Cursor(tokens, frame)
    ends = _sentence_ends(known[0], {token.end for token in tokens if token.classes})
    return Cursor(tokens, frame, ends, frozenset(bisect_right(ends, start) for start in planned))


def _sentence_ends(text: str, telling: Container[int]) -> list[int]:
    """The places at which a text's sentences end, rising.

    A short word with a capital before a full stop is shortened ("Dr. Smith"), unless it is one of the tables, which end
    at the places `telling` ("in May. I will").
    """
    return [
        found.end()
        for found in _SENTENCE_END.finditer(text)
        if not (word := found["word"])
        or len(word) > _SHORTENED
        or (len(word) > 1 and word.islower())
        or found.end("word") in telling
    ]
