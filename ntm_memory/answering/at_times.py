"""Which memories are of a time that a question tells, and what there is where none is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ntm_memory.controller.asking import LIKELY, STEPS, SURE
from ntm_memory.operations.requests import RecallRequest
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, Reading
from ntm_memory.recall.mentioned import every_year, is_short, telling, tells_of, years_of
from ntm_memory.store.records import MemoryMatrix
from ntm_memory.text.iso_time import unix_seconds
from ntm_memory.text.occurrence import MOMENT, is_of
from ntm_memory.times.told import HOUR, Time

BY_CONTENT = np.array([step == 0 for step in STEPS], dtype=np.float32)
"""The steps of a question that asks for no place."""
ELSEWHERE = 0.5
"""What a memory counts that is not where the question asks: of another time, in another place."""


def asks_by_time(query: Query, parts: Sequence[Query]) -> bool:
    """Whether a question as a whole is about times: it tells some, and so do all questions within it."""
    return bool(query.times) and all(part.times for part in parts)


def of_its_time(slots: MemoryMatrix, query: Query) -> Query:
    """A query that may see only what is of the times that it tells, where anything is."""
    there = of_the_time(slots, query) if query.times else None
    return query if there is None or not there.any() else replace(query, allowed=there)


def of_its_filters(query: Query, request: RecallRequest) -> Query:
    """A query for whatever there is tells the time by which it is filtered, where it tells none itself.

    At a time no place is asked for by a question that names nothing to move from.
    """
    time, asked = _filtered(request), query.asked
    if asked is not None and query.times:
        names_nothing = asked.time > LIKELY and not asked.anchor
        return replace(query, asked=asked._replace(steps=BY_CONTENT)) if names_nothing else query
    if asked is None or time is None or asked.anything <= LIKELY:
        return query
    return replace(query, times=(time,), asked=asked._replace(steps=BY_CONTENT, time=asked.anything))


def _filtered(request: RecallRequest) -> Time | None:
    """The time that is asked for by options; None: none is."""
    if request.after is None and request.before is None:
        return None
    start = -math.inf if request.after is None else unix_seconds(request.after)
    return Time(start, math.inf if request.before is None else unix_seconds(request.before), "between")


def of_the_time(slots: MemoryMatrix, query: Query) -> NDArray[np.bool_]:
    """(N,) which memories happened at a time that the question tells, or tell of it, of those that it may see.

    Of "about 18 November" it is that day, where no year is told the likeliest one. Where there is nothing then, what is
    near, of another year, or of the day of a part of a day: of many things the day alone was told.
    """
    return _first_found(
        slots, query, lambda times, wide: inside(slots, times) | telling(slots, times, query.zone, wide=wide)
    )


def in_order(slots: MemoryMatrix, query: Query, there: NDArray[np.bool_]) -> NDArray[np.int64]:
    """What is of a time that is asked for, the earliest first.

    Behind it stands what is known less exactly than asked for or, of more than a month, tells of it only; behind that
    what is of every year.

    Args:
        slots: the memories.
        query: tells times.
        there: (N,) which are of them.
    """
    times = [*query.times, *_in_other_years(slots, query)]
    happened = inside(slots, times)
    rank, when = _told_order(slots, times)
    rough = np.any([_is_rough(slots, time) for time in times], axis=0)
    rank, when = np.where(happened, np.minimum(rank, rough), rank), np.where(happened, slots.happened, when)
    index = np.flatnonzero(there)
    return index[np.lexsort((when[index], rank[index]))]


def _is_rough(slots: MemoryMatrix, time: Time) -> NDArray[np.bool_]:
    """(N,) what happened at a time and is known less exactly than it."""
    start, end = slots.happened, slots.over
    rough: NDArray[np.bool_] = is_of(start, end, time.start, time.end)
    return rough & (start <= time.start) & (end - start > time.end - time.start)


def _told_order(slots: MemoryMatrix, times: Sequence[Time]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(N,) how far behind memories stand that tell of some times: 0, 1, 2; and (N,) the earliest that they tell."""
    start, length = slots.mentioned[..., 0], slots.mentioned[..., 1] - slots.mentioned[..., 0]
    rank, when = np.full(start.shape, 2), np.full(start.shape, np.inf)
    for time in times:
        once = tells_of(slots, time) & ~every_year(slots)
        behind = (length > time.end - time.start + HOUR) | (not is_short(time))
        rank = np.where(once, np.minimum(rank, behind), rank)
        when = np.where(once, start, when)
    return rank.min(axis=1, initial=2), when.min(axis=1, initial=np.inf)


def inside(slots: MemoryMatrix, times: Sequence[Time]) -> NDArray[np.bool_]:
    """(N,) which memories happened at one of some times."""
    there: NDArray[np.bool_] = np.any([is_of(slots.happened, slots.over, t.start, t.end) for t in times], axis=0)
    return there


def _first_found(
    slots: MemoryMatrix, query: Query, find: Callable[[Sequence[Time], bool], NDArray[np.bool_]]
) -> NDArray[np.bool_]:
    """(N,) what is found of what a question names: of "about 18 November" that day.

    Where nothing is, of what is near; where nothing is either, of the other years that may be meant, and at last also
    what tells of stretches of months ("the water is off from November to March").
    """
    seen, others = _seen(slots, query), _in_other_years(slots, query)
    for wide in (False, True) if others else (True,):
        for times in ([*map(_named, query.times)], query.times, others):
            there = find(times, wide) & seen if times else np.zeros_like(seen)
            if there.any():
                return there
    return there


def _seen(slots: MemoryMatrix, query: Query) -> NDArray[np.bool_]:
    """(N,) which memories the question may see."""
    return np.ones(len(slots.happened), dtype=bool) if query.allowed is None else query.allowed


def _named(time: Time) -> Time:
    return time if time.named is None else replace(time, start=time.named[0], end=time.named[1])


def _in_other_years(slots: MemoryMatrix, query: Query) -> list[Time]:
    """The times of a question that tell no year in the years of memories; none of those that tell one or are open."""
    times = [time for time in query.times if time.yearly and not time.is_open]
    if not times:
        return []
    moments = np.concatenate([slots.happened, slots.mentioned[..., 0].ravel()])
    return [each for time in times for each in years_of(time, moments, query.zone)]


def untold(slots: MemoryMatrix) -> NDArray[np.bool_]:
    """(N,) which memories may tell times besides those that are kept: as many are kept as can be."""
    return ~np.isnan(slots.mentioned[:, -1, 0])


def doubted(reading: Reading, slots: MemoryMatrix, query: Query) -> Reading:
    """A reading whose memories count less where they are of another time and tell none that is asked for."""
    if not len(reading.index):
        return reading
    trusted = of_the_time(slots, replace(query, allowed=None)) | untold(slots)
    share = np.where(trusted, 1.0, ELSEWHERE)[reading.index]
    reading = fitted(reading, slots, query, share)
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


def fitted(reading: Reading, slots: MemoryMatrix, query: Query, share: NDArray[np.floating] | None = None) -> Reading:
    """A reading whose steps, where there are some, tell how its memories fit the times of a question.

    Args:
        reading: of memories.
        slots: of all.
        query: tells times.
        share: (n,) what each counts by that; None: all.
    """
    if not reading.steps:
        return reading
    times = [*query.times, *_in_other_years(slots, query)]
    happened = inside(slots, times)[reading.index].tolist()
    told = telling(slots, times, query.zone)[reading.index].tolist()
    shares = np.ones(len(reading.index)) if share is None else share
    fits = [
        {"time": {"happened": then, "told": tells, "share": float(counts)}}
        for then, tells, counts in zip(happened, told, shares, strict=True)
    ]
    return replace(reading, steps=tuple({**step, **fit} for step, fit in zip(reading.steps, fits, strict=True)))


def why_nothing_then(corpus: Corpus, query: Query, there: Callable[[Query], NDArray[np.bool_]]) -> str | None:
    """Where a question asks for nothing but a time at which there is nothing: that, and the nearest day with something.

    None: something is there, or more is asked for; `there` is `of_the_time`, however it is known.
    """
    slots = corpus.slots
    if query.time_alone <= SURE or (there(query) | untold(slots) & _seen(slots, query)).any():
        return None
    named = ", ".join(query.text[slice(*time.place)].strip() for time in query.times)
    return f"nothing is told of the time asked for ({named}); nearest: {nearest_day(slots, query)}"


def why_none_passes(corpus: Corpus, request: RecallRequest, query: Query) -> str:
    """Which options leave nothing, and the nearest day on which something happened that the others leave."""
    names = [*request.filters, *(["min_trust"] if request.trusted is not None else [])]
    reason = f"no memory passes the filters ({', '.join(names)})"
    time, allowed = _filtered(request), corpus.allowed(request.tags, None, None, request.trusted)
    if time is None or (allowed is not None and not allowed.any()):
        return reason
    return f"{reason}; nearest: {nearest_day(corpus.slots, replace(query, times=(time,), allowed=allowed))}"


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
