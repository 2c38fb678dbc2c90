"""Phrases with what stands around them → times: directions, ranges, what lies some days before or after."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ntm_memory.times.cursor import Cursor
from ntm_memory.times.intervals import Frame, Span, add, fineness, whole
from ntm_memory.times.parts import weekday_piece
from ntm_memory.times.phrases import Phrase, phrases
from ntm_memory.times.pieces import NEEDS_COMPANY, NEEDS_EVIDENCE, NEEDS_PREPOSITION, SURE, Piece, combined, nearest
from ntm_memory.times.told import Time

_MOST_AROUND = 4
"""So many marks and links may stand around a text that is nothing but a time."""
_DASHES = ("-", "–", "—", "~", "～", "－", "〜")
_AROUND = {"minute": ("minute", 30), "hour": ("minute", 30), "day": ("day", 3), "weekend": ("day", 3)}
_AROUND |= {"week": ("week", 1), "month": ("day", 15), "year": ("month", 6)}


@dataclass(frozen=True)
class _Told:
    """What one expression says: its stretch, open where an end is None."""

    start: datetime | None
    end: datetime | None
    direction: str
    grain: str
    yearly: bool
    first: int
    after: int
    named: Span | None = None


def times_of(cursor: Cursor, *, alone: bool = False) -> list[Time]:
    """The times that the tokens tell, in their order; `alone`: the text is known to be one, so nothing is doubtful."""
    found = list(phrases(cursor))
    times: list[Time] = []
    read = 0
    for place, phrase in enumerate(found):
        if phrase.first < read:
            continue
        told = None
        if place + 1 < len(found):
            told = _if_it_exists(_range, cursor.facing(phrase.first), phrase, found[place + 1], alone)
        told = told or _if_it_exists(_single, cursor.facing(phrase.first), phrase, alone)
        if told is not None:
            time, read = _as_time(cursor, told), told.after
            while times and times[-1].place[1] > time.place[0]:
                times.pop()
            times.append(time)
    return times


def _if_it_exists(resolve: Callable[..., _Told | None], *arguments: Any) -> _Told | None:
    """What is told; None for a day that no month has, for a year before 1 or after 9999."""
    try:
        told = resolve(*arguments)
    except (ValueError, OverflowError):
        return None
    empty = told is not None and told.start is not None and told.end is not None and told.start >= told.end
    return None if empty else told


def _as_time(cursor: Cursor, told: _Told) -> Time:
    frame, first, last = cursor.frame, cursor[told.first], cursor[told.after - 1]
    start = -math.inf if told.start is None else frame.seconds(told.start)
    end = math.inf if told.end is None else frame.seconds(told.end)
    named = None if told.named is None else (frame.seconds(told.named.start), frame.seconds(told.named.end))
    return Time(start, end, told.direction, told.grain, told.yearly, (first.start, last.end), named)


def _yearly(parts: Sequence[Piece]) -> bool:
    plain = [piece for piece in parts if piece.portion is None]
    return bool(plain) and max(plain, key=lambda piece: fineness(piece.grain)).is_yearly


def _single(cursor: Cursor, phrase: Phrase, alone: bool) -> _Told | None:
    direction, first, after = _direction(cursor, phrase)
    if not alone and not _is_believed(cursor, phrase, direction):
        return None
    frame = cursor.frame
    if direction == "since":
        frame = frame.facing(frame.now, past=True)
    elif direction == "until" and frame.past is None:
        frame = frame.facing(frame.now, past=False)
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
        named, span = span, _widened(span, grain)
    elif direction == "on" and about:
        direction = "about"
    start, end = _opened(span, direction)
    return _Told(start, end, direction, grain, _yearly(phrase.parts), first, after, named)


def _opened(span: Span, direction: str) -> tuple[datetime | None, datetime | None]:
    if direction in ("before", "until"):
        return None, span.start if direction == "before" else span.end
    if direction in ("after", "since"):
        return span.end if direction == "after" else span.start, None
    return span.start, span.end


def _widened(span: Span, grain: str) -> Span:
    unit, count = _AROUND.get(grain, ("month", 0))
    if grain == "day" and span.end - span.start > timedelta(days=1):
        return span
    if grain in ("hour", "minute"):
        return Span(add(span.start, -count, unit), add(span.start, count, unit))
    return Span(add(span.start, -count, unit), add(span.end, count, unit))


def _before(cursor: Cursor, first: int) -> int:
    """The token before an expression that is not a mere link, at most three back."""
    at = first - 1
    for _ in range(3):
        if not cursor.get(at, "link") or cursor.get(at, "direction") or cursor.get(at, "from"):
            break
        at -= 1
    return at


def _direction(cursor: Cursor, phrase: Phrase) -> tuple[str, int, int]:
    """(direction, first token, token after) of a phrase with the word that says it, before or after it."""
    told = cursor.get(phrase.after, "direction_after")
    if any(piece.ranged for piece in phrase.parts):
        return "between", phrase.first, phrase.after
    if told is not None:
        return str(told), phrase.first, phrase.after + 1
    at = _before(cursor, phrase.first)
    started = cursor.get(at, "from")
    if started and cursor.get(phrase.after, "on_after_from"):
        return "since", at, phrase.after + 1
    if cursor.get(phrase.after, "to") and cursor.get(cursor.past_links(phrase.after + 1), "now"):
        return "since", at if started else phrase.first, cursor.past_links(phrase.after + 1) + 1
    told = cursor.get(at, "direction")
    if told is None or (told == "about?" and not _can_be_rounded(cursor, at + 1)):
        return "on", phrase.first, phrase.after
    return str(told).rstrip("?"), at, phrase.after


def _can_be_rounded(cursor: Cursor, at: int) -> bool:
    """Whether "about" can mean nearly: before numbers; "we talked about last week" is of that week."""
    return any(cursor.get(at, name) is not None for name in ("number", "date", "time", "clock_before"))


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
    at = _before(cursor, phrase.first)
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


def _beside(cursor: Cursor, phrase: Phrase, span: Span) -> _Told | None:
    """Some units before or after a time: two days before Christmas, the day after 3 May, 国庆节前一天."""
    at = _before(cursor, phrase.first)
    side, unit = cursor.get(at, "direction"), cursor.get(at - 1, "unit")
    if side in ("before", "after") and (weekday := cursor.get(at - 1, "weekday")) is not None:
        beside = cursor.frame.facing(span.start, past=side == "before")
        found = nearest(weekday_piece(weekday), beside, -1 if side == "before" else 1)
        if found is None:
            return None
        return _Told(found.start, found.end, "on", "day", _yearly(phrase.parts), at - 1, phrase.after)
    counts: tuple[float, float] = (1, 1)
    first, after = at - 1, phrase.after
    if unit is not None and side in ("before", "after"):
        if (counted := cursor.count(at - 2)) is not None and counted[1] == at - 1:
            counts, first = counted[0], at - 2
    else:
        side = cursor.get(phrase.after, "direction_after")
        period = cursor.period(phrase.after + 1)
        if side not in ("before", "after") or period is None:
            return None
        (counts, unit, after), first = period, phrase.first
    count = counts[0]
    start = add(span.start, -count, unit) if side == "before" else add(span.end, count - 1, unit)
    there = whole(start, unit) if unit != "week" else Span(start, add(start, 1, unit))
    return _Told(there.start, there.end, "on", unit, _yearly(phrase.parts), first, after)


def _range(cursor: Cursor, left: Phrase, right: Phrase, alone: bool) -> _Told | None:
    """From one time to another: between March and May, 5月3日到7日, Monday – Wednesday."""
    joint = cursor.past_links(left.after)
    before = _before(cursor, left.first)
    opened, last = cursor.get(before, "between"), right.after
    closed = cursor.get(right.after, "between_after")
    joins = cursor.get(joint, "to") or cursor[joint].mark in _DASHES
    joins = joins or (cursor.get(joint, "and") and (opened or closed))
    if not joins or cursor.past_links(joint + 1) < right.first:
        return None
    ends = _ends(left.parts, right.parts, cursor.frame)
    if ends is None or not (alone or _is_range(cursor, left, right, before)):
        return None
    start, end, grain = ends
    first = before if opened or cursor.get(before, "from") else left.first
    last += bool(closed) or cursor.get(right.after, "direction_after") == "until"
    yearly = _yearly(left.parts) and _yearly(right.parts)
    return _Told(start.start, end.end, "between", grain, yearly, first, last)


def _is_range(cursor: Cursor, left: Phrase, right: Phrase, before: int) -> bool:
    sure = [max(piece.sure for piece in phrase.parts) for phrase in (left, right)]
    told = cursor.get(before, "from") or cursor.get(before, "between") or cursor.get(before, "evidence")
    both_dates = min(sure) == NEEDS_EVIDENCE
    return max(sure) > NEEDS_COMPANY and (max(sure) == SURE or bool(told) or both_dates)


def _ends(left: Sequence[Piece], right: Sequence[Piece], frame: Frame) -> tuple[Span, Span, str] | None:
    """The two ends of a range: what one of them leaves out is told by the other."""
    left, right = _completed(left, right), _completed(right, left)
    fixed = any(piece.fixed is not None for piece in (*left, *right))
    first, second = combined(left, frame), combined(right, frame)
    if first is None or second is None:
        return None
    if not fixed and frame.looks_back:
        first = combined(left, frame.facing(second[0].start, past=True))
    elif not any(piece.fixed is not None for piece in right):
        second = combined(right, frame.facing(first[0].start, past=False))
    elif not any(piece.fixed is not None for piece in left):
        first = combined(left, frame.facing(second[0].start, past=True))
    if first is None or second is None or first[0].start >= second[0].end:
        return None
    last = second[0]
    if second[1] in ("hour", "minute"):  # from three to five ends when it strikes five
        last = Span(last.start, last.start)
    return first[0], last, min(first[1], second[1], key=fineness)


def _completed(parts: Sequence[Piece], others: Sequence[Piece]) -> Sequence[Piece]:
    """The parts with those longer ones that only the other end of the range tells."""
    plain = [piece for piece in parts if piece.portion is None]
    if any(piece.fixed is not None for piece in plain):
        return parts
    longest = max((fineness(piece.grain) for piece in plain), default=-1)
    longest = max(longest, fineness("hour")) if longest >= 0 else longest
    if longest < 0 and parts:
        return parts
    return (*parts, *(piece for piece in others if piece.portion is None and fineness(piece.grain) > longest))


def fills(time: Time, cursor: Cursor) -> bool:
    """Whether a time is all that the tokens tell: before it only words of the tables ("on", "the"), after it marks."""
    first, last = time.place
    words_before = (token for token in cursor.tokens if token.end <= first)
    after = (token for token in cursor.tokens if token.start >= last)
    return all(token.classes or token.mark for token in words_before) and all(token.mark for token in after)
