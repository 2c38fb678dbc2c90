"""Which way an expression looks: on, before, after, since, until, between, about, by the words around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ntm_memory.times.cursor import Cursor
from ntm_memory.times.intervals import Span, add, fineness
from ntm_memory.times.phrases import Phrase
from ntm_memory.times.pieces import Piece

AFTER, BEFORE = ("after", "since", "starting"), ("before", "until")
"""Directions of what has no end, and of what has no start."""
_AROUND = {"minute": ("minute", 30), "hour": ("minute", 30), "day": ("day", 3), "weekend": ("day", 3)}
_AROUND |= {"week": ("week", 1), "month": ("day", 15), "year": ("month", 6)}


@dataclass(frozen=True)
class Meant:
    """What one expression says.

    Args:
        start, end: its stretch, open where one is None.
        direction: which way it looks.
        grain: how long what it names is.
        yearly: whether no year is told.
        first, after: its first token, and the one after its last.
        named: what is named itself, of a stretch about it.
    """

    start: datetime | None
    end: datetime | None
    direction: str
    grain: str
    yearly: bool
    first: int
    after: int
    named: Span | None = None


def is_yearly(parts: Sequence[Piece]) -> bool:
    """Whether no year is told."""
    plain = [piece for piece in parts if piece.portion is None]
    return bool(plain) and max(plain, key=lambda piece: fineness(piece.grain)).is_yearly


def ends_towards(span: Span, direction: str) -> tuple[datetime | None, datetime | None]:
    """The ends of what lies in that direction of a stretch, None where it has none."""
    if direction in BEFORE:
        return None, span.start if direction == "before" else span.end
    if direction in AFTER:
        return span.end if direction == "after" else span.start, None
    return span.start, span.end


def widened(span: Span, grain: str) -> Span:
    """What "about" such a time is."""
    unit, count = _AROUND.get(grain, ("month", 0))
    if grain == "day" and span.end - span.start > timedelta(days=1):
        return span
    if grain in ("hour", "minute"):
        return Span(add(span.start, -count, unit), add(span.start, count, unit))
    return Span(add(span.start, -count, unit), add(span.end, count, unit))


def token_before(cursor: Cursor, first: int) -> int:
    """The token before an expression that is not a mere link, at most three back."""
    at = first - 1
    for _ in range(3):
        if not cursor.get(at, "link") or cursor.get(at, "direction") or cursor.get(at, "from"):
            break
        at -= 1
    return at


def direction_of(cursor: Cursor, phrase: Phrase) -> tuple[str, int, int]:
    """(direction, first token, token after) of a phrase with the word that says it, before or after it."""
    told = cursor.get(phrase.after, "direction_after")
    at = token_before(cursor, phrase.first)
    if any(piece.ranged for piece in phrase.parts):
        opened = cursor.get(at, "between") or cursor.get(at, "from")
        return "between", at if opened else phrase.first, phrase.after
    if told is not None and not _is_of_next(cursor, phrase.after):
        twice = cursor.get(at, "direction") == told or (told == "since" and cursor.get(at, "from"))  # 到三月为止
        return str(told), at if twice else phrase.first, phrase.after + 1
    started = cursor.get(at, "from")
    if started and cursor.get(phrase.after, "on_after_from"):
        return "since", at, phrase.after + 1
    if cursor.get(phrase.after, "to") and cursor.get(cursor.past_links(phrase.after + 1), "now"):
        return "since", at if started else phrase.first, cursor.past_links(phrase.after + 1) + 1
    told = cursor.get(at, "direction")
    if started and told is None and cursor.alone:
        return "since", at, phrase.after
    if told is None or (told == "about?" and not _can_be_rounded(cursor, at + 1)):
        return "on", phrase.first, phrase.after
    return str(told).rstrip("?"), at, phrase.after


def _is_of_next(cursor: Cursor, at: int) -> bool:
    """Whether words after a time say rather the direction of the next: "before the 6th and after the 3rd"."""
    after = cursor.past_links(at + 1)
    names = ("number", "ordinal", "date", "month", "weekday", "day", "nearest")
    return cursor.get(at, "direction") is not None and any(cursor.get(after, name) is not None for name in names)


def _can_be_rounded(cursor: Cursor, at: int) -> bool:
    """Whether "about" can mean nearly: before numbers; "we talked about last week" is of that week."""
    return any(cursor.get(at, name) is not None for name in ("number", "date", "time", "clock_before"))
