"""What stands out in some namespaces when nothing is asked: important, named and lately told memories."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import count as numbers
from typing import Any

from ntm_memory.errors import BadValueError, NotFoundError, StoreCorruptError, whole_number
from ntm_memory.operations.validation import checked_names
from ntm_memory.privacy.trust import IMPORTED, at_least
from ntm_memory.reader.relations import EPISODE
from ntm_memory.store.base import RecordReader
from ntm_memory.store.records import By, Memory, Place
from ntm_memory.text.folding import word_for_word
from ntm_memory.text.iso_time import unix_seconds

MOST = 100
HALF_LIFE_DAYS = 30.0
FRESH, NAMED = 0.5, 0.2
"""What being told this moment, and having a key, count for beside an importance of 0 to 1."""
_AT_ONCE = 32


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
    told = checked_names("first", first)
    before = {id: len(told) - place for place, id in enumerate(first)}
    found = _Front(store, spaces, now, count)
    for id in told:
        found.add(id)
    best = found.best(lambda memory: (before.get(memory.id, 0), standing_out(memory, now)))
    totals = store.namespaces()
    return {"memories": [asdict(memory) for memory in best], "total": {space: totals.get(space, 0) for space in spaces}}


class _Group:
    """The memories of a namespace with a key, or without one, gone through by importance and by time at once.

    What neither way has come to stands out no more than one would that had the last importance of the one way and the
    last time of the other (the threshold algorithm of Fagin, Lotem and Naor 2003).
    """

    def __init__(self, store: RecordReader, namespace: str, *, named: bool) -> None:
        self._store, self._namespace, self._named = store, namespace, named
        self._ends: dict[By, Place | None] = {By("importance", named): None, By("updated_at", named): None}
        self.is_done = False

    def further(self, count: int) -> list[Memory]:
        """The next ones both ways; some may have been seen."""
        found: list[Memory] = []
        for by, end in self._ends.items():
            some = self._store.outstanding(self._namespace, by, count, end)
            found += some.memories
            self._ends[by] = some.end
            self.is_done |= some.end is None
        return found

    def bound(self, now: float) -> tuple[float, int]:
        """(the most that one which was not seen can stand out, behind which position one stands that does so)."""
        importance, told = (end for end in self._ends.values() if end is not None)
        try:
            most = _standing(float(importance.value), str(told.value), now, named=self._named)
        except ValueError:  # of a damaged one
            return math.inf, -1
        return most, max(importance.position, told.position)


class _Front:
    """What stands out, found without reading all."""

    def __init__(self, store: RecordReader, spaces: Sequence[str], now: float, count: int) -> None:
        self._store, self._spaces, self._now, self._count = store, spaces, now, count
        self._seen: dict[str, Memory] = {}

    def add(self, id: str) -> None:
        """Look at a memory, too, if it is one that may stand out."""
        with suppress(NotFoundError, StoreCorruptError):
            memory = self._store.get(id)
            if memory.namespace in self._spaces and memory.state == "live" and _may_stand_out(memory):
                self._seen[id] = memory

    def best(self, by: Callable[[Memory], tuple[int, float]]) -> list[Memory]:
        """The first ones, what says the same once."""
        groups = [
            (at, _Group(self._store, each, named=named))
            for at, each in enumerate(self._spaces)
            for named in (True, False)
        ]
        for page in numbers():
            for _, group in groups:
                self._seen |= {memory.id: memory for memory in group.further(max(self._count, _AT_ONCE) << page)}
            found = sorted(self._seen.values(), key=self._place)
            best = _best(found, self._count, by)
            last = None if len(best) < self._count else best[-1]
            groups = [(at, group) for at, group in groups if not group.is_done and self._may_have(group, at, last, by)]
            if not groups:
                break
        return best

    def _may_have(self, group: _Group, at: int, last: Memory | None, by: Callable[[Memory], tuple[int, float]]) -> bool:
        """Whether a group may have one that was not seen and stands before the last of those found."""
        if last is None:
            return True
        most, position = group.bound(self._now)
        mine = by(last)
        return (0, most) > mine or ((0, most) == mine and (at, position) < self._place(last))

    def _place(self, memory: Memory) -> tuple[int, int]:
        return self._spaces.index(memory.namespace), memory.position


def _may_stand_out(memory: Memory) -> bool:
    return memory.kind != EPISODE and memory.superseded_by is None and memory.trust in at_least(IMPORTED)


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
    return memory.retention * _standing(memory.importance, memory.updated_at, now, named=bool(memory.key))


def _standing(importance: float, updated_at: str, now: float, *, named: bool) -> float:
    days = max(now - unix_seconds(updated_at), 0.0) / 86_400
    fresh: float = FRESH * 0.5 ** (days / HALF_LIFE_DAYS)
    return importance + fresh + (NAMED if named else 0.0)
