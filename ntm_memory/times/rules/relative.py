"""Tokens → parts that count from now: yesterday, last week, 上周五, this time last year, the past month."""

from __future__ import annotations

from datetime import timedelta

from ntm_memory.times.cursor import Cursor, Found, Rule
from ntm_memory.times.intervals import Span, add, fineness, floor, whole
from ntm_memory.times.pieces import NEEDS_COMPANY, SURE, Piece, nearest
from ntm_memory.times.rules.absolute import month_piece
from ntm_memory.times.rules.parts import hours_piece, recurring, weekday_piece

UNITS = ("week", "month", "quarter", "half", "year", "decade", "century")


def one(span: Span, grain: str, after: int, *, sure: int = SURE, about: bool = False) -> Found:
    """A single fixed part."""
    return [Piece(grain, span, sure=sure, about=about)], after


def day(cursor: Cursor, at: int) -> Found:
    """A day by its distance: today, yesterday, 前天, or some hours of it: tonight, 昨晚."""
    told = cursor.get(at, "day")
    if told is None:
        return None
    away, _, hours = str(told).partition(" ")
    there = whole(cursor.frame.now, "day", int(away))
    parts: list[Piece] = [Piece("day", there)]
    return (parts + [hours_piece(hours)] if hours else parts), at + 1


def unit_from_now(cursor: Cursor, at: int) -> Found:
    """A unit that one word tells: 去年, 先週, 지난주."""
    told = cursor.get(at, "when")
    if told is None:
        return None
    unit, step = told.split()
    if unit == "weekend":
        return [Piece("week", whole(cursor.frame.now, "week", int(step))), weekday_piece(unit)], at + 1
    return one(whole(cursor.frame.now, unit, int(step)), unit, at + 1)


def vague(cursor: Cursor, at: int) -> Found:
    """Days or minutes around now: recently, the other day, 前几天, just now; a year so far."""
    frame = cursor.frame
    if (unit := cursor.get(at, "so_far")) is not None:
        return one(Span(floor(frame.now, unit), frame.now), unit, at + 1)
    if (minutes := cursor.get(at, "minutes")) is not None:
        return one(Span(frame.now + timedelta(minutes=minutes), frame.now), "minute", at + 1, about=True)
    told = cursor.get(at, "vague")
    if told is None:
        return None
    first, last = told.split("~")
    start = add(frame.today, -1, "month") if first == "month" else frame.today + timedelta(days=int(first))
    end = frame.now if last == "now" else frame.today + timedelta(days=int(last))
    return one(Span(start, end), "day", at + 1, about=True)


def rest(cursor: Cursor, at: int) -> Found:
    """What is left of a unit after today, or what is over of it: later this week, earlier this year."""
    unit, told = cursor.get(at + 1, "unit"), cursor.get(at, "rest")
    if unit not in UNITS or told is None:
        return None
    if told < 0:
        return one(Span(floor(cursor.frame.now, unit), cursor.frame.now), unit, at + 2)
    tomorrow, end = add(cursor.frame.today, 1, "day"), whole(cursor.frame.now, unit).end
    return one(Span(tomorrow, end), unit, at + 2, about=True) if tomorrow < end else None


def same_time(cursor: Cursor, at: int) -> Found:
    """This time, of the year or week told beside it: of a year the month, of a month or a week the day; or this day."""
    if cursor.get(at, "same_time") is None:
        return None
    now, is_day = cursor.frame.now, cursor.get(at, "same_time") == "day"

    def portion(span: Span, grain: str) -> tuple[Span, str] | None:
        if grain == "year":
            there = add(now, span.start.year - now.year, "year")
            unit = "day" if is_day else "month"
            return whole(there, unit), unit
        if fineness(grain) <= fineness("day"):
            return span, grain
        away = floor(now, "day") - floor(now, "week" if grain == "week" else "month")
        return (whole(span.start + away, "day"), "day") if grain in ("week", "month") else None

    return [Piece("day", portion=portion, sure=NEEDS_COMPANY, about=not is_day)], at + 1


def step(cursor: Cursor, at: int) -> Found:
    """Whole units from now, and what lies in them: 上个月, 下下周一, 这个周末."""
    told = cursor.get(at, "step")
    if told is None:
        return None
    after = at + 1 + bool(cursor.get(at + 1, "measure"))
    unit = cursor.get(after, "unit")
    if unit in UNITS:
        return one(whole(cursor.frame.now, unit, told), unit, after + 1)
    found = recurring(cursor, after)
    if found is None or found[0].container not in ("week", "year"):
        return None
    piece, after = found
    if told == 0:
        span = nearest(piece, cursor.frame, 0)
        return None if span is None else one(span, piece.grain, after)
    return [Piece(piece.container, whole(cursor.frame.now, piece.container, told)), piece], after


def nearest_one(cursor: Cursor, at: int) -> Found:
    """The last, this or the next unit, month, weekday, season, holiday: last week, next Friday, this morning."""
    told, after = cursor.get(at, "nearest"), at + 1
    named_at = at if told is None else after + bool(cursor.get(after, "measure"))
    if told == -1 and _is_last_of(cursor, named_at + 1):
        return None
    if (unit := cursor.get(named_at, "unit")) in UNITS:
        told, after = (told, named_at + 1) if told is not None else _told_after(cursor, named_at + 1)
        if cursor.get(after, "but_one") and told in (-1, 1):
            told, after = 2 * told, after + 1
        return None if told is None else one(whole(cursor.frame.now, unit, told), unit, after)
    found = _recurring_or_month(cursor, named_at)
    if found is None:
        return None
    piece, after = found
    if told is None:
        told, after = _told_after(cursor, after)
    doubtful = told == 0 and cursor[named_at].weak and cursor[named_at].lower and piece.grain == "month"
    if told is None or doubtful:
        return None
    if cursor.get(after, "but_one") and told in (-1, 1):
        told, after = 2 * told, after + 1
    span = nearest(piece, cursor.frame, told)
    return None if span is None else one(span, piece.grain, after)


def _is_last_of(cursor: Cursor, at: int) -> bool:
    """Whether "last" counts from the end of what follows: "the last Friday of May", "the last week in 2025"."""
    if cursor.get(at - 1, "unit") in ("year", "decade", "century"):  # "last year in May" is the May of last year
        return False
    after = cursor.past_links(at)
    names = ["season", "when", "unit", "nearest", "step", "quarter_mark"]
    if not cursor.get(at - 1, "season") and cursor.get(at - 1, "unit") not in ("month", "quarter"):
        names.append("month")
    told = any(cursor.get(after, name) is not None for name in names) or (cursor.get(after, "digits") == 4)
    return after > at and told and cursor.get(at - 2, "ordinal") is not None


def _recurring_or_month(cursor: Cursor, at: int) -> tuple[Piece, int] | None:
    month = cursor.get(at, "month")
    return recurring(cursor, at) if month is None else (month_piece(month), at + 1)


def _told_after(cursor: Cursor, at: int) -> tuple[int | None, int]:
    """What stands after the unit: "semaine dernière", "the week before last"."""
    for name in ("nearest_after", "before_last"):
        if (told := cursor.get(at, name)) is not None:
            return told, at + 1
    step, named = cursor.get(at + 1, "nearest"), cursor.get(at + 2, "unit")
    if named is None and step is not None and _recurring_or_month(cursor, at + 2) is None:
        side = cursor.get(at, "direction")
        if (side, step) in (("before", -1), ("after", 1)):
            return 2 * step, at + 2
    return None, at


def window(cursor: Cursor, at: int) -> Found:
    """Some units up to now or from now: the past three days, last few weeks, 过去一年, les 3 derniers jours."""
    found = _window(cursor, at)
    if found is None:
        return None
    told, high, unit, after = found
    frame = cursor.frame
    if unit in ("minute", "hour"):
        span = (
            Span(add(frame.now, -high, unit), frame.now) if told <= 0 else Span(frame.now, add(frame.now, high, unit))
        )
    elif told <= 0:
        span = Span(add(frame.today, -high, unit), add(frame.today, 1, "day"))
    else:
        span = Span(frame.today, add(add(frame.today, 1, "day"), high, unit))
    return one(span, unit, after, about=True)


def _window(cursor: Cursor, at: int) -> tuple[int, float, str, int] | None:
    """(before now −1 or after it 1, how many, of what, token after)."""
    told, after = cursor.get(at, "window"), at + 1
    alone = told is not None and cursor.get(at, "nearest") is None and cursor.get(at, "step") is None
    alone = alone or cursor.get(at, "rolling") is not None
    told = cursor.get(at, "step") if told is None else told
    if told is not None:
        period = cursor.period(after)
        unit = cursor.get(after, "unit")
        if unit == "fortnight":
            return told, 2.0, "week", after + 1
        if period is None and alone and unit in UNITS and not _is_last_of(cursor, after + 1):
            period = (1.0, 1.0), str(unit), after + 1
        return None if period is None else (told, period[0][1], *period[1:])
    counted = cursor.count(at)
    if counted is not None and (told := cursor.get(counted[1], "window")) is not None:
        unit = cursor.get(counted[1] + 1, "unit")
        return None if unit is None else (told, counted[0][1], unit, counted[1] + 2)
    period = cursor.period(at)
    told = None if period is None else cursor.get(period[2], "window_after")
    return None if period is None or told is None else (told, period[0][1], period[1], period[2] + 1)


def at_present(cursor: Cursor, at: int) -> Found:
    """This very moment, where nothing but it is told: now."""
    now = cursor.frame.now.replace(microsecond=0)
    moment = Span(now, now + timedelta(seconds=1))
    return one(moment, "minute", at + 1) if cursor.alone and cursor.get(at, "now") else None


RULES = (
    Rule("same_time", same_time),
    Rule("window step number", window),
    Rule("vague minutes so_far", vague),
    Rule("rest", rest),
    Rule("day", day),
    Rule("when", unit_from_now),
    Rule("step", step),
    Rule("nearest unit month weekday season season_letter season_part holiday holidays moving part", nearest_one),
    Rule("now", at_present),
)
