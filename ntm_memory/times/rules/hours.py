"""Tokens → hours of a day: 5pm, 17:30, 下午三点半, half past nine, between 9 and 11 in the morning."""

from __future__ import annotations

from dataclasses import replace

from ntm_memory.times.cursor import Cursor, Found, Rule
from ntm_memory.times.rules.parts import hours_piece

_EVENING = 6


def clock(cursor: Cursor, at: int) -> Found:
    """A time of the day, or from one to another."""
    half = cursor.get(at, "meridiem")
    start = at + (half is not None)
    found = _hour(cursor, start, told=half is not None)
    if found is None:
        return None
    first, is_minute, after = found
    to = _to_hour(cursor, after) if half is None else None
    if to is not None:
        last, half, after = to
    elif half is None and (half := cursor.get(after, "meridiem")) is not None:
        after += 1
    if half is not None:
        first = _in_half(first, half)
        last = _in_half(last, half) if to is not None else 0.0
    if to is None:
        last = first + (1 / 60 if is_minute else 1)
    of_day = [hours_piece(cursor.get(at, "part"))] if start > at and cursor.get(at, "part") else []
    piece = hours_piece(f"{first}~{last}", "minute" if is_minute else "hour")
    return [*of_day, replace(piece, ranged=to is not None)], after


def _in_half(hour: float, half: int) -> float:
    """An hour of twelve as one of the day: of the first half (0) or the second (12)."""
    return hour % 12 + half if hour < 13 else hour


def _hour(cursor: Cursor, at: int, *, told: bool) -> tuple[float, bool, int] | None:
    """(hour of the day, whether minutes are told, token after); `told`: which half of the day is known."""
    after = at + 1
    if (time := cursor.get(at, "time")) is not None:
        return (int(time["h6"]) + int(time["min6"]) / 60, True, after) if int(time["h6"]) < 25 else None
    if (minutes := cursor.get(at, "clock_before")) is not None:
        hour = cursor.whole_number(after, 1, 12)
        if hour is None:
            return None
        told = told or _says_which_half(cursor, after + 1)
        later = 12 if hour <= _EVENING and not told else 0  # quarter to six is in the afternoon
        return hour + later + minutes / 60, True, after + 1
    hour = cursor.whole_number(at, 0, 24)
    if hour is None:
        return None
    if cursor.get(after, "clock") is not None:
        after += 1
        if (half := cursor.get(after, "clock_half")) is not None:
            return hour + half / 60, True, after + 1
        minute = cursor.whole_number(after, 0, 59)
        if minute is not None and cursor.get(at, "spelled") == cursor.get(after, "spelled"):
            return hour + minute / 60, True, after + 1 + bool(cursor.get(after + 1, "minute_mark"))
        return float(hour), False, after
    known = not told and 1 <= hour <= 12 and (_says_which_half(cursor, after) or _to_hour(cursor, after))
    return (float(hour), False, after) if known else None


def _to_hour(cursor: Cursor, at: int) -> tuple[float, int | None, int] | None:
    """(until which hour, half of the day, token after) of "9 to 11 this morning"."""
    joins = cursor[at].mark in ("-", "–") or cursor.get(at, "to") or cursor.get(at, "and")
    hour = cursor.whole_number(at + 1, 1, 12) if joins else None
    if hour is None or not _says_which_half(cursor, at + 2):
        return None
    half = cursor.get(at + 2, "meridiem")
    return float(hour), half, at + 2 + (half is not None)


def _says_which_half(cursor: Cursor, at: int) -> bool:
    """Whether "pm", "in the afternoon" or "last night" follows."""
    if cursor.get(at, "meridiem") is not None:
        return True
    after = cursor.past_links(at)
    if " " in str(cursor.get(after, "day") or ""):
        return True  # "last night" has its hours
    named = cursor.get(after, "nearest") is not None or cursor.get(after, "day") is not None
    return cursor.get(after + named, "part") is not None and (after > at or named)


RULES = (Rule("time number meridiem clock_before", clock),)
