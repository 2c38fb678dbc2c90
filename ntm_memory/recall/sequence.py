"""The order of writing: who stands before and after a memory, inside its session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.addressing import Array, shift_sparse
from ntm_memory.slots.columns import places_among
from ntm_memory.store.records import MemoryMatrix

MOST_ORIGINS = 3
"""So many that brought a memory into focus are named."""


@dataclass(frozen=True)
class Sequence:
    """N memories laid out session by session, each session in order of writing.

    Memories without a session form one stream of their own.

    Args:
        order: (N,) int64, indices of the memories in that layout.
        place: (N,) int64, the inverse of `order`.
        session: (N,) int64, dense number 0…K−1 of each memory's session.
        sessions: K.
    """

    order: NDArray[np.int64]
    place: NDArray[np.int64]
    session: NDArray[np.int64]
    sessions: int

    def __len__(self) -> int:
        return len(self.order)

    def neighbours(self, index: NDArray[np.int64], reach: int) -> NDArray[np.int64]:
        """(n, 2·reach + 1) memories at −reach…+reach from each; −1 past the ends of the session.

        Args:
            index: (n,) int64 memories 0…N−1.
            reach: how far to look, ≥ 0.
        """
        return self.step(index[:, None], np.arange(-reach, reach + 1))

    def step(self, index: NDArray[np.int64], offset: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """The memory `offset` steps after each one (before, if negative); −1 past the ends of the session.

        Args:
            index: (…) int64 memories 0…N−1.
            offset: one number, or as many as broadcast with `index`.
        """
        there = self.place[index] + offset
        inside = (there >= 0) & (there < len(self.order))
        other = self.order[np.where(inside, there, 0)]
        return np.where(inside & (self.session[other] == self.session[index]), other, -1)

    def moved(
        self, index: NDArray[np.int64], weights: Array, steps: NDArray[np.int64], kernel: Array
    ) -> tuple[NDArray[np.int64], Array]:
        """A focus, moved as a whole: a shift over the order of memories (paper, equation 8).

        Args:
            index: (n,) distinct memories in focus.
            weights: (n,) how much.
            steps: (2S + 1,) rising, as far back as forth.
            kernel: (2S + 1,) how much is moved by each.

        Returns:
            (memories 0…N−1 that are in focus then, rising; their weights, whose sum is less by what was moved past the
            ends of a session).
        """
        there = self.step(index[:, None], steps)
        everywhere = np.unique(np.append(index, there[there >= 0]))
        before = np.zeros(len(everywhere))
        before[places_among(index, everywhere)] = weights
        after = shift_sparse(before, kernel, places_among(self.step(everywhere[:, None], steps), everywhere))
        return everywhere[after > 0], after[after > 0]

    def origins(
        self,
        there: NDArray[np.int64],
        index: NDArray[np.int64],
        weights: Array,
        steps: NDArray[np.int64],
        kernel: Array,
    ) -> tuple[dict[str, Any], ...]:
        """For each of some memories in a moved focus what `moved` brought to it: from which one, by how many steps.

        Args:
            there: (m,) memories that are in focus after it.
            index: as it was moved.
            weights: as they were moved.
            steps: by which.
            kernel: how much by each.

        Returns:
            m times {"moved": [{"from": a memory 0…N−1, "focus": its weight before, "step", "by": the kernel's weight of
            the step}, …]}, what brought most first.
        """
        focus = dict(zip(index.tolist(), weights.tolist(), strict=True))
        sources = self.step(there[:, None], -steps)
        told = []
        for row in sources.tolist():
            came = [
                {"from": source, "focus": round(focus[source], 6), "step": int(step), "by": round(float(by), 6)}
                for source, step, by in zip(row, steps, kernel, strict=True)
                if source in focus and by > 0
            ]
            told.append({"moved": sorted(came, key=lambda each: -each["focus"] * each["by"])[:MOST_ORIGINS]})
        return tuple(told)


def sequence_of(slots: MemoryMatrix) -> Sequence:
    """Lay the memories out by session; `slots` are in order of writing already."""
    order = np.argsort(slots.session, kind="stable")
    return _numbered(slots, order)


def timeline_of(slots: MemoryMatrix) -> Sequence:
    """The same, in the order in which things happened where that was told; what has no time of its own stays put."""
    rank = np.arange(len(slots))
    dated = np.flatnonzero(~np.isnan(slots.occurred))
    rank[dated[np.argsort(slots.occurred[dated], kind="stable")]] = dated
    return _laid_out(slots, rank)


def _laid_out(slots: MemoryMatrix, rank: NDArray[np.int64]) -> Sequence:
    """Memories by session, each session by rank."""
    return _numbered(slots, np.lexsort((rank, slots.session)))


def _numbered(slots: MemoryMatrix, order: NDArray[np.int64]) -> Sequence:
    """Memories in an order in which each session stands together, the sessions by their codes."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    codes = slots.session[order]
    number = np.cumsum(np.append(False, codes[1:] != codes[:-1])) if len(order) else np.empty(0, dtype=np.int64)
    session = np.empty(len(order), dtype=np.int64)
    session[order] = number
    return Sequence(order, place, session, int(number[-1]) + 1 if len(order) else 0)
