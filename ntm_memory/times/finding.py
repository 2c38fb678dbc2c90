"""What the other rooms ask of this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

from ntm_memory.times.expressions import spans_text, times_of
from ntm_memory.times.intervals import Frame
from ntm_memory.times.reader import Reader
from ntm_memory.times.tokens import tokens_of
from ntm_memory.times.told import Time
from ntm_memory.times.zones import month_first_here


def find_times(
    text: str, now: float, zone: tzinfo | None = None, *, past: bool | None = None, month_first: bool | None = None
) -> list[Time]:
    """The times that a text tells, in their order; what cannot be made sense of is left out.

    Args:
        text: a question or a note.
        now: unix seconds, when it is told: what "last week" counts from.
        zone: where; None: the system's.
        past: whether a time without its year is the latest one not after now (a question about what was) or the next
            one (a plan); None: the next one where the text speaks of what will be.
        month_first: whether 3/4 is 4 March, where the text's language does not say; None: as the system's language has it.
    """
    reader = _reader(text, now, zone, past, month_first)
    return [] if reader is None else times_of(reader)


def narrowest(times: Sequence[Time]) -> list[Time]:
    """Of nested times the narrowest: "in 2023, I mean on 8 May" is the day; of equal ones the first."""
    return [
        time
        for place, time in enumerate(times)
        if not any(
            time.holds(other) and (not other.holds(time) or i < place) for i, other in enumerate(times) if i != place
        )
    ]


def mentions(text: str, moment: float, zone: tzinfo | None = None) -> list[Time]:
    """The times that a memory tells, relative to its own moment."""
    return narrowest(find_times(text, moment, zone))


def read_time(
    text: str, now: float, zone: tzinfo | None = None, *, past: bool = True, month_first: bool | None = None
) -> Time | None:
    """The time of a text that is nothing but one, as people type it: "yesterday", "2026-11", "March"; None for no time."""
    reader = _reader(text, now, zone, past, month_first)
    if reader is None:
        return None
    return next(spans_text(reader, times_of(reader, alone=True), text), None)


def is_time(text: str) -> bool:
    """Whether a text is nothing but a time or a stretch of time: "May 2023", "去年五月", "三天"."""
    if read_time(text, 0.0) is not None:
        return True
    reader = _reader(text, 0.0, None, True, None)
    period = None if reader is None else reader.period(0)
    return period is not None and reader is not None and period[2] >= len(reader.tokens)


def _reader(text: str, now: float, zone: tzinfo | None, past: bool | None, month_first: bool | None) -> Reader | None:
    tokens, of_language = tokens_of(text)
    if not any(token.classes for token in tokens):
        return None
    try:
        frame = Frame.at(now, zone)
    except OverflowError:
        return None
    if month_first is None:
        month_first = month_first_here()
    if past is None:
        past = False if any(token.get("future") for token in tokens) else None
    month_first = month_first if of_language is None else of_language
    return Reader(tokens, replace(frame, past=past, month_first=month_first))
