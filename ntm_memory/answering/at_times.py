"""Which memories are of a time that a question tells, and what there is where none is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, tzinfo

import numpy as np
from numpy.typing import NDArray

from ntm_memory.controller.asking import SURE
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, Reading
from ntm_memory.recall.time_match import is_short
from ntm_memory.store.records import MemoryMatrix
from ntm_memory.text.occurrence import MOMENT, is_of
from ntm_memory.times.intervals import Frame, add
from ntm_memory.times.told import DAY, HOUR, YEAR, Time

ELSEWHERE = 0.5
"""What a memory counts that is not where the question asks: of another time, in another place."""


def asks_by_time(query: Query, parts: Sequence[Query]) -> bool:
    """Whether a question as a whole is about times: it tells some, and so do all questions within it."""
    return bool(query.times) and all(part.times for part in parts)


def of_its_time(slots: MemoryMatrix, query: Query) -> Query:
    """A query that may see only what is of the times that it tells, where anything is."""
    there = of_the_time(slots, query) if query.times else None
    return query if there is None or not there.any() else replace(query, allowed=there)


def of_the_time(slots: MemoryMatrix, query: Query) -> NDArray[np.bool_]:
    """(N,) which memories happened at a time that the question tells, or tell of it, of those that it may see.

    Where no year is told it is the likeliest one; any other where there is nothing then.
    """
    return _first_found(slots, query, lambda times: inside(slots, times) | telling(slots, times, query.zone))


def in_order(slots: MemoryMatrix, query: Query, there: NDArray[np.bool_]) -> NDArray[np.int64]:
    """What is of a time that is asked for, the earliest first; behind it what is known less exactly than asked for.

    Args:
        slots: the memories.
        query: tells times.
        there: (N,) which are of them.
    """
    times = [each for time in query.times for each in (time, *_in_other_years(time, slots, query.zone))]
    start, end = slots.happened, slots.over
    happened = inside(slots, times)
    rough = [(start <= time.start) & (end - start > time.end - time.start) for time in times]
    told = np.where(_of_any(times, slots.mentioned), slots.mentioned[..., 0], np.inf).min(axis=1, initial=np.inf)
    when = np.where(happened, start, told)
    group = np.where(happened, np.any(rough, axis=0), 2 * np.isinf(told))
    index = np.flatnonzero(there)
    return index[np.lexsort((when[index], group[index]))]


def inside(slots: MemoryMatrix, times: Sequence[Time]) -> NDArray[np.bool_]:
    """(N,) which memories happened at one of some times."""
    there: NDArray[np.bool_] = np.any([is_of(slots.happened, slots.over, t.start, t.end) for t in times], axis=0)
    return there


def telling(slots: MemoryMatrix, times: Sequence[Time], zone: tzinfo | None) -> NDArray[np.bool_]:
    """(N,) which memories tell in their words one of some times.

    A date without a year is of every year for a question of a month at most, if nothing says when the memory happened.
    """
    there = _of_any(times, slots.mentioned)
    every_year = (slots.mentioned[..., 2] == 1) & np.isnan(slots.occurred)[:, None]
    if every_year.any():
        short = [time for time in times if is_short(time)]
        others = [each for time in short for each in _years_of(time, slots.mentioned[every_year][:, 0], zone)]
        there |= every_year & _of_any(others, slots.mentioned)
    return there.any(axis=1)


def _of_any(times: Sequence[Time], mentioned: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N, K) which told times of memories are of one of some times, and no longer than it or a day."""
    start, end = mentioned[..., 0], mentioned[..., 1]
    closed = np.isfinite(start) & np.isfinite(end)
    there = np.zeros(closed.shape, dtype=bool)
    for time in times:
        exact = end - start <= max(time.end - time.start, DAY) + HOUR
        there |= closed & exact & is_of(start, end, time.start, time.end)
    return there


def _first_found(
    slots: MemoryMatrix, query: Query, find: Callable[[Sequence[Time]], NDArray[np.bool_]]
) -> NDArray[np.bool_]:
    """(N,) what is found of the likeliest years of what a question tells; where nothing is, of the other ones."""
    there = find(query.times) if query.allowed is None else find(query.times) & query.allowed
    others = [] if there.any() else [each for t in query.times for each in _in_other_years(t, slots, query.zone)]
    if others:
        there = find(others) if query.allowed is None else find(others) & query.allowed
    return there


def _in_other_years(time: Time, slots: MemoryMatrix, zone: tzinfo | None) -> list[Time]:
    """A time that tells no year in the years of memories; none of one that tells its year or is open."""
    if not time.yearly or time.is_open:
        return []
    return _years_of(time, np.concatenate([slots.happened, slots.mentioned[..., 0].ravel()]), zone)


def _years_of(time: Time, moments: NDArray[np.float64], zone: tzinfo | None) -> list[Time]:
    """A time as it is in the years, by the calendar, around some moments."""
    start, end = (Frame.at(seconds, zone) for seconds in (time.start, time.end))
    years = np.unique(np.round((moments[np.isfinite(moments)] - time.start) / YEAR)).astype(int).tolist()
    found = []
    for away in sorted({year + beside for year in years for beside in (-1, 0, 1)}):
        with suppress(OverflowError, ValueError):
            ends = (frame.seconds(add(frame.now, away, "year")) for frame in (start, end))
            found.append(Time(*ends, time.direction, time.precision, place=time.place))
    return found


def untold(slots: MemoryMatrix) -> NDArray[np.bool_]:
    """(N,) which memories may tell times besides those that are kept: as many are kept as can be."""
    return ~np.isnan(slots.mentioned[:, -1, 0])


def doubted(reading: Reading, slots: MemoryMatrix, query: Query) -> Reading:
    """A reading whose memories count less where they are of another time and tell none that is asked for."""
    if not len(reading.index):
        return reading
    trusted = of_the_time(slots, replace(query, allowed=None)) | untold(slots)
    share = np.where(trusted, 1.0, ELSEWHERE)[reading.index]
    weights = reading.weights * share
    ranked = np.argsort(-weights, kind="stable")
    return replace(
        reading,
        index=reading.index[ranked],
        weights=weights[ranked],
        logits=(reading.logits + np.log(share))[ranked],
        confidence=reading.confidence * float(share[ranked[0]]),
        steps=tuple(reading.steps[i] for i in ranked) if reading.steps else (),
        chances=None if reading.chances is None else (reading.chances * share)[ranked],
    )


def why_nothing_then(corpus: Corpus, query: Query) -> str | None:
    """Where a question asks for nothing but a time at which there is nothing: that, and the nearest day with something.

    None: something is there, or more is asked for.
    """
    may_tell = untold(corpus.slots) if query.allowed is None else untold(corpus.slots) & query.allowed
    if query.time_alone <= SURE or (of_the_time(corpus.slots, query) | may_tell).any():
        return None
    named = ", ".join(query.text[slice(*time.place)].strip() for time in query.times)
    return f"nothing is told of the time asked for ({named}); nearest: {nearest_day(corpus.slots, query)}"


def nearest_day(slots: MemoryMatrix, query: Query) -> str:
    """The day nearest to the times that a question tells, of those on which something happened that it may see."""
    start, end = slots.happened, slots.over
    if query.allowed is not None:
        start, end = start[query.allowed], end[query.allowed]
    gaps = [np.maximum(time.start - end, start - time.end) for time in query.times]
    time = query.times[int(np.min(gaps, axis=1).argmin())]
    nearest = int(np.min(gaps, axis=0).argmin())
    seconds = float(start[nearest] if start[nearest] >= time.end else end[nearest] - MOMENT)
    return datetime.fromtimestamp(seconds, query.zone).date().isoformat()
