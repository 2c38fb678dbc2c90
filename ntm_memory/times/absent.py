"""Days that are named and that no calendar has."""

from __future__ import annotations

from datetime import date

from ntm_memory.times.cursor import Cursor
from ntm_memory.times.phrases import Phrase, phrases
from ntm_memory.times.pieces import Piece, combined


def places_of_absent(cursor: Cursor) -> list[tuple[int, int]]:
    """[first, last) character of each, in their order: 31 April, 2月30日, 2026-02-31."""
    written = {cursor[i].start: (cursor[i].start, cursor[i].end) for i in _absent_in_digits(cursor)}
    for phrase in phrases(cursor):
        if _names_a_day(cursor, phrase) and not _exists(cursor, phrase):
            start = cursor[phrase.first].start
            written[start] = (start, cursor[phrase.after - 1].end)
    return [written[start] for start in sorted(written)]


def _absent_in_digits(cursor: Cursor) -> list[int]:
    """Tokens of dates in digits whose year, month and day are told in this order, and whose month is shorter."""
    found = []
    for at, token in enumerate(cursor.tokens):
        told = token.get("date") or {}
        year, month, day = (int(told.get(name) or told.get(f"{name}8") or 0) for name in "ymd")
        if year and 1 <= month <= 12 and 1 <= day <= 31 and not _is_day(year, month, day):
            found.append(at)
        elif (last := told.get("y3") or told.get("y4")) and not _is_any_day(int(last), told):
            found.append(at)
    return found


def _is_any_day(year: int, told: dict[str, str]) -> bool:
    """Whether two numbers are a day and a month, in either order; true where they cannot be meant so."""
    first, second = (int(told.get(name) or told.get(other) or 0) for name, other in (("a", "d3"), ("b", "m3")))
    year += 2000 if year < 100 else 0
    orders = [(second, first), (first, second)]
    meant = [(month, day) for month, day in orders if 1 <= month <= 12 and 1 <= day <= 31]
    return not meant or any(_is_day(year, month, day) for month, day in meant)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _names_a_day(cursor: Cursor, phrase: Phrase) -> bool:
    """Whether it tells a day of a month by their numbers or names."""
    days = [piece for piece in phrase.parts if piece.grain == "day" and piece.portion is None]
    of_month = any(piece.container == "month" for piece in days) and any(
        piece.grain == "month" and piece.container == "year" for piece in phrase.parts
    )
    has_month = any(piece.grain == "month" for piece in phrase.parts)
    in_digits = days and days[0].container == "year" and cursor.get(phrase.first, "date") is not None
    return of_month or bool(in_digits and not has_month)


def _exists(cursor: Cursor, phrase: Phrase) -> bool:
    parts: list[Piece] = [piece for piece in phrase.parts if piece.grain in ("day", "month", "year")]
    try:
        return combined(parts, cursor.frame) is not None
    except (ValueError, OverflowError):
        return False
