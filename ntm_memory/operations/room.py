"""Where the next memory goes when all slots are taken: usage tells how much each is needed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ntm_memory.config import Settings
from ntm_memory.controller.write_head import WriteParameters, WrittenSlots, load_parameters, parts_of_usage
from ntm_memory.errors import MemoryFullError, whole_number
from ntm_memory.store.base import Store
from ntm_memory.store.records import MemoryMatrix

MOST_LIVE = 100_000_000
HALF_LIFE_DAYS = 90.0
DAY = 86_400.0
_parameters = cache(load_parameters)


def make_room(store: Store, settings: Settings, now: float, namespace: str) -> None:
    """Usage-based allocation: when every slot is taken, the least used one is archived, or nothing is written.

    The audit says why it was that one: what each part did to the logarithm of its usage.

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
    parts = parts_of(slots, now, _parameters())
    least = int(np.argmin(usage(parts)))
    (victim,) = store.get_many([int(slots.address[least])])
    store.archive(victim.id, **{part: round(float(values[least]), 3) for part, values in parts.items()})


def retire_least_used(store: Store, now: float, namespace: str, most: int) -> int:
    """Archive what is used least in a namespace until it has no more than so many live memories.

    These are episodes of an agent's work: whether they are asked for as talk and notes are was not learned, so age,
    importance and reads alone decide.

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
        leaving = np.argsort(usage_of_episodes(slots, now), kind="stable")[: max(len(slots) - kept, 0)]
        for memory in store.get_many(slots.address[leaving].tolist()):
            store.archive(memory.id)
    return len(leaving)


def usage(parts: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """(N,) usage > 0 of every slot, the odds that it is asked for; see `controller.write_head.parts_of_usage`."""
    return np.exp(sum(parts.values(), start=np.float64(0.0)))


def parts_of(slots: MemoryMatrix, now: float, p: WriteParameters) -> dict[str, NDArray[np.float64]]:
    """{part: (N,) what it adds to the logarithm of the usage} of every slot.

    Args:
        slots: the memory matrix, N ≥ 1.
        now: unix seconds.
        p: what the write head has learned.
    """
    told = WrittenSlots(
        length=slots.length,
        revised=slots.superseded,
        days=days_old(slots, now),
        reads=slots.reads,
        importance=slots.importance,
        retention=slots.retention,
    )
    return parts_of_usage(told, p)


def days_old(slots: MemoryMatrix, now: float) -> NDArray[np.float64]:
    """(N,) since when each memory is there, in days, ≥ 0."""
    days: NDArray[np.float64] = np.maximum(now - slots.created, 0) / DAY
    return days


def usage_of_episodes(slots: MemoryMatrix, now: float) -> NDArray[np.float64]:
    """(N,) usage ≥ 0 of every slot by age, importance and reads, as with least-recently-used access.

    Each write and each read adds to a slot's usage and time wears it down (Santoro et al. 2016, section 3.2; Graves et
    al. 2016); importance and retention say how much the write weighed.

    Args:
        slots: the memory matrix.
        now: unix seconds.
    """
    written = (0.1 + slots.importance) * np.exp2(-days_old(slots, now) / HALF_LIFE_DAYS)
    worn: NDArray[np.float64] = slots.retention * (written + 0.1 * np.log1p(slots.reads))
    return worn
