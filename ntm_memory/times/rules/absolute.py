"""Tokens → parts of dates: days, months, years, decades, as they are written in words and digits."""

from __future__ import annotations

from datetime import datetime, timedelta

from ntm_memory.times.cursor import NOTHING, Cursor, Found, Rule, again
from ntm_memory.times.intervals import Span, add, whole
from ntm_memory.times.pieces import NEEDS_EVIDENCE, NEEDS_PREPOSITION, SURE, Piece

_OLD = 50
"""From here on two digits and 年 are a year, not how long something takes."""
_JOINS = ("-", "–", "—", "~", "～", "〜")


def month_piece(month: int, sure: int = SURE) -> Piece:
    """A month of whatever year."""
    return again("month", "year", lambda year: whole(year.replace(month=month), "month"), sure=sure)


def day_piece(first: int, last: int | None = None, sure: int = SURE) -> Piece:
    """A day, or some in a row, of whatever month."""
    return again("day", "month", lambda month: _days(month, first, last or first), sure=sure, ranged=last is not None)


def date_piece(month: int, day: int, days: int = 1, sure: int = SURE, *, ranged: bool = False) -> Piece:
    """A day of the year, or some in a row from there."""

    def within(year: datetime) -> Span:
        start = year.replace(month=month, day=day)
        return Span(start, start + timedelta(days=days))

    return again("day", "year", within, sure=sure, ranged=ranged)


def _days(month: datetime, first: int, last: int) -> Span:
    end = month.replace(day=last) + timedelta(days=1)
    return Span(month.replace(day=first), end)


def fixed_day(year: int, month: int, day: int, sure: int = SURE) -> Piece:
    """A day of a told year."""
    return Piece("day", whole(datetime(year, month, day), "day"), sure=sure)


def year_piece(number: int, sure: int = SURE) -> Piece:
    """A year by its number."""
    return Piece("year", whole(datetime(number, 1, 1), "year"), sure=sure)


def full_year(year: int) -> int:
    """The year of its last two digits."""
    return year + (2000 if year < 70 else 1900)


def marked_date(cursor: Cursor, at: int) -> Found:
    """A month or day with its mark: 五月三日, 5月, 15号."""
    if (two := _two_months(cursor, at)) is not None:
        return two
    month, after = cursor.whole_number(at, 1, 12), at + 1
    if month is not None and cursor.get(after, "month_mark") and not cursor.get(after + 1, "measure"):
        if (days := _marked_days(cursor, after + 1)) is not None:
            return [month_piece(month), days[0]], days[1]
        day = cursor.whole_number(after + 1, 1, 31)
        if day is not None and (cursor.get(after + 2, "day_mark") or _is_last(cursor, after + 2)):
            return [month_piece(month), day_piece(day)], after + 2 + bool(cursor.get(after + 2, "day_mark"))
        return [month_piece(month)], after + 1
    day = cursor.whole_number(at, 1, 31)
    if day is not None and cursor.get(after, "day_mark") and not cursor.get(after + 1, "not_a_day"):
        spoken = cursor.get(after, "day_mark") == 2 or cursor.get(at, "digits")
        begins = (spoken and (at == 0 or cursor[at - 1].mark)) or cursor.get(after + 1, "evidence_after")
        return [day_piece(day, sure=SURE if begins else NEEDS_EVIDENCE)], after + 1
    return None


def _two_months(cursor: Cursor, at: int) -> Found:
    """A month and the next one in one word: 五六月."""
    first, _, last = str(cursor.get(at, "number")).partition("~")
    marked = cursor.get(at + 1, "month_mark") and not cursor.get(at + 2, "measure")
    if not (marked and last and cursor.get(at, "spelled") and int(last) == int(first) + 1):
        return None

    def within(year: datetime) -> Span:
        start = year.replace(month=int(first))
        return Span(start, add(start, 2, "month"))

    return [again("month", "year", within, ranged=True)], at + 2


def _marked_days(cursor: Cursor, at: int) -> tuple[Piece, int] | None:
    """Days in a row with one mark: the 3-5日 of 5月3-5日, 3、4号, 3到5日."""
    first, last = cursor.whole_number(at, 1, 31), cursor.whole_number(at + 2, 1, 31)
    joins = cursor[at + 1].mark in (*_JOINS, "、") or cursor.get(at + 1, "to")
    if first is None or last is None or not joins or first >= last or not cursor.get(at + 3, "day_mark"):
        return None
    return day_piece(first, last), at + 4


def _is_last(cursor: Cursor, at: int) -> bool:
    return not cursor[at].classes and cursor.get(at - 1, "spelled") is not None and not cursor[at].glued


def day_and_month(cursor: Cursor, at: int) -> Found:
    """A day before its month: 3 May, the 3rd of May, 3. Mai, 3 de mayo, 3–7 May, 8-dic."""
    found = _day(cursor, at)
    if found is None:
        return None
    day, after = found
    last, after = _to_day(cursor, after, day)
    after = cursor.past_links(after)
    after += cursor[after].mark in ("-", ".", "/") and cursor[after].glued
    month = cursor.get(after, "month")
    if month is None:
        return None
    after += 1
    after += cursor[after].mark == "." and cursor[after].glued and cursor[after + 1] is not NOTHING
    return [month_piece(month), day_piece(day, last)], after


def month_and_day(cursor: Cursor, at: int) -> Found:
    """A month alone or before its day: May, May 3rd, May 3–7."""
    month = cursor.get(at, "month")
    if month is None:
        return None
    token, after = cursor[at], at + 1
    after += cursor[after].mark == "." and cursor[after].glued and cursor.get(after + 1, "number") is not None
    found = _day(cursor, after + bool(cursor.get(after, "link") and cursor.get(after + 1, "ordinal")))
    if found is not None and not _counts_something(cursor, found[1]):
        last, end = _to_day(cursor, found[1], found[0])
        sure = NEEDS_EVIDENCE if token.weak and token.lower else SURE
        return [month_piece(month, sure), day_piece(found[0], last, sure)], end
    return [month_piece(month, NEEDS_PREPOSITION if token.weak else SURE)], after


def _day(cursor: Cursor, at: int) -> tuple[int, int] | None:
    """(day of a month, token after): digits, or a word that counts places."""
    digits = None if cursor.get(at, "short_year") else cursor.get(at, "digits")
    found = (cursor.get(at, "number"), at + 1) if digits is not None and digits < 3 else cursor.ordinal(at)
    if found is None and cursor[at].latin and (told := cursor.whole_number(at, 1, 31)) is not None:
        found = told, at + 1  # "veintitrés de febrero"
    return found if found is not None and isinstance(found[0], int) and 1 <= found[0] <= 31 else None


def _to_day(cursor: Cursor, at: int, first: int) -> tuple[int | None, int]:
    """(the later day, the token after it) of "3 to 7", "between 3 and 7"; none where only one day is told."""
    start = at + (cursor[at].mark == "." and cursor[at].glued)
    joins = cursor[start].mark in _JOINS or cursor.get(start, "to") or cursor.get(start, "and")
    found = _day(cursor, cursor.past_links(start + 1)) if joins else None
    if found is None or found[0] <= first:
        return None, start
    counts = _counts_something(cursor, found[1]) and not cursor.get(found[1], "month")
    return (None, start) if counts else found


def _counts_something(cursor: Cursor, at: int) -> bool:
    """Whether the number before is of units, o'clock or the like."""
    glued_word = cursor[at].glued and not cursor[at].mark
    return glued_word or any(cursor.get(at, name) is not None for name in ("unit", "meridiem", "clock", "month"))


def year(cursor: Cursor, at: int) -> Found:
    """A year in full: 2026, the year 2026, 2026年, 2026 года."""
    if cursor.get(at, "unit") == "year":
        return year(cursor, at + 1) if cursor.get(at + 1, "digits") == 4 else None
    told, after = cursor.whole_number(at, 1000, 2999), at + 1
    marked = cursor.get(after, "year_mark") is not None
    if told is None or not (marked or (cursor.get(at, "digits") == 4 and 1900 <= told < 2100)):
        return None
    if marked and cursor.get(after + 2, "month_mark") and cursor.whole_number(after + 1, 13, 99) is not None:
        return None  # there is no 13月
    if marked or cursor.get(after, "unit") == "year":
        return [year_piece(told)], after + 1
    glued = cursor[after].glued and not cursor[after].mark and not cursor.get(after, "quarter_mark")
    counts = glued or cursor.get(after, "unit") is not None
    return None if counts else ([year_piece(told, NEEDS_PREPOSITION)], after)


def short_year(cursor: Cursor, at: int) -> Found:
    """A year of two digits or of an era: '08, 98年, 26年5月, 令和8年."""
    if (era := cursor.get(at, "era")) is not None:
        count = cursor.whole_number(at + 1, 1, 99)
        marked = count is not None and cursor.get(at + 2, "year_mark")
        return ([year_piece(era + (count or 0))], at + 3) if marked else None
    told, after = cursor.whole_number(at, 0, 99), at + 1
    if told is None:
        return None
    if cursor.get(at, "short_year") is not None:
        return [year_piece(full_year(told), NEEDS_PREPOSITION)], after
    if cursor.get(after, "year_mark") is None:
        return None
    if cursor.get(after + 2, "month_mark") and cursor.get(after + 1, "number"):
        return [year_piece(full_year(told))], after + 1
    long_ago = told >= _OLD and cursor.get(at, "digits")
    return ([year_piece(full_year(told), NEEDS_PREPOSITION)], after + 1) if long_ago else None


def decade(cursor: Cursor, at: int) -> Found:
    """A decade or century: the 1990s, the nineties, 90年代, 20世纪80年代, the 19th century."""
    century, start = None, at
    if cursor.get(at, "ordinal_mark"):
        start += 1
    number = cursor.whole_number(start, 1, 21)
    number = cursor.get(start, "ordinal") if number is None else number
    if isinstance(number, int) and number > 0 and cursor.get(start + 1, "unit") == "century":
        century, start = 100 * (number - 1), start + 2
    tens, end = cursor.get(start, "decade"), start + 1
    told = cursor.whole_number(start, 10, 2090)
    marked = (cursor.get(end, "decade_mark") and cursor[end].glued) or cursor.get(end, "unit") == "decade"
    if tens is None and told is not None and told % 10 == 0 and marked:
        tens, end = told, end + 1
    if tens is None:
        return None if century is None else ([Piece("century", whole(datetime(century or 1, 1, 1), "century"))], start)
    first = tens if tens >= 1000 else tens + (century if century is not None else 1900 if tens >= 30 else 2000)
    sure = SURE if tens >= 1000 or century is not None or cursor.get(end - 1, "unit") else NEEDS_PREPOSITION
    end += cursor.get(end, "unit") == "year"
    return [Piece("decade", Span(datetime(first, 1, 1), add(datetime(first, 1, 1), 1, "decade")), sure=sure)], end


def ordinal_day(cursor: Cursor, at: int) -> Found:
    """A day by its number alone: the 3rd, the twenty-third, le 5, el día 25."""
    found = _day(cursor, at)
    if found is None or cursor.get(found[1], "unit") is not None:
        return None
    day, after = found
    if cursor.get(at, "digits") is None or cursor.get(at, "nth"):
        named = cursor.get(at, "nth") or cursor.ordinal(at) and cursor.get(at - 1, "day_article")
        if not named:
            return None
        marked = bool(cursor.get(after, "day_word"))
        return [day_piece(day, sure=SURE if marked else NEEDS_PREPOSITION)], after + marked
    ends = cursor[after] is NOTHING or cursor[after].mark
    return ([day_piece(day, sure=NEEDS_EVIDENCE)], after) if ends and cursor.get(at - 1, "day_article") else None


RULES = (
    Rule("number", marked_date),
    Rule("number ordinal", day_and_month),
    Rule("month", month_and_day),
    Rule("number ordinal ordinal_mark decade", decade),
    Rule("number era", short_year),
    Rule("number unit", year),
    Rule("number nth ordinal", ordinal_day),
)
