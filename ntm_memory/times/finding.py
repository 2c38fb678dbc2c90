"""What the other rooms ask of this one."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING

from ntm_memory.times.intervals import fineness
from ntm_memory.times.lexicon import month_comes_first, opened
from ntm_memory.times.told import DAY, YEAR, Time
from ntm_memory.times.zones import month_first_here

if TYPE_CHECKING:
    from ntm_memory.times.cursor import Cursor
    from ntm_memory.times.intervals import Frame
    from ntm_memory.times.tokens import Token

_SENTENCE_END = re.compile(r"[!?;。！？；\n]|(?P<word>\b[^\W\d_]+)?(?<!\d)\.(?=\s+[^\s\da-z])")
_DOTS = re.compile(r"(?<=\d)(?:\.{2,3}|…)(?=\d)")
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
    return _times_of(cursor_of(text, now, zone, month_first))


def _times_of(cursor: Cursor | None) -> list[Time]:
    if cursor is None:
        return []
    from ntm_memory.times.expressions import times_of

    return times_of(cursor)


def narrowest(times: Sequence[Time], *, stretches: bool = False) -> list[Time]:
    """Of nested times the narrowest, each once: "in 2023, on 8 May" is the day; a month is of the year beside it.

    Args:
        times: what a text tells.
        stretches: whether those that are told by both ends stay, too: "away from 3 to 7 May, back on the 7th at noon".
    """
    times = _in_their_year(times)
    return [
        time
        for place, time in enumerate(times)
        if (stretches and time.is_stretch and time not in times[:place])
        or not any(
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
    """The times that a memory tells, relative to its own moment.

    A date without its year is the nearest one: the coming one where a sentence speaks of what will be, the last one
    where it speaks of what was, or where the other is not much nearer.
    """
    cursor = cursor_of(text, moment, zone)
    if cursor is None:
        return []
    is_note = not any(token.mark in ("?", "？") for token in cursor.tokens)
    told = [_with_both_ends(time, moment, cursor.frame) for time in _times_of(replace(cursor, is_note=is_note))]
    closed = narrowest([time for time in told if not time.is_open], stretches=True)
    return sorted([*closed, *(time for time in told if time.is_open)], key=lambda time: time.place)


def _with_both_ends(time: Time, moment: float, frame: Frame) -> Time:
    """The time from the day of telling where it is "until 29 May", up to that day where it is "since 3 May".

    "Since last month" tells no day: it is left open.
    """
    if fineness(time.precision) > fineness("day"):
        return time
    day, next_day = (frame.seconds(frame.today + timedelta(days=days)) for days in (0, 1))
    if time.direction == "until" and math.isinf(time.start) and time.end > moment:
        return replace(time, start=day, direction="between")
    if time.direction == "since" and math.isinf(time.end) and time.start <= moment:
        return replace(time, end=next_day, direction="between")
    return time


def absent_days(cursor: Cursor) -> list[tuple[int, int]]:
    """Where a text names days that no calendar has: 31 April, 2月30日, 2026-02-31."""
    from ntm_memory.times.absent import places_of_absent

    return places_of_absent(cursor)


def no_such_days(text: str, now: float, zone: tzinfo | None = None) -> list[str]:
    """The days that a text names and that no calendar has, in its own words: 31 April, 2月30日.

    Args:
        text: a question.
        now: unix seconds, when it is told.
        zone: where; None: the system's.
    """
    if re.search(r"\d|[二两三][十卅]|卅", text) is None:
        return []
    cursor = cursor_of(text, now, zone)
    return [] if cursor is None else [text[slice(*place)] for place in absent_days(cursor)]


def cursor_of(
    text: str,
    now: float,
    zone: tzinfo | None,
    month_first: bool | None = None,
    *,
    languages: Sequence[str] | None = None,
) -> Cursor | None:
    """The tokens of a text in their frame; None for one that can tell no time.

    Args:
        text: a question, a note; with `languages` nothing but a time, in these, and of what was.
        now: unix seconds.
        zone: where; None: the system's.
        month_first: as in `find_times`.
        languages: whose words the text may hold; None: as it looks.
    """
    known = opened(_DOTS.sub(lambda dots: "–".ljust(len(dots[0])), text), languages)
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
    frame = replace(frame, past=None if languages is None else True, month_first=by_language)
    if languages is not None:
        return Cursor(tokens, frame, alone=True)
    return Cursor(tokens, frame, *_tenses(known[0], tokens))


def _tenses(text: str, tokens: Sequence[Token]) -> tuple[Sequence[int], frozenset[int], frozenset[int]]:
    """Where sentences end, and the numbers of those that speak of what will be, and of what was."""
    planned, been = ([token.start for token in tokens if token.get(name)] for name in ("future", "past"))
    if not planned and not been:
        return (), frozenset(), frozenset()
    ends = _sentence_ends(text, {token.end for token in tokens if token.classes})
    plans, was = (frozenset(bisect_right(ends, start) for start in starts) for starts in (planned, been))
    return ends, plans, was


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
