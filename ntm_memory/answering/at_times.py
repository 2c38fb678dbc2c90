"""Which memories are of a time that a question tells, and what there is where none is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from datetime import time as clock

import numpy as np
from numpy.typing import NDArray

from ntm_memory.controller.asking import SURE
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, Reading
from ntm_memory.recall.time_match import mention_fit, time_fit
from ntm_memory.store.records import MemoryMatrix
from ntm_memory.times.intervals import Frame
from ntm_memory.times.told import Time

OF_A_DAY = ("minute", "hour", "part")
ELSEWHERE = 0.5
"""What a memory counts that is not where the question asks: of another time, in another place."""
MIDNIGHT = clock()
_WITHIN = 1.0


def asks_by_time(query: Query, parts: Sequence[Query]) -> bool:
    """Whether a question as a whole is about times: it tells some, and so do all questions within it."""
    return bool(query.times) and all(part.times for part in parts)


def of_its_time(slots: MemoryMatrix, query: Query) -> Query:
    """A query that may see only what is of the times that it tells, where anything is."""
    there = of_the_time(slots, query) if query.times else None
    return query if there is None or not there.any() else replace(query, allowed=there)


def of_the_time(slots: MemoryMatrix, query: Query) -> NDArray[np.bool_]:
    """(N,) which memories happened at a time that the question tells, or tell of it, of those that it may see."""
    return inside(slots, query) | telling(slots, query)


def inside(slots: MemoryMatrix, query: Query) -> NDArray[np.bool_]:
    """(N,) which memories happened at a time that the question tells, of those that it may see.

    Of "about 18 November" it is that day, where no year is told the likeliest one. Where there is nothing then, what is
    near, of another year, or of the day of a part of a day: of many things the day alone was told.
    """
    likeliest = [replace(time, yearly=False) for time in query.times]
    for times in (
        [*map(_named, likeliest)],
        likeliest,
        query.times,
        [_since_midnight(time, query) for time in likeliest],
    ):
        there: NDArray[np.bool_] = np.max([time_fit(time, slots.happened) for time in times], axis=0) >= _WITHIN
        there = there if query.allowed is None else there & query.allowed
        if there.any():
            break
    return there


def _named(time: Time) -> Time:
    return time if time.named is None else replace(time, start=time.named[0], end=time.named[1])


def _since_midnight(time: Time, query: Query) -> Time:
    """A part of a day with the day before it."""
    if time.precision not in OF_A_DAY or math.isinf(time.start):
        return time
    frame = Frame.at(time.start, query.zone)
    return replace(time, start=frame.seconds(frame.today))


def telling(slots: MemoryMatrix, query: Query) -> NDArray[np.bool_]:
    """(N,) which memories tell in their words a time that the question tells, of those that it may see."""
    there: NDArray[np.bool_] = np.max([mention_fit(time, slots.mentioned) for time in query.times], axis=0) >= _WITHIN
    return there if query.allowed is None else there & query.allowed


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
    free = replace(query, allowed=None)
    happened, told = (of(slots, free)[reading.index].tolist() for of in (inside, telling))
    shares = np.ones(len(reading.index)) if share is None else share
    fits = [
        {"time": {"happened": then, "told": tells, "share": float(counts)}}
        for then, tells, counts in zip(happened, told, shares, strict=True)
    ]
    return replace(reading, steps=tuple({**step, **fit} for step, fit in zip(reading.steps, fits, strict=True)))


def why_nothing_then(corpus: Corpus, query: Query) -> str | None:
    """Where a question asks for nothing but a time at which there is nothing: that, and the nearest day with something.

    None: something is there, or more is asked for.
    """
    may_tell = untold(corpus.slots) if query.allowed is None else untold(corpus.slots) & query.allowed
    if query.time_alone <= SURE or (of_the_time(corpus.slots, query) | may_tell).any():
        return None
    happened = corpus.slots.happened if query.allowed is None else corpus.slots.happened[query.allowed]
    gaps = np.min([np.maximum(time.start - happened, happened - time.end) for time in query.times], axis=0)
    day = datetime.fromtimestamp(float(happened[int(gaps.argmin())]), query.zone).date()
    named = ", ".join(query.text[slice(*time.place)].strip() for time in query.times)
    return f"nothing is told of the time asked for ({named}); nearest: {day.isoformat()}"
