"""Tokens → hours of a day: 5pm, 17:30, 下午三点半, half past nine, between 9 and 11 in the morning."""

from __future__ import annotations

from dataclasses import replace

from ntm_memory.times.parts import hours_piece
from ntm_memory.times.reader import Found, Reader, Rule

_EVENING = 6


def clock(reader: Reader, at: int) -> Found:
    """A time of the day, or from one to another."""
    half = reader.get(at, "meridiem")
    start = at + (half is not None)
    found = _hour(reader, start, told=half is not None)
    if found is None:
        return None
    first, is_minute, after = found
    to = _to_hour(reader, after) if half is None else None
    if to is not None:
        last, half, after = to
    elif half is None and (half := reader.get(after, "meridiem")) is not None:
        after += 1
    if half is not None:
        first = _in_half(first, half)
        last = _in_half(last, half) if to is not None else 0.0
    if to is None:
        last = first + (1 / 60 if is_minute else 1)
    of_day = [hours_piece(reader.get(at, "part"))] if start > at and reader.get(at, "part") else []
    piece = hours_piece(f"{first}~{last}", "minute" if is_minute else "hour")
    return [*of_day, replace(piece, ranged=to is not None)], after


def _in_half(hour: float, half: int) -> float:
    """An hour of twelve as one of the day: of the first half (0) or the second (12)."""
    return hour % 12 + half if hour < 13 else hour


def _hour(reader: Reader, at: int, *, told: bool) -> tuple[float, bool, int] | None:
    """(hour of the day, whether minutes are told, token after); `told`: which half of the day is known."""
    after = at + 1
    if (time := reader.get(at, "time")) is not None:
        return (int(time["h6"]) + int(time["min6"]) / 60, True, after) if int(time["h6"]) < 25 else None
    if (minutes := reader.get(at, "clock_before")) is not None:
        hour = reader.whole_number(after, 1, 12)
        if hour is None:
            return None
        told = told or _says_which_half(reader, after + 1)
        later = 12 if hour <= _EVENING and not told else 0  # quarter to six is in the afternoon
        return hour + later + minutes / 60, True, after + 1
    hour = reader.whole_number(at, 0, 24)
    if hour is None:
        return None
    if reader.get(after, "clock") is not None:
        after += 1
        if (half := reader.get(after, "clock_half")) is not None:
            return hour + half / 60, True, after + 1
        minute = reader.whole_number(after, 0, 59)
        if minute is not None and reader.get(at, "spelled") == reader.get(after, "spelled"):
            return hour + minute / 60, True, after + 1 + bool(reader.get(after + 1, "minute_mark"))
        return float(hour), False, after
    known = not told and 1 <= hour <= 12 and (_says_which_half(reader, after) or _to_hour(reader, after))
    return (float(hour), False, after) if known else None


def _to_hour(reader: Reader, at: int) -> tuple[float, int | None, int] | None:
    """(until which hour, half of the day, token after) of "9 to 11 this morning"."""
    joins = reader[at].mark in ("-", "–") or reader.get(at, "to") or reader.get(at, "and")
    hour = reader.whole_number(at + 1, 1, 12) if joins else None
    if hour is None or not _says_which_half(reader, at + 2):
        return None
    half = reader.get(at + 2, "meridiem")
    return float(hour), half, at + 2 + (half is not None)


def _says_which_half(reader: Reader, at: int) -> bool:
    """Whether "pm", "in the afternoon" or "last night" follows."""
    if reader.get(at, "meridiem") is not None:
        return True
    after = reader.past_links(at)
    named = reader.get(after, "nearest") is not None or reader.get(after, "day") is not None
    return reader.get(after + named, "part") is not None and (after > at or named)


RULES = (Rule("time number meridiem clock_before", clock),)
