"""What one part of an expression says, and how parts narrow each other: "Friday" of "last week", "early" of "May".

A part is fixed ("yesterday"), comes again in every unit ("Friday" in every week, "May" in every year), or is a
portion of whatever is told beside it ("early", "the first week of").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ntm_memory.times.intervals import Frame, Span, add, fineness, floor, whole

NEEDS_COMPANY, NEEDS_PREPOSITION, NEEDS_EVIDENCE, SURE = range(4)
"""What it takes to be read as a time: another part, a preposition of time, any hint, nothing."""
_TRIES = 9
"""So many years a day is looked for that is not in each: 29 February."""
_STEPS = 400


Portion = Callable[[Span, str], tuple[Span, str] | None]
"""Of a stretch and its grain a part and its own."""


@dataclass(frozen=True)
class Piece:
    """One part of an expression.

    Args:
        grain: how long it is, one of `GRAINS`.
        fixed: when it is, where that is sure.
        container: else the unit in which it comes again.
        within: its place in such a unit, by the unit's start; None: not in this one.
        portion: else which part of another stretch it is; of a stretch and its grain.
        sure: how much it takes to be read as a time.
        about: whether it is vague.
        ranged: whether it is a range itself: "3 to 7 May".
    """

    grain: str
    fixed: Span | None = None
    container: str = ""
    within: Callable[[datetime], Span | None] | None = None
    portion: Portion | None = None
    sure: int = SURE
    about: bool = False
    ranged: bool = False

    @property
    def is_yearly(self) -> bool:
        """Whether it comes every year."""
        return self.container == "year"

    def place(self, start: datetime) -> Span | None:
        """Its place in the unit that starts then."""
        assert self.within is not None
        try:
            return self.within(start)
        except ValueError:  # no such day
            return None

    def weakened(self, sure: int) -> Piece:
        """The same, read only on so much evidence."""
        return replace(self, sure=min(self.sure, sure))


def candidates(piece: Piece, frame: Frame) -> Iterator[Span]:
    """When it may be, the likeliest first: looking back the latest, looking ahead the next."""
    if piece.fixed is not None:
        yield piece.fixed
        return
    if piece.within is None:
        return
    here, step = floor(frame.now, piece.container), -1 if frame.looks_back else 1
    for count in range(_TRIES):
        span = piece.place(add(here, step * count, piece.container))
        if span is not None:
            yield span


def nearest(piece: Piece, frame: Frame, step: int) -> Span | None:
    """The last one before today, this one, or the next one after now; of two steps the one before or after that."""
    here, count = floor(frame.now, piece.container), 0
    if step == 0:
        before = piece.place(add(here, -1, piece.container))  # the winter of a January began the year before
        return before if before is not None and before.end > frame.now else piece.place(here)
    for away in range(_STEPS):
        span = piece.place(add(here, away if step > 0 else -away, piece.container))
        part = piece.grain in ("part", "hour", "minute")
        if span is not None and (span.start > frame.now if step > 0 else _is_over(span, frame, part)):
            count += 1
            if count == abs(step):
                return span
    return None


def _is_over(span: Span, frame: Frame, part: bool) -> bool:
    return span.start < frame.today if part else span.end <= frame.today


def inside(piece: Piece, base: Span) -> Span | None:
    """Where it is in a longer stretch; the first one of several."""
    if piece.fixed is not None:
        return _moved(piece, base)
    start = floor(base.start, piece.container)
    for _ in range(_STEPS):
        if start >= base.end:
            return None
        span = piece.place(start)
        of_that_day = piece.container == "day" and start >= base.start  # two o'clock of last night is on the next
        if span is not None and base.start <= span.start and (span.start < base.end or of_that_day):
            return span
        start = add(start, 1, piece.container)
    return None


def _moved(piece: Piece, base: Span) -> Span | None:
    """A fixed one that lies elsewhere is told to be at the same place: "today" of "last year"."""
    assert piece.fixed is not None
    if base.holds(piece.fixed):
        return piece.fixed
    days = (base.end - base.start).days
    unit = next((unit for unit, most in (("week", 7), ("month", 31), ("year", 366)) if days <= most), "")
    if not unit or fineness(piece.grain) >= fineness(unit):
        return None
    back = floor(piece.fixed.start, unit)
    if unit == "year":
        count = base.start.year - back.year
        start, end = (add(moment, count, unit) for moment in (piece.fixed.start, piece.fixed.end))
        thursday = start + timedelta(days=3)
        return whole(thursday, "week") if piece.grain == "week" else Span(start, end)
    return piece.fixed.later(base.start - back)


def combined(parts: Sequence[Piece], frame: Frame) -> tuple[Span, str] | None:
    """The stretch that all parts tell together, and its grain; None where there is no such time."""
    plain = [piece for piece in parts if piece.portion is None]
    plain = sorted(_without_checks(_with_hour(plain)), key=lambda p: -fineness(p.grain))
    if not plain:
        return None
    first = plain[0]
    for base in candidates(first, frame):
        found = _narrowed(base, first.grain, plain[1:], [p for p in parts if p.portion is not None])
        if found is None:
            continue
        span = found[0]
        if first.fixed is None and (span.start > frame.now if frame.looks_back else span.end <= frame.now):
            continue
        return found
    return None


def _with_hour(parts: list[Piece]) -> list[Piece]:
    """Parts where that of the day only says which of two hours is meant: "5 in the afternoon", "8 last night"."""
    of_day = next((piece for piece in parts if piece.grain == "part" and (piece.within or piece.fixed)), None)
    hour = next((piece for piece in parts if piece.grain in ("hour", "minute") and piece.within), None)
    if of_day is None or hour is None:
        return parts
    some_day = datetime(2000, 1, 1) if of_day.fixed is None else floor(of_day.fixed.start, "day")
    part, at = of_day.fixed or of_day.place(some_day), hour.place(some_day)
    if part is None or at is None:
        return parts
    halves = [timedelta(hours=hours) for hours in (0, 12, 24)]
    away = min(halves, key=lambda by: (_distance(at.start + by, part), by))
    rest = [piece for piece in parts if piece is not of_day and piece is not hour]
    if of_day.fixed is not None:
        return [*rest, replace(hour, fixed=at.later(away), within=None, container="")]
    return [*rest, replace(hour, within=lambda day: (span := hour.place(day)) and span.later(away))]


def _distance(moment: datetime, span: Span) -> timedelta:
    return max(span.start - moment, moment - span.end, timedelta(0))


def _without_checks(parts: list[Piece]) -> list[Piece]:
    """Parts without the weekday that is told beside a date: where it does not fit, people err in it."""
    dated = any(piece.grain == "day" and piece.container != "week" for piece in parts)
    return [piece for piece in parts if piece.container != "week" or not dated]


def _narrowed(span: Span, grain: str, finer: Sequence[Piece], portions: Sequence[Piece]) -> tuple[Span, str] | None:
    for piece in finer:
        found = inside(piece, span)
        if found is None:
            if piece.container == "week":  # a weekday that is told beside a date and does not fit is an error of people
                continue
            return None
        span, grain = found, piece.grain
    for piece in portions:
        assert piece.portion is not None
        part = piece.portion(span, grain)
        if part is None:
            return None
        span, grain = part
    return span, grain
