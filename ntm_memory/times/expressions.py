"""Phrases with what stands around them → times: directions, ranges, what lies some days before or after."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ntm_memory.times.intervals import Frame, Span, add, fineness, whole
from ntm_memory.times.parts import weekday_piece
from ntm_memory.times.phrases import Phrase, phrases
from ntm_memory.times.pieces import NEEDS_COMPANY, NEEDS_EVIDENCE, NEEDS_PREPOSITION, SURE, Piece, combined, nearest
from ntm_memory.times.reader import Reader
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


def times_of(reader: Reader, *, alone: bool = False) -> list[Time]:
    """The times that the tokens tell, in their order; `alone`: the text is known to be a time, so nothing is doubtful."""
    found, times = list(phrases(reader)), []
    at = read = 0
    while at < len(found):
        told = None
        if at + 1 < len(found):
            told = _if_it_exists(lambda: _range(reader, found[at], found[at + 1], alone))
        if told is not None:
            at += 1
        elif found[at].first >= read:
            told = _if_it_exists(lambda: _single(reader, found[at], alone))
        at += 1
        if told is not None:
            time, read = _as_time(reader, told), told.after
            while times and times[-1].place[1] > time.place[0]:
                times.pop()
            times.append(time)
    return times


def _if_it_exists(resolve: Callable[[], _Told | None]) -> _Told | None:
    """What is told; None for a day that no month has, for a year before 1 or after 9999."""
    try:
        told = resolve()
        return None if told and told.start and told.end and told.start >= told.end else told
    except (ValueError, OverflowError):
        return None


def _as_time(reader: Reader, told: _Told) -> Time:
    frame, first, last = reader.frame, reader[told.first], reader[told.after - 1]
    start = -math.inf if told.start is None else frame.seconds(told.start)
    end = math.inf if told.end is None else frame.seconds(told.end)
    return Time(start, end, told.direction, told.grain, told.yearly, (first.start, last.end))


def _yearly(parts: Sequence[Piece]) -> bool:
    plain = [piece for piece in parts if piece.portion is None]
    return bool(plain) and max(plain, key=lambda piece: fineness(piece.grain)).is_yearly


def _single(reader: Reader, phrase: Phrase, alone: bool) -> _Told | None:
    direction, first, after = _direction(reader, phrase)
    if not alone and not _is_believed(reader, phrase, direction):
        return None
    frame = reader.frame
    if direction == "since":
        frame = frame.facing(frame.now, past=True)
    elif direction == "until" and frame.past is None:
        frame = frame.facing(frame.now, past=False)
    direction = "since" if direction == "starting" else direction
    found = combined(phrase.parts, frame)
    if found is None:
        return None
    span, grain = found
    shifted = _beside(reader, phrase, span)
    if shifted is not None:
        return shifted
    about = any(piece.about for piece in phrase.parts)
    if direction == "about" and not about:
        span = _widened(span, grain)
    elif direction == "on" and about:
        direction = "about"
    start, end = _opened(span, direction)
    return _Told(start, end, direction, grain, _yearly(phrase.parts), first, after)


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


def _before(reader: Reader, first: int) -> int:
    """The token before an expression that is not a mere link, at most three back."""
    at = first - 1
    for _ in range(3):
        if not reader.get(at, "link") or reader.get(at, "direction") or reader.get(at, "from"):
            break
        at -= 1
    return at


def _direction(reader: Reader, phrase: Phrase) -> tuple[str, int, int]:
    """(direction, first token, token after) of a phrase with the word that says it, before or after it."""
    told = reader.get(phrase.after, "direction_after")
    if any(piece.ranged for piece in phrase.parts):
        return "between", phrase.first, phrase.after
    if told is not None:
        return str(told), phrase.first, phrase.after + 1
    at = _before(reader, phrase.first)
    started = reader.get(at, "from")
    if started and reader.get(phrase.after, "on_after_from"):
        return "since", at, phrase.after + 1
    if reader.get(phrase.after, "to") and reader.get(reader.past_links(phrase.after + 1), "now"):
        return "since", at if started else phrase.first, reader.past_links(phrase.after + 1) + 1
    told = reader.get(at, "direction")
    if told is None or (told == "about?" and not _can_be_rounded(reader, at + 1)):
        return "on", phrase.first, phrase.after
    return str(told).rstrip("?"), at, phrase.after


def _can_be_rounded(reader: Reader, at: int) -> bool:
    """Whether "about" can mean nearly: before numbers; "we talked about last week" is of that week."""
    return any(reader.get(at, name) is not None for name in ("number", "date", "time", "clock_before"))


def _is_believed(reader: Reader, phrase: Phrase, direction: str) -> bool:
    """Whether a phrase is a time, by what it takes and what stands around it."""
    sure = max(piece.sure for piece in phrase.parts)
    if _is_in_a_name(reader, phrase) and direction == "on":
        sure = min(sure, NEEDS_PREPOSITION)
    companions = sum(piece.sure > NEEDS_COMPANY for piece in phrase.parts)
    if sure == NEEDS_COMPANY:
        return False
    if sure == SURE or companions > 1:
        return True
    at = _before(reader, phrase.first)
    evidence = (
        max((reader.get(place, "evidence") or reader.get(place, "day_article") or 0) for place in range(at, phrase.first)) if at < phrase.first else 0
    )
    followed = reader.get(phrase.after, "evidence_after")
    strong = bool(followed) or evidence == 2 or direction != "on" or len(phrase.parts) > 1
    around = len(reader.tokens) - phrase.after + phrase.first
    whole_text = around <= _MOST_AROUND and all(
        reader[i].mark or reader.get(i, "link")
        for i in (*range(phrase.first), *range(phrase.after, len(reader.tokens)))
    )
    return strong or (sure >= NEEDS_EVIDENCE and evidence > 0) or whole_text


def _is_in_a_name(reader: Reader, phrase: Phrase) -> bool:
    """Whether a lone weekday has a capitalised word at its side: Ruby Tuesday, Tuesday Market Place."""
    sides = reader[phrase.first - 1], reader[phrase.after]
    lone = len(phrase.parts) == 1 and phrase.parts[0].container == "week" and reader[phrase.first].latin
    return lone and any(side.capital and not side.classes for side in sides)


def _beside(reader: Reader, phrase: Phrase, span: Span) -> _Told | None:
    """Some units before or after a time: two days before Christmas, the day after 3 May, 国庆节前一天."""
    at = _before(reader, phrase.first)
    side, unit = reader.get(at, "direction"), reader.get(at - 1, "unit")
    if side in ("before", "after") and (weekday := reader.get(at - 1, "weekday")) is not None:
        beside = reader.frame.facing(span.start, past=side == "before")
        found = nearest(weekday_piece(weekday), beside, -1 if side == "before" else 1)
        return found and _Told(found.start, found.end, "on", "day", _yearly(phrase.parts), at - 1, phrase.after)
    counts: tuple[float, float] = (1, 1)
    first, after = at - 1, phrase.after
    if unit is not None and side in ("before", "after"):
        if (counted := reader.count(at - 2)) is not None and counted[1] == at - 1:
            counts, first = counted[0], at - 2
    else:
        side = reader.get(phrase.after, "direction_after")
        period = reader.period(phrase.after + 1)
        if side not in ("before", "after") or period is None:
            return None
        (counts, unit, after), first = period, phrase.first
    count = counts[0]
    start = add(span.start, -count, unit) if side == "before" else add(span.end, count - 1, unit)
    there = whole(start, unit) if unit != "week" else Span(start, add(start, 1, unit))
    return _Told(there.start, there.end, "on", unit, _yearly(phrase.parts), first, after)


def _range(reader: Reader, left: Phrase, right: Phrase, alone: bool) -> _Told | None:
    """From one time to another: between March and May, 5月3日到7日, Monday – Wednesday."""
    joint = reader.past_links(left.after)
    before = _before(reader, left.first)
    opened, last = reader.get(before, "between"), right.after
    closed = reader.get(right.after, "between_after")
    joins = reader.get(joint, "to") or reader[joint].mark in _DASHES
    joins = joins or (reader.get(joint, "and") and (opened or closed))
    if not joins or reader.past_links(joint + 1) < right.first:
        return None
    ends = _ends(left.parts, right.parts, reader.frame)
    if ends is None or not (alone or _is_range(reader, left, right, before)):
        return None
    start, end, grain = ends
    first = before if opened or reader.get(before, "from") else left.first
    last += bool(closed) or reader.get(right.after, "direction_after") == "until"
    yearly = _yearly(left.parts) and _yearly(right.parts)
    return _Told(start.start, end.end, "between", grain, yearly, first, last)


def _is_range(reader: Reader, left: Phrase, right: Phrase, before: int) -> bool:
    sure = [max(piece.sure for piece in phrase.parts) for phrase in (left, right)]
    told = reader.get(before, "from") or reader.get(before, "between") or reader.get(before, "evidence")
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


def spans_text(reader: Reader, times: Sequence[Time], text: str) -> Iterator[Time]:
    """Those of the times that are all there is in a text but for marks around them."""
    bare = text.strip(" \t\r\n.,;:!?。，！？()（）\"'“”")
    offset = text.find(bare)
    for time in times:
        before = text[offset : max(offset, time.place[0])].strip().lower()
        rest = text[time.place[1] : offset + len(bare)].strip()
        if not rest and all(token.classes for token in reader.tokens if token.end <= time.place[0] and before):
            yield time
