"""Tokens → portions of what is told beside them: late May, the first week of June, the end of the month, 月底."""

from __future__ import annotations

from datetime import timedelta

from ntm_memory.times.cursor import Cursor, Found, Rule, again
from ntm_memory.times.intervals import Span, add, fineness, whole
from ntm_memory.times.pieces import NEEDS_COMPANY, Piece, Portion
from ntm_memory.times.rules.parts import iso_week, recurring
from ntm_memory.times.rules.shares import last_day, one_half, third

_NAMED = ("week", "month", "quarter", "year")
_WITH_EDGES = ("week", "month", "quarter", "year", "decade", "century")


def edge(cursor: Cursor, at: int) -> Found:
    """The beginning, middle or end of what is told beside it or of the unit named: late May, end of the month, 月底."""
    told, unit = cursor.get(at, "edge"), None
    after = at + 1
    if told is None and cursor.get(at, "unit") and (told := cursor.get(at + 1, "edge")) and cursor[at + 1].glued:
        unit, after = cursor.get(at, "unit"), at + 2
    if (fused := cursor.get(at, "edge_of")) is not None:
        unit, told = fused.split()
    if told is None:
        return None
    name = str(told)
    if unit is None:
        after += cursor[after].mark == "-"
        unit_at = cursor.past_links(after)
        unit = cursor.get(unit_at, "unit")
        after = unit_at + 1 if unit else after
    if unit is None:
        return [Piece("third", portion=lambda span, grain: third(span, grain, name), sure=NEEDS_COMPANY)], after
    if unit not in _WITH_EDGES:
        return None
    if fused and unit == "month":
        return [again("day", unit, lambda start: last_day(whole(start, unit)))], after
    return [again("third", unit, lambda start: third(whole(start, unit), unit, name)[0])], after


def nth(cursor: Cursor, at: int) -> Found:
    """Units of what is told beside it: the first week of, the last two days of, the second Friday in, 第一周."""
    start = at + bool(cursor.get(at, "ordinal_mark"))
    place = cursor.whole_number(start, 1, 53) if start > at else cursor.get(start, "ordinal")
    if place is None:
        return None
    after, count = start + 1, 1
    after += bool(cursor.get(after, "measure"))
    if start == at and (counted := cursor.count(after)) is not None and counted[0][0] >= 1:
        count, after = round(sum(counted[0]) / 2), counted[1]
    unit = cursor.get(after, "unit")
    if unit in ("day", "week", "month", "quarter"):
        return [_portion(lambda span, grain: _units(span, unit, place, count))], after + 1
    found = recurring(cursor, after)
    if found is not None and found[0].container == "week":
        return [_portion(lambda span, grain: _same(span, found[0], place))], found[1]
    return None


def half_of(cursor: Cursor, at: int) -> Found:
    """The first or second half of what is told beside it."""
    told = cursor.get(at, "half_of")
    after = at + 1 + (cursor.get(at + 1, "unit") == "week" and not cursor[at + 1].latin)
    return None if told is None else ([_portion(lambda span, grain: one_half(span, grain, told))], after)


def unit_of(cursor: Cursor, at: int) -> Found:
    """The unit in which lies what is told beside it: the week of 6 July, the weekend of the 14th, the month of May."""
    if not cursor.get(at + 1, "of"):
        return None
    if cursor.get(at, "weekday") == "weekend":
        return [_portion(_weekend_of)], at + 2
    unit = cursor.get(at, "unit")
    return ([_portion(lambda span, grain: (whole(span.start, unit), unit))], at + 2) if unit in _NAMED else None


def _weekend_of(span: Span, grain: str) -> tuple[Span, str] | None:
    """The weekend of the week in which a day or a week lies."""
    if fineness(grain) > fineness("week") or timedelta(days=1) < span.end - span.start < timedelta(days=7):
        return span, grain  # "the long weekend of 1-3 May" tells its days
    saturday = whole(span.start, "week").start + timedelta(days=5)
    return Span(saturday, saturday + timedelta(days=2)), "weekend"


def _portion(portion: Portion) -> Piece:
    return Piece("day", portion=portion, sure=NEEDS_COMPANY)


def _units(span: Span, unit: str, place: int, count: int) -> tuple[Span, str] | None:
    """The place-th unit from the start of a stretch, −1 from its end; and so many more."""
    if unit == "week" and span == whole(span.start, "year") and place > 0:
        return iso_week(span.start.year, place), unit
    if unit == "day" and place > 1 and span.end - span.start == timedelta(days=1):  # 5月3日第二天 is the day after it
        return span.later(timedelta(days=place - 1)), unit
    start = add(span.start, place - 1, unit) if place > 0 else add(span.end, place * count, unit)
    end = min(span.end, add(start, count, unit))
    return (Span(start, end), unit) if span.start <= start < end else None


def _same(span: Span, piece: Piece, place: int) -> tuple[Span, str] | None:
    """The place-th weekday of a stretch."""
    week = whole(span.start, "week").start
    days = [found for count in range(55) if (found := piece.place(add(week, count, "week"))) is not None]
    there = [day for day in days if span.start <= day.start < span.end]
    place = place - 1 if place > 0 else place
    return (there[place], piece.grain) if -len(there) <= place < len(there) else None


RULES = (
    Rule("ordinal ordinal_mark", nth),
    Rule("unit weekday", unit_of),
    Rule("edge edge_of unit", edge),
    Rule("half_of", half_of),
)
