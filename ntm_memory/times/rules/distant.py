"""Tokens → parts so many units away: three days ago, in two weeks, 半年前, vor 3 Tagen, a week on Saturday."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ntm_memory.times.cursor import Cursor, Found, Rule
from ntm_memory.times.intervals import Span, add, whole
from ntm_memory.times.pieces import Piece, nearest
from ntm_memory.times.rules.absolute import date_piece
from ntm_memory.times.rules.parts import hours_piece, season_piece, weekday_piece
from ntm_memory.times.rules.relative import one

_FINER = {"century": "decade", "decade": "year", "year": "month", "half": "month", "quarter": "month"}
_FINER |= {"month": "week", "week": "day"}
_LENGTHS = ("minute", "hour", "day", "week", "month", "quarter", "half", "year", "decade", "century")
_MOST_PERIODS = 4
_WITHIN_A_YEAR = tuple(
    "day month number date weekday season part holiday holidays moving nearest same_time edge half_of".split()
)
_OF_ONE = 2
"""The meaning of words for "ago" beside which a unit without a number is one."""


def ago(cursor: Cursor, at: int) -> Found:
    """So many units before or after now: three days ago, in two weeks, 半年前, il y a un mois, месяца три назад."""
    before = -bool(cursor.get(at, "ago_before")) or int(bool(cursor.get(at, "ahead_before")))
    if (
        before > 0 and cursor.frame.past and cursor[at].latin and not cursor.alone
    ):  # "in two weeks" of what was is how long it took
        return None
    periods = _periods(cursor, at + bool(before))
    period = periods[-1] if periods else _inverted(cursor, at) or _bare(cursor, at, before)
    if period is None:
        return None
    counts, unit, after = period
    if not before:
        before = -bool(cursor.get(after, "ago")) or int(bool(cursor.get(after, "ahead")))
        after += 1
        if not before or (unit == "year" and cursor.whole_number(at, 1000, 2999)):  # 2022年前 is before that year
            return None
    low, high = sorted((before * counts[0], before * counts[1]))
    for longer, its_unit, _ in periods[:-1]:
        cursor = replace(cursor, frame=replace(cursor.frame, now=add(cursor.frame.now, before * longer[0], its_unit)))
    return _away(cursor, low, high, unit, at, after, about=cursor.get(at - 1, "direction") in ("about", "about?"))


def _periods(cursor: Cursor, at: int) -> list[tuple[tuple[float, float], str, int]]:
    """One or more periods that add up, each of a shorter unit: "a year, two months and 3 days", 1年3个月."""
    found: list[tuple[tuple[float, float], str, int]] = []
    while len(found) < _MOST_PERIODS and (period := cursor.period(at)) is not None:
        if found and _LENGTHS.index(period[1]) >= _LENGTHS.index(found[-1][1]):
            break
        found.append(period)
        at = period[2] + (cursor[period[2]].mark == ",")
        at += bool(cursor.get(at, "and"))
    return found


def _bare(cursor: Cursor, at: int, before: int) -> tuple[tuple[float, float], str, int] | None:
    """One unit without its number, in languages that need none: неделю назад, через год."""
    unit = cursor.get(at + bool(before), "unit")
    told = cursor.get(at, "ahead_before") if before else cursor.get(at + 1, "ago")
    known = told == _OF_ONE or (cursor.alone and not before and cursor[at].latin)
    return ((1.0, 1.0), unit, at + 1 + bool(before)) if unit is not None and told and known else None


def _inverted(cursor: Cursor, at: int) -> tuple[tuple[float, float], str, int] | None:
    unit, counted = cursor.get(at, "unit"), cursor.count(at + 1)
    return None if unit is None or counted is None else (counted[0], unit, counted[1])


def _is_narrowed(cursor: Cursor, at: int, after: int) -> bool:
    """Whether a time within is told at the side: "a year ago today", "at Christmas a year ago"."""
    beside = (at - 1, at - 2, cursor.past_links(after))
    return any(cursor.get(place, name) is not None for place in beside for name in _WITHIN_A_YEAR)


def _away(cursor: Cursor, low: float, high: float, unit: str, at: int, after: int, *, about: bool) -> Found:
    """The whole unit there; of a vague number all that it may mean; of half a unit, or about a year, a finer unit.

    A year ago is a month around that day, half a year ago two weeks.
    """
    frame = cursor.frame
    if unit in ("minute", "hour"):
        amount = timedelta(minutes=abs(high) * (60 if unit == "hour" else 1))
        middle, around = (
            frame.now + (amount if high > 0 else -amount),
            min(timedelta(minutes=30 if unit == "hour" else 5), amount / 2),
        )
        return one(Span(middle - around, middle + around), unit, after, about=True)
    if unit == "year" and low == high and low in (-1, -0.5) and not about and not _is_narrowed(cursor, at, after):
        middle = add(frame.today, low, unit)
        count, step = (1, "month") if low == -1 else (15, "day")
        end = add(add(middle, count, step), low == -0.5, "day")
        return one(Span(add(middle, -count, step), end), "month", after)
    if (low % 1 or (about and unit in ("year", "decade", "century"))) and unit in _FINER:
        start, end = (add(frame.now, count, unit) for count in (low, high))
        unit = _FINER[unit]
        return one(Span(whole(start, unit).start, whole(end, unit).end), unit, after, about=about or low != high)
    if unit == "week" and low != high:
        return one(Span(add(frame.today, low, unit), add(frame.today, high, unit)), unit, after, about=True)
    if unit == "day" and high - low > 1:  # a few days are up to five, a few weeks up to four
        low, high = (low - 1, high) if high < 0 else (low, high + 1)
    start, end = (whole(add(frame.now, count, unit), unit).start for count in (low, high))
    return one(Span(start, add(end, 1, unit)), unit, after, about=about or low != high)


def several_ago(cursor: Cursor, at: int) -> Found:
    """So many weekdays, summers, Christmases ago."""
    counted = cursor.count(at)
    if counted is None or not cursor.get(counted[1] + 1, "ago"):
        return None
    count, place = round(counted[0][0]), counted[1]
    told = cursor.get(place, "several")
    told = cursor.get(place, "weekday") if told is None else told
    piece = _named(told)
    if told == "night":
        return [Piece("day", whole(cursor.frame.now, "day", -count)), hours_piece("21~29")], place + 2
    span = None if piece is None else nearest(piece, cursor.frame, -count)
    return None if piece is None or span is None else one(span, piece.grain, place + 2)


def _named(told: int | str | None) -> Piece | None:
    if told in ("spring", "summer", "autumn", "winter"):
        return season_piece(str(told))
    if told is None or told == "night":
        return None
    month, dash, day = str(told).partition("-")
    return date_piece(int(month), int(day)) if dash else weekday_piece(told)


def just_before(cursor: Cursor, at: int) -> Found:
    """The days or weeks that end today: 前两天, 前两周."""
    period = cursor.period(at + 1) if cursor.get(at, "before_count") else None
    if period is None:
        return None
    (_, high), unit, after = period
    today = cursor.frame.today
    return one(Span(add(today, -high, unit), today), unit, after, about=True)


def weeks_from(cursor: Cursor, at: int) -> Found:
    """Some weeks after a day, or before one that is past: a week on Saturday, Tuesday week, a week ago Sunday."""
    weekday = cursor.get(at, "weekday")
    if weekday is not None and cursor.get(at + 1, "unit") == "week" and cursor[at + 1].latin:
        return _weeks_from_weekday(cursor, weekday, 1, at + 2) if cursor.get(at + 2, "number") is None else None
    period = cursor.period(at)
    if period is None or period[1] != "week" or period[0][0] != period[0][1] or not cursor[at].latin:
        return None
    count, after = period[0][0], cursor.past_links(period[2])
    if (day := cursor.get(after, "day")) is not None and isinstance(day, int) and after == period[2]:
        return one(whole(cursor.frame.now, "day", day + 7 * (count if day >= 0 else -count)), "day", after + 1)
    past = cursor.get(after, "nearest") == -1 and cursor.get(after, "unit") is None
    back = past or (cursor.get(after, "ago") is not None and cursor.get(after + 1, "weekday") is not None)
    if (weekday := cursor.get(after + back, "weekday")) is None:
        return None
    return _weeks_from_weekday(cursor, weekday, -count if back else count, after + back + 1)


def _weeks_from_weekday(cursor: Cursor, weekday: int | str, count: float, after: int) -> Found:
    piece = weekday_piece(weekday)
    span = nearest(piece, cursor.frame, 1 if count > 0 else -1)
    return None if span is None else one(span.later(timedelta(days=7 * count)), piece.grain, after)


RULES = (
    Rule("number weekday", weeks_from),
    Rule("number period unit ago_before ahead_before", ago),
    Rule("number", several_ago),
    Rule("before_count", just_before),
)
