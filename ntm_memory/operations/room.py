"""Where the next memory goes when all slots are taken: usage tells how much each is needed."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ntm_memory.config import Settings
from ntm_memory.controller.write_head import load_parameters, strengths
from ntm_memory.errors import MemoryFullError, whole_number
from ntm_memory.store.base import Store
from ntm_memory.store.records import MemoryInput, MemoryMatrix

MOST_LIVE = 100_000_000
HALF_LIFE_DAYS = 180.0
USUAL = MemoryInput("").importance
"""Importance of what was told without one."""
_parameters = cache(load_parameters)


def make_room(store: Store, settings: Settings, now: float, namespace: str) -> None:
    """Usage-based allocation: when every slot is taken, the least used one is archived, or nothing is written.

    The audit says why it was that one, see `why_kept`.

    Args:
        store: where it is to be written.
        settings: how many slots there are, and what is done when all are taken.
        now: unix seconds.
        namespace: whose memories are looked at first.

    Raises:
        MemoryFullError: `capacity.when_full` is `refuse`.
    """
    when_full, size = settings.capacity.when_full, settings.memory_size
    if when_full == "grow" or store.count() < size:
        return
    if when_full == "refuse":
        raise MemoryFullError(
            f"all {size:,} slots are taken (memory_size, with capacity.when_full = refuse)",
            "erase something, raise memory_size, or set capacity.when_full to grow or evict",
        )
    spaces = store.namespaces()
    space = namespace if namespace in spaces else max(spaces, key=lambda name: spaces[name])
    slots = store.memory_matrix(space)
    parts = why_kept(slots, now)
    least = int(np.argmin(np.prod(list(parts.values()), axis=0)))
    (victim,) = store.get_many([int(slots.address[least])])
    store.archive(victim.id, **{part: round(float(values[least]), 3) for part, values in parts.items()})


def retire_least_used(store: Store, now: float, namespace: str, most: int) -> int:
    """Archive what is used least in a namespace until it has no more than so many live memories.

    These are episodes of an agent's work. Whether they are asked for as talk is was not learned: age, importance and
    reads alone decide.

    Args:
        store: where they are.
        now: unix seconds.
        namespace: of the memories.
        most: how many stay.

    Returns:
        how many were archived; they can be restored.

    Raises:
        BadValueError: `most` is no whole number from 1 on.
    """
    kept = whole_number("most", most, 1, MOST_LIVE)
    if store.namespaces().get(namespace, 0) <= kept:
        return 0
    with store.transaction():
        slots = store.memory_matrix(namespace)
        leaving = np.argsort(usage(slots, now), kind="stable")[: max(len(slots) - kept, 0)]
        for memory in store.get_many(slots.address[leaving].tolist()):
            store.archive(memory.id)
    return len(leaving)


def why_kept(slots: MemoryMatrix, now: float) -> dict[str, NDArray[np.float64]]:
    """{"usage", "form", "revised": (N,) ≥ 0} whose product says how much every slot is needed.

    Args:
        slots: the memory matrix.
        now: unix seconds.
    """
    talk = (slots.session >= 0) & (slots.importance <= USUAL)
    learned = strengths(slots.length, talk, slots.superseded, _parameters())
    return {"usage": usage(slots, now)} | {part: np.exp(values) for part, values in learned.items()}


def usage(slots: MemoryMatrix, now: float) -> NDArray[np.float64]:
    """(N,) usage ≥ 0 of every slot.

    Each write and each read adds to a slot's usage and time wears it down, as with the usage vector of
    least-recently-used access (Santoro et al. 2016, section 3.2; Graves et al. 2016); importance and retention say how
    much the write weighed.

    Args:
        slots: the memory matrix.
        now: unix seconds.
    """
    age = np.maximum(now - slots.created, 0) / 86_400
    written = (0.1 + slots.importance) * np.exp2(-age / HALF_LIFE_DAYS)
    worn: NDArray[np.float64] = slots.retention * (written + 0.1 * np.log1p(slots.reads))
    return worn
