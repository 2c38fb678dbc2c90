"""Phrases with what stands around them → times: directions, ranges, what lies some days before or after."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from ntm_memory.times.cursor import Cursor
from ntm_memory.times.directions import Meant, direction_of, ends_towards, is_yearly, token_before, widened
from ntm_memory.times.intervals import Span, add, whole
from ntm_memory.times.phrases import Phrase, phrases
from ntm_memory.times.pieces import NEEDS_COMPANY, NEEDS_EVIDENCE, NEEDS_PREPOSITION, SURE, combined, nearest
from ntm_memory.times.ranges import between_open, stretch
from ntm_memory.times.rules.parts import weekday_piece
from ntm_memory.times.told import Time

_MUCH = 3
"""How many times nearer what comes must be than what was: of a year the coming three months."""
_MOST_AROUND = 4
"""So many marks and links may stand around a text that is nothing but a time."""


def times_of(cursor: Cursor) -> list[Time]:
    """The times that the tokens tell, in their order; of a text that is known to be one nothing is doubtful."""
    found = list(phrases(cursor))
    times: list[Time] = []
    read = 0
    for place, phrase in enumerate(found):
        if phrase.first < read:
            continue
        told = None
        if place + 1 < len(found):
            told = _read(between_open, cursor, phrase, found[place + 1])
            told = told or _read(stretch, cursor, phrase, found[place + 1])
        told = told or _read(_single, cursor, phrase)
        if told is not None:
            time, read = _as_time(cursor, told), told.after
            while times and times[-1].place[1] > time.place[0]:
                times.pop()
            times.append(time)
    return times


def _read(resolve: Callable[..., Meant | None], cursor: Cursor, phrase: Phrase, *more: Phrase) -> Meant | None:
    """What is told; of a note that says neither what was nor what comes the coming one where it is much nearer."""
    here = cursor.facing(phrase.first)
    told = _if_it_exists(resolve, here, phrase, *more)
    says = here.frame.past is not None or cursor.is_of_what_was(phrase.first)
    if told is None or says or not (cursor.is_note and told.yearly):
        return told
    ahead = replace(cursor, frame=replace(cursor.frame, past=False))
    coming = _if_it_exists(resolve, ahead, phrase, *more)
    return coming if coming is not None and _is_much_nearer(coming, told, cursor.frame.now) else told


def _is_much_nearer(coming: Meant, last: Meant, now: datetime) -> bool:
    """Whether a time that comes is nearer than the last one, though more is told of what was."""
    begins, ended = coming.start or coming.end, last.end or last.start
    return begins is not None and ended is not None and _MUCH * (begins - now) < now - ended


def _if_it_exists(resolve: Callable[..., Meant | None], *arguments: Any) -> Meant | None:
    """What is told; None for a day that no month has, for a year before 1 or after 9999."""
    try:
        told = resolve(*arguments)
    except (ValueError, OverflowError):
        return None
    empty = told is not None and told.start is not None and told.end is not None and told.start >= told.end
    return None if empty else told


def _as_time(cursor: Cursor, told: Meant) -> Time:
    frame, first, last = cursor.frame, cursor[told.first], cursor[told.after - 1]
    start = -math.inf if told.start is None else frame.seconds(told.start)
    end = math.inf if told.end is None else frame.seconds(told.end)
    named = None if told.named is None else (frame.seconds(told.named.start), frame.seconds(told.named.end))
    return Time(start, end, told.direction, told.grain, told.yearly, (first.start, last.end), named)


def _single(cursor: Cursor, phrase: Phrase) -> Meant | None:
    direction, first, after = direction_of(cursor, phrase)
    if not cursor.alone and not _is_believed(cursor, phrase, direction):
        return None
    frame = cursor.frame
    if direction == "since":
        frame = frame.facing(frame.now, past=True)
    elif direction == "until" and frame.past is None:
        frame = frame.facing(frame.now, past=_ended(cursor, phrase))
    direction = "since" if direction == "starting" else direction
    found = combined(phrase.parts, frame)
    if found is None:
        return None
    span, grain = found
    shifted = _beside(cursor, phrase, span)
    if shifted is not None:
        return shifted
    about, named = any(piece.about for piece in phrase.parts), None
    if direction == "about" and not about:
        named, span = span, widened(span, grain)
    elif direction == "on" and about:
        direction = "about"
    start, end = ends_towards(span, direction)
    return Meant(start, end, direction, grain, is_yearly(phrase.parts), first, after, named)


def _ended(cursor: Cursor, phrase: Phrase) -> bool:
    """Whether "until" such a time means the last one: of what was, or where a question is nearer to it."""
    if cursor.is_of_what_was(phrase.first):
        return True
    if not any(token.mark in ("?", "？") for token in cursor.tokens):
        return False
    frame = cursor.frame
    last, following = (combined(phrase.parts, frame.facing(frame.now, past=past)) for past in (True, False))
    if last is None or following is None:
        return following is None
    return frame.now - last[0].end < following[0].start - frame.now


def _is_believed(cursor: Cursor, phrase: Phrase, direction: str) -> bool:
    """Whether a phrase is a time, by what it takes and what stands around it."""
    sure = max(piece.sure for piece in phrase.parts)
    if _is_in_a_name(cursor, phrase) and direction == "on":
        sure = min(sure, NEEDS_PREPOSITION)
    companions = sum(piece.sure > NEEDS_COMPANY for piece in phrase.parts)
    if sure == NEEDS_COMPANY:
        return False
    if sure == SURE or companions > 1:
        return True
    at = token_before(cursor, phrase.first)
    evidence = (
        max(
            (cursor.get(place, "evidence") or cursor.get(place, "day_article") or 0)
            for place in range(at, phrase.first)
        )
        if at < phrase.first
        else 0
    )
    followed = cursor.get(phrase.after, "evidence_after")
    strong = bool(followed) or evidence == 2 or direction != "on" or len(phrase.parts) > 1
    around = len(cursor.tokens) - phrase.after + phrase.first
    whole_text = around <= _MOST_AROUND and all(
        cursor[i].mark or cursor.get(i, "link")
        for i in (*range(phrase.first), *range(phrase.after, len(cursor.tokens)))
    )
    return strong or (sure >= NEEDS_EVIDENCE and evidence > 0) or whole_text


def _is_in_a_name(cursor: Cursor, phrase: Phrase) -> bool:
    """Whether a lone weekday has a capitalised word at its side: Ruby Tuesday, Tuesday Market Place."""
    sides = cursor[phrase.first - 1], cursor[phrase.after]
    lone = len(phrase.parts) == 1 and phrase.parts[0].container == "week" and cursor[phrase.first].latin
    return lone and any(side.capital and not side.classes for side in sides)


def _beside(cursor: Cursor, phrase: Phrase, span: Span) -> Meant | None:
    """Some units before or after a time: two days before Christmas, the day after 3 May, 国庆节前一天."""
    at = token_before(cursor, phrase.first)
    side, unit = cursor.get(at, "direction"), cursor.get(at - 1, "unit")
    if side in ("before", "after") and (weekday := cursor.get(at - 1, "weekday")) is not None:
        beside = cursor.frame.facing(span.start, past=side == "before")
        found = nearest(weekday_piece(weekday), beside, -1 if side == "before" else 1)
        if found is None:
            return None
        return Meant(found.start, found.end, "on", "day", is_yearly(phrase.parts), at - 1, phrase.after)
    counts: tuple[float, float] = (1, 1)
    first, after = at - 1, phrase.after
    if unit is not None and side in ("before", "after"):
        if (counted := cursor.count(at - 2)) is not None and counted[1] == at - 1:
            counts, first = counted[0], at - 2
    else:
        follows = cursor.past_links(phrase.after, 1)
        side, period = cursor.get(follows, "direction_after"), cursor.period(follows + 1)
        if side not in ("before", "after") or period is None:
            return None
        (counts, unit, after), first = period, phrase.first
    count = counts[0]
    start = add(span.start, -count, unit) if side == "before" else add(span.end, count - 1, unit)
    there = whole(start, unit) if unit != "week" else Span(start, add(start, 1, unit))
    return Meant(there.start, there.end, "on", unit, is_yearly(phrase.parts), first, after)
