"""Why nothing is answered: what decides between an answer and `"memories": []` with a reason."""

from __future__ import annotations

from ntm_memory.config import RecallSettings
from ntm_memory.operations.requests import RecallRequest
from ntm_memory.recall.asking import LIKELY
from ntm_memory.recall.first_look import Query, Reading


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
        return f"no memory stands {side(shift)} the best match in its session"
    if query.key is not None and not request.all and not is_sure(reading.confidence, settings):
        return "nothing relevant"
    if not (reading.weights >= request.min_weight).any():
        return f"no memory has a weight of at least {request.min_weight:g}"
    return None


def answering(reading: Reading, request: RecallRequest, settings: RecallSettings) -> list[int]:
    """Places of what is shown, best first: the best, and of the next ones those that are likely enough to answer.

    Args:
        reading: where the heads look; it is an answer.
        request: as it was put; with `all` the likelihood counts for nothing.
        settings: with the least chance; where the confidence floor is 0 everything is an answer.
    """
    places = [i for i in range(min(request.top_k, len(reading.index))) if reading.weights[i] >= request.min_weight]
    if request.all or reading.chances is None or settings.confidence_floor == 0:
        return places
    return [i for i in places if i == 0 or reading.chances[i] >= settings.least_chance]


def is_sure(confidence: float, settings: RecallSettings) -> bool:
    """Whether recall is sure enough that the answer is there at all."""
    return confidence >= settings.confidence_floor


def side(shift: int) -> str:
    """`2 after`, `1 before`."""
    return f"{abs(shift)} {'after' if shift > 0 else 'before'}"
