"""Tokens → dates as programs, calendars and offices write them: 2026-05-03, 3/5/26, 2026-W20, Q1/26, KW 20/2026."""

from __future__ import annotations

from datetime import datetime, timedelta

from ntm_memory.times.cursor import Cursor, Found, Rule
from ntm_memory.times.intervals import Span, whole
from ntm_memory.times.pieces import NEEDS_COMPANY, NEEDS_EVIDENCE, SURE, Piece
from ntm_memory.times.rules.absolute import date_piece, day_piece, fixed_day, full_year, month_piece, year_piece
from ntm_memory.times.rules.parts import iso_week, unit_piece, week_piece


def digits(cursor: Cursor, at: int) -> Found:
    """A date in digits: 2026-05-03, 20260503, 3.5.2026, 3/5/26, 2026-05; 3/5 and 3.5. where something hints at one."""
    told = cursor.get(at, "date")
    if told is None:
        return None
    if "y" in told or "y8" in told:
        return _year_first(cursor, told, at)
    if "y9" in told:
        return _iso_week(told, at)
    if "y2" in told or "y5" in told:
        year, month = (told["y2"], told["m2"]) if "y2" in told else (told["y5"], told["m5"])
        sure = NEEDS_EVIDENCE if told.get("sep5") == "-" else SURE
        return [Piece("month", whole(datetime(int(year), int(month), 1), "month"), sure=sure)], at + 1
    if "years" in told:
        return _two_years(int(told["years"]), int(told.get("until") or told["until4"]), at)
    if "a7" in told:
        return _days_in_digits(cursor, told, at)
    year = told.get("y3") or told.get("y4")
    if "d3" in told:
        month, day = int(told["m3"]), int(told["d3"])
    else:
        month, day = _ordered(cursor, told.get("a") or told["a2"], told.get("b") or told["b2"])
    if year is None:
        if 1 <= month <= 12 and 1 <= day <= 31:
            return [date_piece(month, day, sure=SURE if _begins_chinese(cursor, at) else NEEDS_EVIDENCE)], at + 1
        return _two_years(full_year(int(told["a2"])), int(told["b2"]), at) if "a2" in told else None
    in_two_digits = len(told.get("d3") or told["a"]) == len(told.get("m3") or told["b"]) == 2
    sure = SURE if len(year) == 4 or told.get("sep2") == "/" or in_two_digits else NEEDS_EVIDENCE
    return [fixed_day(int(year) if len(year) == 4 else full_year(int(year)), month, day, sure)], at + 1


def _begins_chinese(cursor: Cursor, at: int) -> bool:
    """Whether a sentence of words without spaces begins with it, and it counts nothing: 5/3发生了什么."""
    follows = cursor[at + 1]
    begins = at == 0 or bool(cursor[at - 1].mark)
    counts = any(follows.get(name) is not None for name in ("link", "unit", "measure", "number"))
    return begins and follows.glued and not (follows.latin or follows.mark or counts)


def _two_years(first: int, last: int, at: int) -> Found:
    """Two years in a row, as winters and schools have them: 2025/26."""
    if last % 100 != (first + 1) % 100:
        return None
    return [Piece("year", Span(datetime(first, 1, 1), datetime(first + 2, 1, 1)), sure=NEEDS_COMPANY)], at + 1


def _days_in_digits(cursor: Cursor, told: dict[str, str], at: int) -> Found:
    (first_month, first), (month, day) = (_ordered(cursor, told[a], told[b]) for a, b in (("a7", "b7"), ("c7", "d7")))
    days = (datetime(2000, month, day) - datetime(2000, first_month, first)).days + 1
    return [date_piece(first_month, first, days, NEEDS_EVIDENCE, ranged=True)], at + 1


def _ordered(cursor: Cursor, first: str, second: str) -> tuple[int, int]:
    """(month, day) of 3/4: 13/4 can only be the one, 4/13 the other."""
    month_first = int(second) > 12 or (cursor.frame.month_first and int(first) <= 12)
    return (int(first), int(second)) if month_first else (int(second), int(first))


def _iso_week(told: dict[str, str], at: int) -> Found:
    week = iso_week(int(told["y9"]), int(told["w9"]))
    if "d9" not in told:
        return [Piece("week", week)], at + 1
    return [Piece("day", whole(week.start + timedelta(days=int(told["d9"]) - 1), "day"))], at + 1


def _year_first(cursor: Cursor, told: dict[str, str], at: int) -> Found:
    if "y8" in told:
        return [fixed_day(int(told["y8"]), int(told["m8"]), int(told["d8"]))], at + 1
    day = datetime(int(told["y"]), int(told["m"]), int(told["d"]))
    if "h" not in told:
        return [Piece("day", whole(day, "day"))], at + 1
    moment = day.replace(hour=int(told["h"]), minute=int(told["min"]))
    if "off" in told:
        aware = datetime.fromisoformat(f"{moment:%Y-%m-%dT%H:%M}{told['off'].replace('Z', '+00:00')}")
        moment = aware.astimezone(cursor.frame.zone).replace(tzinfo=None)
    return [Piece("minute", whole(moment, "minute"))], at + 1


def of_a_year(cursor: Cursor, at: int) -> Found:
    """A week or quarter with its year after a stroke: KW 20/2026, Q1/26."""
    written = (cursor.get(at + 1, "date") or {}) if cursor.get(at, "week_number") or _is_week(cursor, at) else {}
    number, year = written.get("m5") or written.get("a2"), written.get("y5") or written.get("b2")
    if number is not None and year is not None and 1 <= int(number) <= 53:
        return [week_piece(int(number)), year_piece(_year(year))], at + 2
    kind, pair = cursor.get(at, "quarter_mark"), cursor.get(at + 1, "pair")
    if kind is None or pair is None or not cursor[at + 1].glued:
        return None
    number, year = pair.split("/")
    fits = 1 <= int(number) <= (4 if kind == "quarter" else 2)
    return ([unit_piece(kind, "year", int(number)), year_piece(_year(year))], at + 2) if fits else None


def _is_week(cursor: Cursor, at: int) -> bool:
    return cursor.get(at, "unit") == "week" and cursor[at].latin


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else full_year(int(digits))


def dashed(cursor: Cursor, at: int) -> Found:
    """A date whose month is a word between dashes or strokes: 2026-May-03."""
    year, month, day = cursor.whole_number(at, 1900, 2099), cursor.get(at + 2, "month"), cursor.get(at + 4, "number")
    marks = {cursor[at + i].mark for i in (1, 3)}
    joined = marks in ({"-"}, {"/"}) and all(cursor[at + i].glued for i in range(1, 5))
    if year is None or month is None or not joined or not isinstance(day, int) or not 1 <= day <= 31:
        return None
    return [year_piece(year), month_piece(month), day_piece(day)], at + 5


def year_after(cursor: Cursor, at: int, parts: list[Piece]) -> Found:
    """The year that a mark joins to a date: 3-May-2026, May/2026; alone, two digits after a blank: 3 May 26."""
    mark, glued = cursor[at].mark, cursor[at].glued and cursor[at + 1].glued
    grains = {piece.grain for piece in parts}
    if not grains <= {"day", "month", "quarter", "half", "week"} or any(piece.fixed for piece in parts):
        return None
    if mark in ("'", "’", "‘") and glued and cursor.get(at + 1, "digits") == 2 and "day" not in grains:
        return [year_piece(full_year(cursor.get(at + 1, "number")))], at + 2
    if mark in ("-", "/") and glued and cursor[at - 1].latin | (cursor.get(at - 1, "number") is not None):
        number, count = cursor.get(at + 1, "number"), cursor.get(at + 1, "digits")
        short = count == 2 and "day" in grains and "month" in grains and cursor[at - 2].mark == mark
        is_year = count == 4 and 1900 <= number < 2100 and cursor[at - 1].get("day") is None
        return ([year_piece(number if is_year else full_year(number))], at + 2) if short or is_year else None
    if cursor.alone and ({"day", "month"} <= grains or grains & {"quarter", "half"}):
        at += mark == ","
        if cursor.get(at, "digits") == 2 and cursor[at + 1].end == 0:
            return [year_piece(full_year(cursor.get(at, "number")))], at + 1
    return None


RULES = (
    Rule("date", digits),
    Rule("week_number unit quarter_mark", of_a_year),
    Rule("number", dashed),
)
