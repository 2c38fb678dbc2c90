"""Why nothing is answered: what decides between an answer and `"memories": []` with a reason."""

from __future__ import annotations

from ntm_memory.config import RecallSettings
from ntm_memory.recall.first_look import Query, Reading


def why_not_asked(query: Query) -> str | None:
    """Why a query that asks for nothing by content cannot be read; None where it can."""
    if query.key is not None or query.previous:
        return None
    if query.content:
        return "there is no previous focus to continue from; ask with words of what you mean"
    return "content addressing is off and there is no previous focus; read by location (--from ID --shift n)"


def why_silent(reading: Reading, query: Query, least: float, settings: RecallSettings) -> str | None:
    """Why what was read is no answer; None where it is one.

    Args:
        reading: where the heads look.
        query: the question.
        least: weight that a memory must have.
        settings: with the confidence floor.
    """
    if query.shift is not None and (reading.lost > 0.5 or not len(reading.index)):
        return f"no memory stands {side(query.shift)} the best match in its session"
    if query.key is not None and not is_sure(reading.confidence, settings):
        return "nothing relevant"
    if not (reading.weights >= least).any():
        return f"no memory has a weight of at least {least:g}"
    return None


def is_sure(confidence: float, settings: RecallSettings) -> bool:
    """Whether recall is sure enough that the answer is there at all."""
    return confidence >= settings.confidence_floor


def side(shift: int) -> str:
    """`2 after`, `1 before`."""
    return f"{abs(shift)} {'after' if shift > 0 else 'before'}"
