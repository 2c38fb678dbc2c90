"""Usage: how much a slot is needed, which decides who is archived when memory is full."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ntm_memory.store.records import MemoryMatrix

HALF_LIFE_DAYS = 90.0


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


def least_used(slots: MemoryMatrix, now: float) -> int:
    """Index 0…N−1 of the slot that is needed least; of equals the oldest."""
    return int(np.argmin(usage(slots, now)))
