"""Tokens → parts of dates: days, months, years, decades, as they are written in words and digits."""

from __future__ import annotations

from datetime import datetime, timedelta

from ntm_memory.times.intervals import Span, add, whole
from ntm_memory.times.pieces import NEEDS_EVIDENCE, NEEDS_PREPOSITION, SURE, Piece
from ntm_memory.times.reader import Found, Reader, Rule, again


def month_piece(month: int, sure: int = SURE) -> Piece:
    """A month of whatever year."""
    return again("month", "year", lambda year: whole(year.replace(month=month), "month"), sure=sure)


def day_piece(first: int, last: int | None = None, sure: int = SURE) -> Piece:
    """A day, or some in a row, of whatever month."""
    return again("day", "month", lambda month: _days(month, first, last or first), sure=sure, ranged=last is not None)


def date_piece(month: int, day: int, days: int = 1, sure: int = SURE) -> Piece:
    """A day of the year, or some in a row from there."""

    def within(year: datetime) -> Span:
        start = year.replace(month=month, day=day)
        return Span(start, start + timedelta(days=days))

    return again("day", "year", within, sure=sure)


def _days(month: datetime, first: int, last: int) -> Span:
    end = month.replace(day=last) + timedelta(days=1)
    return Span(month.replace(day=first), end)


def fixed_day(year: int, month: int, day: int, sure: int = SURE) -> Piece:
    """A day of a told year."""
    return Piece("day", whole(datetime(year, month, day), "day"), sure=sure)


def digits(reader: Reader, at: int) -> Found:
    """A date in digits: 2026-05-03, 3.5.2026, 3/5/26, 2026-05, 5/2026, and 3/5, 3.5. where something hints at a date."""
    told = reader.get(at, "date")
    if told is None:
        return None
    if "y" in told:
        return _year_first(reader, told, at)
    if "y2" in told or "y5" in told:
        year, month = (told["y2"], told["m2"]) if "y2" in told else (told["y5"], told["m5"])
        return [Piece("month", whole(datetime(int(year), int(month), 1), "month"))], at + 1
    if "d3" in told:
        day, month, year, sure = told["d3"], told["m3"], told.get("y3"), NEEDS_EVIDENCE
    else:
        first, second, year = told.get("a") or told["a2"], told.get("b") or told["b2"], told.get("y4")
        month_first = int(second) > 12 or (reader.frame.month_first and int(first) <= 12)
        day, month, sure = (second, first, SURE) if month_first else (first, second, SURE)
        if told.get("sep2") == "-" and len(year or "") < 4:
            sure = NEEDS_EVIDENCE
    if year is None:
        parts = [month_piece(int(month), NEEDS_EVIDENCE), day_piece(int(day), sure=NEEDS_EVIDENCE)]
        return (parts, at + 1) if 1 <= int(month) <= 12 and 1 <= int(day) <= 31 else None
    if len(year) == 2:
        return [fixed_day(_full(int(year)), int(month), int(day), sure)], at + 1
    return [fixed_day(int(year), int(month), int(day))], at + 1


def _full(year: int) -> int:
    """The year of its last two digits."""
    return year + (2000 if year < 70 else 1900)


def _year_first(reader: Reader, told: dict[str, str], at: int) -> Found:
    day = datetime(int(told["y"]), int(told["m"]), int(told["d"]))
    if "h" not in told:
        return [Piece("day", whole(day, "day"))], at + 1
    moment = day.replace(hour=int(told["h"]), minute=int(told["min"]))
    if "off" in told:
        aware = datetime.fromisoformat(f"{moment:%Y-%m-%dT%H:%M}{told['off'].replace('Z', '+00:00')}")
        moment = aware.astimezone(reader.frame.zone).replace(tzinfo=None)
    return [Piece("minute", whole(moment, "minute"))], at + 1


def marked_date(reader: Reader, at: int) -> Found:
    """A month or day with its mark: 五月三日, 5月, 15号."""
    month, after = reader.whole_number(at, 1, 12), at + 1
    if month is not None and reader.get(after, "month_mark") and not reader.get(after + 1, "measure"):
        day = reader.whole_number(after + 1, 1, 31)
        if day is not None and (reader.get(after + 2, "day_mark") or _is_last(reader, after + 2)):
            return [month_piece(month), day_piece(day)], after + 2 + bool(reader.get(after + 2, "day_mark"))
        return [month_piece(month)], after + 1
    day = reader.whole_number(at, 1, 31)
    if day is not None and reader.get(after, "day_mark"):
        return [day_piece(day, sure=NEEDS_EVIDENCE)], after + 1
    return None


def _is_last(reader: Reader, at: int) -> bool:
    return not reader[at].classes and reader.get(at - 1, "spelled") is not None and not reader[at].glued


def day_and_month(reader: Reader, at: int) -> Found:
    """A day before its month: 3 May, the 3rd of May, 3. Mai, 3 de mayo, 3–7 May."""
    day = _day(reader, at)
    if day is None:
        return None
    last, after = _to_day(reader, at + 1, day)
    after = reader.past_links(after)
    month = reader.get(after, "month")
    if month is None or (after == at + 1 and reader[after].mark):
        return None
    return [month_piece(month), day_piece(day, last)], after + 1


def month_and_day(reader: Reader, at: int) -> Found:
    """A month alone or before its day: May, May 3rd, May 3–7."""
    month = reader.get(at, "month")
    if month is None:
        return None
    token, after = reader[at], at + 1 + (reader[at + 1].mark == "." and reader[at + 1].glued)
    after = after if reader[after].classes else at + 1
    day_at = after + bool(reader.get(after, "link") and reader.get(after + 1, "ordinal"))
    day = _day(reader, day_at)
    if day is not None and not _counts_something(reader, day_at + 1):
        last, end = _to_day(reader, day_at + 1, day)
        sure = NEEDS_EVIDENCE if token.weak and token.lower else SURE
        return [month_piece(month, sure), day_piece(day, last, sure)], end
    return [month_piece(month, NEEDS_PREPOSITION if token.weak else SURE)], at + 1


def _day(reader: Reader, at: int) -> int | None:
    """A day of a month: digits, or a word that counts places."""
    if reader.get(at, "number") is not None and reader.get(at, "digits") is None and not reader.get(at, "nth"):
        return None
    told = reader.get(at, "ordinal") if reader.get(at, "number") is None else reader.get(at, "number")
    return told if isinstance(told, int) and 1 <= told <= 31 and (reader.get(at, "digits") or 0) < 3 else None


def _to_day(reader: Reader, at: int, first: int) -> tuple[int | None, int]:
    """(the later day, the token after it) of "3 to 7", "between 3 and 7"; none where only one day is told."""
    at += reader[at].mark == "." and reader[at].glued
    joins = reader[at].mark in ("-", "–", "—") or reader.get(at, "to") or reader.get(at, "and")
    after = reader.past_links(at + 1) if joins else at
    last = _day(reader, after) if joins else None
    if last is None or last <= first or (_counts_something(reader, after + 1) and not reader.get(after + 1, "month")):
        return None, at
    return last, after + 1


def _counts_something(reader: Reader, at: int) -> bool:
    """Whether the number before is of units, o'clock or the like."""
    glued_word = reader[at].glued and not reader[at].mark
    return glued_word or any(reader.get(at, name) is not None for name in ("unit", "meridiem", "clock", "month"))


def year(reader: Reader, at: int) -> Found:
    """A year: 2026, 2026年, 26年5月, 令和8年, 2026 года."""
    if (era := reader.get(at, "era")) is not None:
        count = reader.whole_number(at + 1, 1, 99)
        marked = count is not None and reader.get(at + 2, "year_mark")
        return ([_whole_year(era + (count or 0))], at + 3) if marked else None
    told, after = reader.whole_number(at, 0, 2999), at + 1
    if told is None:
        return None
    marked = reader.get(after, "year_mark") is not None
    if marked and told < 100 and reader.get(after + 2, "month_mark") and reader.get(after + 1, "number"):
        return [_whole_year(_full(told))], after + 1
    if marked and 50 <= told < 100 and reader.get(at, "digits"):
        return [_whole_year(_full(told), NEEDS_PREPOSITION)], after + 1
    if not 1000 <= told or not (marked or (reader.get(at, "digits") == 4 and 1900 <= told < 2100)):
        return None
    if marked or reader.get(after, "unit") == "year":
        return [_whole_year(told)], after + 1
    if reader[after].glued and not reader[after].mark and not reader.get(after, "quarter_mark"):
        return None
    return ([_whole_year(told, NEEDS_PREPOSITION)], after) if reader.get(after, "unit") is None else None


def _whole_year(number: int, sure: int = SURE) -> Piece:
    return Piece("year", whole(datetime(number, 1, 1), "year"), sure=sure)


def decade(reader: Reader, at: int) -> Found:
    """A decade or century: the 1990s, the nineties, 90年代, 20世纪80年代, the 19th century."""
    century, start = None, at
    if reader.get(at, "ordinal_mark"):
        start += 1
    number = reader.whole_number(start, 1, 21)
    number = reader.get(start, "ordinal") if number is None else number
    if isinstance(number, int) and number > 0 and reader.get(start + 1, "unit") == "century":
        century, start = 100 * (number - 1), start + 2
    tens, end = reader.get(start, "decade"), start + 1
    told = reader.whole_number(start, 10, 2090)
    marked = (reader.get(end, "decade_mark") and reader[end].glued) or reader.get(end, "unit") == "decade"
    if tens is None and told is not None and told % 10 == 0 and marked:
        tens, end = told, end + 1
    if tens is None:
        return None if century is None else ([Piece("century", whole(datetime(century or 1, 1, 1), "century"))], start)
    first = tens if tens >= 1000 else tens + (century if century is not None else 1900 if tens >= 30 else 2000)
    sure = SURE if tens >= 1000 or century is not None or reader.get(end - 1, "unit") else NEEDS_PREPOSITION
    end += reader.get(end, "unit") == "year"
    return [Piece("decade", Span(datetime(first, 1, 1), add(datetime(first, 1, 1), 1, "decade")), sure=sure)], end


def ordinal_day(reader: Reader, at: int) -> Found:
    """A day by its number alone: the 3rd."""
    day = reader.get(at, "nth")
    known = day is not None and 1 <= day <= 31 and reader.get(at + 1, "unit") is None
    return ([day_piece(day, sure=NEEDS_PREPOSITION)], at + 1) if known else None


RULES = (
    Rule("date", digits),
    Rule("number", marked_date),
    Rule("number ordinal", day_and_month),
    Rule("month", month_and_day),
    Rule("number ordinal ordinal_mark decade", decade),
    Rule("number era", year),
    Rule("nth", ordinal_day),
)
