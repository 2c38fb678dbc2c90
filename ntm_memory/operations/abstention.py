"""How much is answered, and why nothing: between an answer and `"memories": []` with a reason."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ntm_memory.config import RecallSettings
from ntm_memory.controller.asking import LIKELY, SURE
from ntm_memory.operations.requests import LEAST_SEEN, RecallRequest
from ntm_memory.recall.first_look import Query, Reading
from ntm_memory.times.finding import no_such_days

OF_ALL = 0.4
"""Share of the least chance that is enough where all there is is asked for: one too many costs less than one lost."""


def why_not_asked(query: Query) -> str | None:
    """Why a query that asks for nothing by content cannot be read; None where it can."""
    if query.key is not None or query.previous:
        return None
    if query.content:
        return "there is no previous focus to continue from; ask with words of what you mean"
    return "content addressing is off and there is no previous focus; read by location (--from ID --shift n)"


def why_silent(reading: Reading, query: Query, request: RecallRequest, settings: RecallSettings) -> str | None:
    """Why what was read is no answer; None where it is one.

    Args:
        reading: where the heads look.
        query: the question.
        request: as it was put, with the weight that a memory must have.
        settings: with the confidence floor.
    """
    shift = query.asked.step if query.asked is not None and query.place > LIKELY else query.shift
    if shift is not None and (reading.lost > 0.5 or not len(reading.index)):
        return f"no memory stands {side(shift)} what is named, in its session; name it in other words or by its id"
    if query.key is not None and not request.all and not is_sure(reading.confidence, settings):
        return "nothing relevant"
    if not (reading.weights >= request.min_weight).any():
        return f"no memory has a weight of at least {request.min_weight:g}"
    return None


def why_no_such_day(query: Query) -> str | None:
    """That a question names days which no calendar has, 31 April; None where it names none."""
    days = no_such_days(query.text, query.now, query.zone) if query.content else []
    return f"there is no such day: {', '.join(days)}" if days else None


def asks_for_no_day(query: Query) -> bool:
    """Whether a question that names a day which no calendar has asks for nothing but what happened then."""
    return query.asked is not None and query.asked.time > SURE and not query.times


class Extent(NamedTuple):
    """How much of a reading is the answer, and how sure that is.

    Args:
        places: of all that answers, best first; `top_k` cuts what is shown of it.
        confidence: 0–1.
    """

    places: list[int]
    confidence: float


def extent(
    reading: Reading, query: Query, request: RecallRequest, settings: RecallSettings, *, gathered: bool = False
) -> Extent:
    """How large an answer is and how sure: decided here and nowhere else.

    The best memory answers, and of the next ones those that are likely enough to; where all there is was asked for, it
    is as sure as that any of these belongs to it. What follows from the previous focus is as sure as its best one.

    Args:
        reading: where the heads look; it is an answer.
        query: the question.
        request: as it was put; with `all` the likelihood counts for nothing.
        settings: with the least chance; where the confidence floor is 0 everything is an answer.
        gathered: whether the reading holds just what is asked for, see `answering.naming`.
    """
    confidence = round(reading.confidence if query.key is not None else float(reading.weights.max(initial=0.0)), 4)
    places = np.flatnonzero(reading.weights >= request.min_weight).tolist()
    if request.all or reading.chances is None or settings.confidence_floor == 0:
        return Extent(places, confidence)
    wants_all = query.everything > LIKELY
    likely = reading.chances >= settings.least_chance * (OF_ALL if wants_all else 1.0)
    places = places if gathered else [i for i in places if i == 0 or likely[i]]
    if wants_all:
        confidence = max(confidence, round(1 - float(np.prod(1 - np.nan_to_num(reading.chances[places]))), 4))
    return Extent(places, confidence)


def is_worth_asking_for(reading: Reading, place: int, settings: RecallSettings) -> bool:
    """Whether somebody who is not shown a memory should hear that there is one more."""
    chance = math.nan if reading.chances is None else float(reading.chances[place])
    return float(reading.weights[place]) >= LEAST_SEEN if math.isnan(chance) else chance >= settings.least_chance


def is_sure(confidence: float, settings: RecallSettings) -> bool:
    """Whether recall is sure enough that the answer is there at all."""
    return confidence >= settings.confidence_floor


def side(shift: int) -> str:
    """`2 places after`, `right before`."""
    steps = "right" if abs(shift) == 1 else f"{abs(shift)} places"
    return f"{steps} {'after' if shift > 0 else 'before'}"
