"""Tokens → parts that count from now: yesterday, last week, three days ago, the past month, 上周五."""

from __future__ import annotations

from datetime import timedelta

from ntm_memory.times.absolute import month_piece
from ntm_memory.times.intervals import Span, add, whole
from ntm_memory.times.parts import hours_piece, recurring, season_piece, weekday_piece
from ntm_memory.times.pieces import NEEDS_COMPANY, SURE, Piece, nearest
from ntm_memory.times.reader import Found, Reader, Rule

_FINER = {"decade": "year", "year": "month", "half": "month", "quarter": "month", "month": "week", "week": "day"}
_UNITS = ("week", "month", "quarter", "half", "year", "decade", "century")


def _one(span: Span, grain: str, after: int, *, sure: int = SURE, about: bool = False) -> Found:
    return [Piece(grain, span, sure=sure, about=about)], after


def day(reader: Reader, at: int) -> Found:
    """A day by its distance: today, yesterday, 前天, or some hours of it: tonight, 昨晚."""
    told = reader.get(at, "day")
    if told is None:
        return None
    away, _, hours = str(told).partition(" ")
    there = whole(reader.frame.now, "day", int(away))
    parts: list[Piece] = [Piece("day", there)]
    return (parts + [hours_piece(hours)] if hours else parts), at + 1


def unit_from_now(reader: Reader, at: int) -> Found:
    """A unit that one word tells: 去年, 先週, 지난주."""
    told = reader.get(at, "when")
    if told is None:
        return None
    unit, step = told.split()
    if unit == "weekend":
        return [Piece("week", whole(reader.frame.now, "week", int(step))), weekday_piece(unit)], at + 1
    return _one(whole(reader.frame.now, unit, int(step)), unit, at + 1)


def vague(reader: Reader, at: int) -> Found:
    """Days around now: recently, the other day, 前几天."""
    told = reader.get(at, "vague")
    if told is None:
        return None
    first, last = map(int, told.split("~"))
    today = reader.frame.today
    return _one(Span(today + timedelta(days=first), today + timedelta(days=last)), "day", at + 1, about=True)


def same_time(reader: Reader, at: int) -> Found:
    """This time, of the year or week told beside it."""
    if reader.get(at, "same_time") is None:
        return None
    return _one(whole(reader.frame.now, "day"), "day", at + 1, sure=NEEDS_COMPANY, about=True)


def step(reader: Reader, at: int) -> Found:
    """Whole units from now, and what lies in them: 上个月, 下下周一, 这个周末."""
    told = reader.get(at, "step")
    if told is None:
        return None
    after = at + 1 + bool(reader.get(at + 1, "measure"))
    unit = reader.get(after, "unit")
    if unit in _UNITS:
        return _one(whole(reader.frame.now, unit, told), unit, after + 1)
    if (
        unit == "day"
        and told == 0
        and reader[after].end - reader[after].start == 1
        and reader[at].end - reader[at].start == 1
    ):
        return None
    found = recurring(reader, after)
    if found is None or found[0].container not in ("week", "year"):
        return None
    piece, after = found
    return [Piece(piece.container, whole(reader.frame.now, piece.container, told)), piece], after


def nearest_one(reader: Reader, at: int) -> Found:
    """The last, this or the next unit, month, weekday, season, holiday: last week, next Friday, this morning."""
    told, after = reader.get(at, "nearest"), at + 1
    named_at = at if told is None else after
    if told == -1 and _is_last_of(reader, named_at + 1):
        return None
    if (unit := reader.get(named_at, "unit")) in _UNITS:
        after = named_at + 1
        if told is None:
            told, after = _told_after(reader, after)
        return None if told is None else _one(whole(reader.frame.now, unit, told), unit, after)
    found = _recurring_or_month(reader, named_at)
    if found is None:
        return None
    piece, after = found
    if told is None:
        told, after = _told_after(reader, after)
    doubtful = told == 0 and reader[named_at].weak and reader[named_at].lower and piece.grain == "month"
    if told is None or doubtful:
        return None
    if reader.get(after, "before_last") == 2 * told:
        told, after = 2 * told, after + 1
    span = nearest(piece, reader.frame, told)
    return None if span is None else _one(span, piece.grain, after)


def _is_last_of(reader: Reader, at: int) -> bool:
    """Whether "last" counts from the end of what follows: "the last Friday of May", "the last week in 2025"."""
    after = reader.past_links(at)
    names = ("month", "season", "when", "unit", "nearest", "step", "quarter_mark")
    told = any(reader.get(after, name) is not None for name in names) or (reader.get(after, "digits") == 4)
    return after > at and told and reader.get(at - 2, "ordinal") is not None


def _recurring_or_month(reader: Reader, at: int) -> tuple[Piece, int] | None:
    month = reader.get(at, "month")
    return recurring(reader, at) if month is None else (month_piece(month), at + 1)


def _told_after(reader: Reader, at: int) -> tuple[int | None, int]:
    """What stands after the unit: "semaine dernière", "the week before last"."""
    for name in ("nearest_after", "before_last"):
        if (told := reader.get(at, name)) is not None:
            return told, at + 1
    return None, at


def window(reader: Reader, at: int) -> Found:
    """Some units up to now or from now: the past three days, last few weeks, 过去一年, les 3 derniers jours."""
    told, after = reader.get(at, "window"), at + 1
    told = reader.get(at, "step") if told is None else told
    if told is not None:
        period = reader.period(after)
        if (
            period is None
            and not reader.get(at, "nearest")
            and reader.get(at, "window")
            and (unit := reader.get(after, "unit")) is not None
            and unit not in ("day", "minute")
        ):
            period = (1.0, 1.0), unit, after + 1
    else:
        counted = reader.count(at)
        told = None if counted is None else reader.get(counted[1], "window")
        unit = None if counted is None else reader.get(counted[1] + 1, "unit")
        period = None if counted is None or unit is None else (counted[0], unit, counted[1] + 2)
        if period is None and (period := reader.period(at)) is not None:
            told = reader.get(period[2], "window_after")
            period = (*period[:2], period[2] + 1)
    if told is None or period is None:
        return None
    (_, high), unit, after = period
    frame = reader.frame
    if unit in ("minute", "hour"):
        moment = frame.now
        span = Span(add(moment, -high, unit), moment) if told <= 0 else Span(moment, add(moment, high, unit))
    elif told <= 0:
        span = Span(add(frame.today, -high, unit), add(frame.today, 1, "day"))
    else:
        span = Span(frame.today, add(add(frame.today, 1, "day"), high, unit))
    return _one(span, unit, after, about=True)


def ago(reader: Reader, at: int) -> Found:
    """So many units before or after now: three days ago, in two weeks, 半年前, vor 3 Tagen, il y a un mois."""
    before = 0
    for name, sign in (("ago_before", -1), ("ahead_before", 1)):
        before = before or sign * bool(reader.get(at, name))
    if before > 0 and reader.frame.past:  # "in two weeks" of what was is how long it took
        return None
    counted = _plural_ago(reader, at) if not before else None
    if counted is not None:
        return counted
    period = reader.period(at + bool(before))
    if period is None:
        return None
    counts, unit, after = period
    if not before:
        before = -bool(reader.get(after, "ago")) or int(bool(reader.get(after, "ahead")))
        after += 1
        if not before or _is_a_date(reader, at, unit):
            return None
    low, high = sorted((before * counts[0], before * counts[1]))
    return _away(reader, low, high, unit, after)


def just_before(reader: Reader, at: int) -> Found:
    """The days or weeks that end today: 前几天, 前两周."""
    period = reader.period(at + 1) if reader.get(at, "before_count") else None
    if period is None:
        return None
    (_, high), unit, after = period
    today = reader.frame.today
    return _one(Span(add(today, -high, unit), today), unit, after, about=True)


def _is_a_date(reader: Reader, at: int, unit: str) -> bool:
    """Whether 2022年前 means before that year; 三个月前 and 3年前 count back."""
    return unit == "year" and (reader.whole_number(at, 1000, 2999) is not None)


def _away(reader: Reader, low: float, high: float, unit: str, after: int) -> Found:
    while low % 1 and unit in _FINER:
        finer = _FINER[unit]
        low, high = low, high
        start, end = (whole(add(reader.frame.now, count, unit), finer) for count in (low, high))
        return _one(Span(start.start, end.end), finer, after, about=low != high)
    start, end = (whole(add(reader.frame.now, count, unit), unit) for count in (low, high))
    return _one(Span(start.start, end.end), unit, after, about=low != high)


def _plural_ago(reader: Reader, at: int) -> Found:
    """So many weekdays, summers, Christmases ago."""
    counted = reader.count(at)
    told = None if counted is None else reader.get(counted[1], "several")
    told = reader.get(counted[1], "weekday") if counted is not None and told is None else told
    if counted is None or told is None or not reader.get(counted[1] + 1, "ago"):
        return None
    if told in ("spring", "summer", "autumn", "winter"):
        piece = season_piece(str(told))
    elif told == "night":
        return _one(whole(reader.frame.now, "day", -counted[0][0]), "day", counted[1] + 2)
    else:
        piece = weekday_piece(told) if isinstance(told, int) or told == "weekend" else _christmas()
    span = nearest(piece, reader.frame, -round(counted[0][0]))
    return None if span is None else _one(span, piece.grain, counted[1] + 2)


def _christmas() -> Piece:
    from ntm_memory.times.absolute import date_piece

    return date_piece(12, 25)


RULES = (
    Rule("same_time", same_time),
    Rule("window step number", window),
    Rule("vague", vague),
    Rule("day", day),
    Rule("when", unit_from_now),
    Rule("number period ago_before ahead_before", ago),
    Rule("before_count", just_before),
    Rule("step", step),
    Rule("nearest unit month weekday season season_letter holiday holidays part", nearest_one),
)
