"""Tokens → parts of units: weekdays, seasons, quarters, holidays, hours; early, late, the first week of."""

from __future__ import annotations

from datetime import datetime, timedelta

from ntm_memory.times.absolute import date_piece
from ntm_memory.times.intervals import Span, add, whole
from ntm_memory.times.pieces import NEEDS_COMPANY, NEEDS_EVIDENCE, NEEDS_PREPOSITION, SURE, Piece
from ntm_memory.times.reader import Found, Reader, Rule, again

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
_PLACES = {"early": 0, "begin": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}
_THIRDS = {"year": "month", "decade": "year", "century": "year", "half": "month", "season": "month", "quarter": "month"}
_EDGES_OF_YEARS = {"begin": (0, 2), "end": (10, 12), "middle": (5, 7)}


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


def recurring(reader: Reader, at: int) -> tuple[Piece, int] | None:
    """What comes again by its name: a weekday, a season, a holiday, a month, a part of a day."""
    token = reader[at]
    weak = NEEDS_PREPOSITION if token.weak else SURE
    if (told := token.get("weekday")) is not None:
        return weekday_piece(told, weak), at + 1
    if (told := token.get("season")) is not None:
        return season_piece(told, weak), at + 1
    if (told := token.get("season_letter")) is not None:
        return season_piece(told, NEEDS_COMPANY), at + 1
    if (told := token.get("holiday")) is not None:
        month, day = map(int, str(told).split("-"))
        return date_piece(month, day, sure=min(weak, NEEDS_EVIDENCE) if not _is_cjk(token) else SURE), at + 1
    if (told := token.get("holidays")) is not None:
        day, days = str(told).split()
        return date_piece(int(day[:2]), int(day[3:]), int(days)), at + 1
    if (told := token.get("part")) is not None:
        return hours_piece(told), at + 1
    return None


def _is_cjk(token: object) -> bool:
    return not getattr(token, "lower", False) and not getattr(token, "weak", False)


def named(reader: Reader, at: int) -> Found:
    """A weekday, season, holiday or part of a day by its name."""
    found = recurring(reader, at)
    return None if found is None else ([found[0]], found[1])


def quarter(reader: Reader, at: int) -> Found:
    """A quarter or half of a year: Q3, H1, the third quarter, 第三季度, 上半年."""
    if (kind := reader.get(at, "quarter_mark")) is not None and reader[at + 1].glued:
        number = reader.whole_number(at + 1, 1, 4 if kind == "quarter" else 2)
        return None if number is None else ([unit_piece(kind, "year", number)], at + 2)
    if (half := reader.get(at, "half_year")) is not None:
        return [unit_piece("half", "year", half)], at + 1
    half = reader.get(at, "half_of")
    if half is not None and (unit := reader.get(at + 1, "unit")) in ("year", "month"):
        if unit == "year":
            return [unit_piece("half", "year", half)], at + 2
        return [again("third", "month", lambda month: _half(whole(month, "month"), "month", half)[0])], at + 2
    start = at + bool(reader.get(at, "ordinal_mark"))
    ordinal = reader.get(start, "ordinal")
    number = reader.whole_number(start, 1, 4) if start > at or reader.get(start, "digits") is None else None
    number = ordinal if ordinal is not None else number
    counted = reader.get(start + 1, "counted") or reader.get(start + 1, "unit") not in ("quarter", "half")
    if not isinstance(number, int) or not 1 <= number <= 4 or counted:
        return None
    if ordinal is None and start == at and not reader.get(start, "spelled"):
        return None
    unit = reader.get(start + 1, "unit")
    return [unit_piece(unit, "year", number)], start + 2


def clock(reader: Reader, at: int) -> Found:
    """A time of the day: 5pm, 17:30, 15 Uhr, 下午三点半."""
    hour = minute = None
    before = reader.get(at, "meridiem")
    start = at + (before is not None)
    after = start + 1
    if (told := reader.get(start, "time")) is not None:
        hour, minute = int(told["h6"]), int(told["min6"])
    elif (told := reader.whole_number(start, 0, 24)) is not None and reader.get(after, "clock") is not None:
        hour, after = told, after + 1
        if (half := reader.get(after, "clock_half")) is not None:
            minute, after = half, after + 1
        elif (more := reader.whole_number(after, 0, 59)) is not None and reader.get(start, "spelled") == reader.get(
            after, "spelled"
        ):
            minute, after = more, after + 1 + bool(reader.get(after + 1, "minute_mark"))
    elif told is not None and 1 <= told <= 12 and before is None and _says_which_half(reader, after):
        hour = told
    meridiem = reader.get(after, "meridiem")
    if hour is None or hour > 24:
        return None
    if before is None and meridiem is not None:
        before, after = meridiem, after + 1
    if before is not None and hour <= 12:
        hour = hour % 12 + before
    first = hour + (minute or 0) / 60
    last = first + (1 if minute is None else 1 / 60)
    of_day = [hours_piece(reader.get(at, "part"))] if start > at and reader.get(at, "part") else []
    return [*of_day, hours_piece(f"{first}~{last}", "hour" if minute is None else "minute")], after


def _says_which_half(reader: Reader, at: int) -> bool:
    """Whether "pm" or "in the afternoon" follows."""
    after = reader.past_links(at)
    return reader.get(at, "meridiem") is not None or (after > at and reader.get(after, "part") is not None)


def edge(reader: Reader, at: int) -> Found:
    """The beginning, middle or end of what is told beside it, or of the unit named: late May, end of the month, 月底."""
    told, unit = reader.get(at, "edge"), None
    after = at + 1
    if told is None and reader.get(at, "unit") and (told := reader.get(at + 1, "edge")) and reader[at + 1].glued:
        unit, after = reader.get(at, "unit"), at + 2
    if told is None:
        return None
    name = str(told)
    if unit is None:
        after += reader[after].mark == "-"
        unit_at = reader.past_links(after)
        unit = reader.get(unit_at, "unit")
        after = unit_at + 1 if unit else after
    if unit is None:
        return [Piece("third", portion=lambda span, grain: third(span, grain, name), sure=NEEDS_COMPANY)], after
    if unit not in ("week", "month", "quarter", "year", "decade", "century"):
        return None
    return [again("third", unit, lambda start: third(whole(start, unit), unit, name)[0])], after


def third(span: Span, grain: str, edge: str) -> tuple[Span, str]:
    """A third of a stretch: of a month ten days, of a year four months; its end are its last two months."""
    place = _PLACES[edge]
    if grain == "year" and edge in _EDGES_OF_YEARS:
        first, last = (add(span.start, months, "month") for months in _EDGES_OF_YEARS[edge])
        return Span(first, last), "third"
    if grain == "month":
        first, last = (span.start + timedelta(days=10 * count) for count in (place, place + 1))
        return Span(first, last if place < 2 else span.end), "third"
    if grain in ("week", "day", "part", "weekend"):
        first, last = ((span.start + share * (span.end - span.start) / 7) for share in ((0, 2), (2, 4), (4, 7))[place])
        return Span(first, last), grain
    unit = _THIRDS.get(grain)
    if unit is None:
        return span, grain
    months = 12 * (span.end.year - span.start.year) + span.end.month - span.start.month
    size = months // 3 // (12 if unit == "year" else 1)
    first, last = (add(span.start, size * count, unit) for count in (place, place + 1))
    return Span(first, last if place < 2 else span.end), "third"


def nth(reader: Reader, at: int) -> Found:
    """One or some units of what is told beside it: the first week of, the last two days of, the second Friday in, 第一周."""
    start = at + bool(reader.get(at, "ordinal_mark"))
    place = reader.whole_number(start, 1, 53) if start > at else reader.get(start, "ordinal")
    if place is None:
        return None
    after, count = start + 1, 1
    after += bool(reader.get(after, "measure"))
    if start == at and (counted := reader.count(after)) is not None and counted[0][0] >= 1:
        count, after = round(sum(counted[0]) / 2), counted[1]
    unit = reader.get(after, "unit")
    if unit in ("day", "week", "month", "quarter"):
        return [_portion(lambda span, grain: _units(span, unit, place, count))], after + 1
    found = recurring(reader, after)
    if found is not None and found[0].container == "week":
        return [_portion(lambda span, grain: _same(span, found[0], place))], found[1]
    return None


def half_of(reader: Reader, at: int) -> Found:
    """The first or second half of what is told beside it."""
    half = reader.get(at, "half_of")
    return None if half is None else ([_portion(lambda span, grain: _half(span, grain, half))], at + 1)


def _portion(portion: object) -> Piece:
    return Piece("day", portion=portion, sure=NEEDS_COMPANY)  # type: ignore[arg-type]


def _half(span: Span, grain: str, half: int) -> tuple[Span, str]:
    if grain == "month":
        middle = span.start + timedelta(days=15)
    elif grain == "year":
        middle = add(span.start, 6, "month")
    elif grain == "decade":
        middle = add(span.start, 5, "year")
    else:
        middle = span.start + (span.end - span.start) / 2
    return (Span(span.start, middle) if half == 1 else Span(middle, span.end)), "half" if grain == "year" else "third"


def _units(span: Span, unit: str, place: int, count: int) -> tuple[Span, str] | None:
    """The place-th unit from the start of a stretch, −1 from its end; and so many more."""
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


HOURS = (Rule("time number meridiem", clock),)
RULES = (
    Rule("quarter_mark half_year half_of ordinal_mark ordinal number", quarter),
    Rule("ordinal ordinal_mark", nth),
    Rule("edge unit", edge),
    Rule("half_of", half_of),
    Rule("weekday season season_letter holiday holidays part", named),
)
