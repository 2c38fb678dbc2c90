"""What stands out in some namespaces when nothing is asked: important, named and lately told memories."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from ntm_memory.errors import BadValueError, whole_number
from ntm_memory.operations.validation import checked_names
from ntm_memory.privacy.trust import IMPORTED, at_least
from ntm_memory.reader.relations import EPISODE
from ntm_memory.store.base import RecordReader
from ntm_memory.store.records import Memory
from ntm_memory.text.folding import word_for_word
from ntm_memory.text.iso_time import unix_seconds

MOST = 100
HALF_LIFE_DAYS = 30.0
FRESH, NAMED = 0.5, 0.2
"""What being told this moment, and having a key, count for beside an importance of 0 to 1."""


def overview(
    store: RecordReader, now: float, *, namespaces: Sequence[str], limit: int = 20, first: Sequence[str] = ()
) -> dict[str, Any]:
    """The live memories that stand out, most first, what says the same once.

    There are no episodes among them, nothing revised, nothing that a mere tool told.

    Args:
        store: where they are.
        now: unix seconds.
        namespaces: where to look.
        limit: at most so many, 1–100.
        first: ids of memories that come before all others, in this order.

    Returns:
        `memories`; of each of `namespaces` the number of live ones, in `total`.

    Raises:
        BadValueError: an option is not usable.
    """
    count = whole_number("limit", limit, 1, MOST)
    spaces = checked_names("namespaces", namespaces)
    if not spaces:
        raise BadValueError("namespaces is empty", "say where to look")
    trusted, told = at_least(IMPORTED), checked_names("first", first)
    before = {id: len(told) - place for place, id in enumerate(first)}
    found = [
        memory
        for space in spaces
        for memory in store.memories(space)
        if memory.kind != EPISODE and memory.superseded_by is None and memory.trust in trusted
    ]
    best = _best(found, count, lambda memory: (before.get(memory.id, 0), standing_out(memory, now)))
    totals = store.namespaces()
    return {"memories": [asdict(memory) for memory in best], "total": {space: totals.get(space, 0) for space in spaces}}


def _best(found: Sequence[Memory], count: int, by: Callable[[Memory], tuple[int, float]]) -> list[Memory]:
    """The first of those that say the same, of as many as there are to be."""
    looked_at = count
    while True:
        once: dict[str, Memory] = {}
        for memory in heapq.nlargest(looked_at, found, key=by):
            once.setdefault(word_for_word(memory.content), memory)
        if len(once) >= count or looked_at >= len(found):
            return list(once.values())[:count]
        looked_at *= 2


def standing_out(memory: Memory, now: float) -> float:
    """How much a memory stands out: by how important it was told to be, how lately, and whether it has a name."""
    days = max(now - unix_seconds(memory.updated_at), 0.0) / 86_400
    fresh = FRESH * 0.5 ** (days / HALF_LIFE_DAYS)
    weight: float = memory.retention * (memory.importance + fresh + (NAMED if memory.key else 0.0))
    return weight
