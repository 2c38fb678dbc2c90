"""Tokens → parts of units that come again: weekdays, seasons, quarters, weeks, holidays, parts of a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from ntm_memory.times.cursor import Cursor, Found, Rule, again
from ntm_memory.times.intervals import Span, add, whole
from ntm_memory.times.lexicon import moving_days
from ntm_memory.times.pieces import NEEDS_COMPANY, NEEDS_EVIDENCE, NEEDS_PREPOSITION, SURE, Piece
from ntm_memory.times.rules.absolute import date_piece
from ntm_memory.times.rules.shares import one_half, third

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
_MOST_WEEKS_OF_A_MONTH = 5


def weekday_piece(told: int | str, sure: int = SURE) -> Piece:
    """A weekday or the weekend of whatever week."""
    first, days = (5, 2) if told == "weekend" else (int(told), 1)

    def within(week: datetime) -> Span:
        return Span(week + timedelta(days=first), week + timedelta(days=first + days))

    return again("weekend" if days == 2 else "day", "week", within, sure=sure)


def season_piece(season: str, sure: int = SURE) -> Piece:
    """A season of whatever year: it starts with a month."""

    def within(year: datetime) -> Span:
        start = year.replace(month=_SEASONS[season])
        return Span(start, add(start, 3, "month"))

    return again("season", "year", within, sure=sure)


def hours_piece(hours: str, grain: str = "part", sure: int = NEEDS_COMPANY) -> Piece:
    """Some hours of whatever day, "21~29" until five on the next."""
    first, last = map(float, hours.split("~"))
    return again(grain, "day", lambda day: Span(day + timedelta(hours=first), day + timedelta(hours=last)), sure=sure)


def unit_piece(unit: str, container: str, number: int) -> Piece:
    """A unit by its number in a longer one: the third quarter."""
    return again(unit, container, lambda start: whole(start, unit, number - 1))


def moving_piece(told: str, sure: int) -> Piece:
    """A feast that moves: "easter -2 4" are four days from two days before Easter."""
    name, away, days = told.split()

    def within(year: datetime) -> Span | None:
        day = moving_days()[name].get(str(year.year))
        if day is None:
            return None
        start = year.replace(month=int(day[:2]), day=int(day[3:])) + timedelta(days=int(away))
        return Span(start, start + timedelta(days=int(days)))

    return again("day", "year", within, sure=sure)


def recurring(cursor: Cursor, at: int) -> tuple[Piece, int] | None:
    """What comes again by its name: a weekday, a season, a holiday, a part of a day."""
    token = cursor[at]
    weak = NEEDS_PREPOSITION if token.weak else SURE
    feast = NEEDS_EVIDENCE if token.latin else SURE
    if (told := token.get("weekday")) is not None:
        return weekday_piece(told, weak), at + 1
    if (told := token.get("season")) is not None:
        return season_piece(told, weak), at + 1
    if (told := token.get("season_letter")) is not None:
        return season_piece(told, NEEDS_COMPANY), at + 1
    if (told := token.get("season_part")) is not None:
        season, edge = told.split()
        whole_season = season_piece(season).place
        return again("third", "year", lambda year: _third_of(whole_season(year), edge)), at + 1
    if (told := token.get("holiday")) is not None:
        month, day = map(int, str(told).split("-"))
        return date_piece(month, day, sure=feast), at + 1
    if (told := token.get("holidays")) is not None:
        first, days = str(told).split()
        return date_piece(int(first[:2]), int(first[3:]), int(days)), at + 1
    if (told := token.get("moving")) is not None:
        return moving_piece(told, feast), at + 1
    if cursor.alone and (told := token.get("holiday_alone")) is not None:
        return date_piece(int(told[:2]), int(told[3:])), at + 1
    if (told := token.get("part")) is not None:
        return hours_piece(told), at + 1
    return None


def _third_of(season: Span | None, edge: str) -> Span | None:
    return season and third(season, "season", edge)[0]


def named(cursor: Cursor, at: int) -> Found:
    """A weekday, season, holiday or part of a day by its name."""
    found = recurring(cursor, at)
    return None if found is None else ([found[0]], found[1])


def quarter(cursor: Cursor, at: int) -> Found:
    """A quarter or half of a year: Q3, H1, the third quarter, 第三季度, 上半年."""
    if (kind := cursor.get(at, "quarter_mark")) is not None and cursor[at + 1].glued:
        number = cursor.whole_number(at + 1, 1, 4 if kind == "quarter" else 2)
        sure = NEEDS_PREPOSITION if cursor[at].lower else SURE
        return None if number is None else ([unit_piece(kind, "year", number).weakened(sure)], at + 2)
    if (half := cursor.get(at, "half_year")) is not None:
        return [unit_piece("half", "year", half)], at + 1
    half = cursor.get(at, "half_of")
    named = cursor.past_links(at + 1)
    if half is not None and (unit := cursor.get(named, "unit")) in ("year", "month"):
        if unit == "year":
            return [unit_piece("half", "year", half)], named + 1
        return [again("third", "month", lambda month: one_half(whole(month, "month"), "month", half)[0])], named + 1
    start = at + bool(cursor.get(at, "ordinal_mark"))
    ordinal, number = cursor.get(start, "ordinal"), cursor.whole_number(start, 1, 4)
    after = start + 1 + (cursor[start + 1].mark == "." and cursor[start + 1].glued)
    unit = cursor.get(after, "quarter_letter") if start > at else None
    unit, counts = unit or cursor.get(after, "unit"), cursor[after].latin and after == start + 1 and ordinal is None
    number = ordinal if ordinal is not None else number
    if unit not in ("quarter", "half") or counts or not isinstance(number, int) or not 1 <= number <= 4:
        return None
    return [unit_piece(unit, "year", number)], after + 1


def week_number(cursor: Cursor, at: int) -> Found:
    """A week of the year by its number: week 12, KW 32, 第28周."""
    number = None
    if cursor.get(at, "week_number") or (cursor.get(at, "unit") == "week" and cursor[at].latin):
        number, after = cursor.whole_number(at + 1, 1, 53), at + 2
        sure = SURE if cursor.get(at, "week_number") else NEEDS_PREPOSITION
    elif cursor.get(at, "ordinal_mark") and cursor.get(at + 2, "unit") == "week":
        number, after, sure = cursor.whole_number(at + 1, _MOST_WEEKS_OF_A_MONTH + 1, 53), at + 3, SURE
    if number is None:
        return None
    return [week_piece(number, sure)], after


def week_piece(number: int, sure: int = SURE) -> Piece:
    """A week of whatever year by its number."""
    return again("week", "year", lambda year: iso_week(year.year, number), sure=sure)


def iso_week(year: int, number: int) -> Span:
    """A week of a year by its ISO 8601 number."""
    start = datetime.fromisocalendar(year, number, 1)
    return Span(start, start + timedelta(days=7))


RULES = (
    Rule("quarter_mark half_year half_of ordinal_mark ordinal number", quarter),
    Rule("week_number unit ordinal_mark", week_number),
    Rule("weekday season season_letter season_part holiday holiday_alone holidays moving part", named),
)
