"""Cosines between a question and every stored key, after the mean has been taken away.

Sentence embedders leave all their vectors in a narrow cone: every cosine is near 0.86 and softmax(β·cos) is flat.
Taking away the mean of the stored keys, one mean a script since each language has its own cone, spreads them again.
Keys are stored raw: the means drift as memories come, so they are taken when reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ntm_memory.store.records import MemoryMatrix

PRIOR_COUNT = 20.0
_EPSILON = 1e-6


@dataclass(frozen=True)
class Centre:
    """The means of a memory matrix; what follows from them for its rows is reckoned when it is asked for.

    Args:
        means: (2, dim) float32; row 0 for spaced scripts, row 1 for CJK.
        slots: the memory matrix.
    """

    means: NDArray[np.float32]
    slots: MemoryMatrix

    @cached_property
    def offset(self) -> NDArray[np.int64]:
        """(R,) int64, 0 or 1: which mean belongs to the row."""
        return scripts_of(self.slots)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """(N,) int64, first key row of each memory."""
        return self.slots.starts

    @cached_property
    def inverse_norm(self) -> NDArray[np.float32]:
        """(R,) float32, one divided by the length of each centred key row."""
        means, script = self.means, self.offset
        scripts = [number for number in (0, 1) if (script == number).any()]
        there = np.searchsorted(scripts, script)  # one script alone is one product
        along = self.slots.products(np.ascontiguousarray(means[scripts].T))[np.arange(len(script)), there]
        own, of_mean = self.slots.of_keys("squared length", _squared_lengths), np.einsum("sd,sd->s", means, means)
        squared = own - 2 * along + of_mean[script]
        inverse: NDArray[np.float32] = 1 / np.sqrt(np.maximum(squared, 0) + _EPSILON)
        return inverse


@dataclass(frozen=True)
class KeySums:
    """Sums of key rows by script.

    Args:
        sums: (2, dim) float64.
        counts: (2,) int64, how many rows are in each.
    """

    sums: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, slots: MemoryMatrix, once: NDArray[np.int64] | None) -> KeySums:
        """Over all rows, or those of some memories."""
        script = scripts_of(slots)
        counted = np.ones(len(script), dtype=bool)
        if once is not None:
            is_one = np.zeros(len(slots), dtype=bool)
            is_one[once] = True
            counted = is_one[slots.owner]
        members = np.stack([counted & (script == number) for number in (0, 1)])
        return cls(slots.weighted_sums(members.astype(np.float32)), members.sum(axis=1))

    def with_those(self, keys: NDArray[np.float32], script: NDArray[np.int64], times: int = 1) -> KeySums:
        """With some key rows (n, dim) of scripts (n,) more, or less where `times` is −1."""
        members = np.stack([script == number for number in (0, 1)])
        added = members.astype(np.float64) @ keys.astype(np.float64)
        return KeySums(self.sums + times * added, self.counts + times * members.sum(axis=1))


def centre(
    slots: MemoryMatrix,
    prior: NDArray[np.float32] | None = None,
    once: NDArray[np.int64] | None = None,
    sums: KeySums | None = None,
) -> Centre:
    """Means of the stored keys by script, blended with a prior mean of the embedder.

    Args:
        slots: N ≥ 1 memories.
        prior: (2, dim) float32 means of the embedder, worth `PRIOR_COUNT` keys each; None: no prior, and a script that
            has no key yet borrows the other one's mean.
        once: the memories that count, each different from the others; None: all. What is told again and again
            would draw the mean to itself, and be like no question any more.
        sums: of the keys that count, where they are known.
    """
    known = KeySums.of(slots, once) if sums is None else sums
    total, counts = known.sums, known.counts.astype(np.float64)
    if prior is not None:
        means = (total + PRIOR_COUNT * prior) / (counts + PRIOR_COUNT)[:, None]
    elif counts.sum() < 2:
        means = np.zeros_like(total)
    else:
        means = total / np.maximum(counts, 1)[:, None]
        if not counts.all():
            means[counts == 0] = means[counts > 0]
    return Centre(means.astype(np.float32), slots)


def scripts_of(slots: MemoryMatrix) -> NDArray[np.int64]:
    """(R,) int64, the script of each key row: 1 for CJK, else 0."""
    script = slots.cjk.astype(np.int64)
    return script if len(slots.owner) == len(script) else script[slots.owner]


def scripts_among(
    slots: MemoryMatrix, index: NDArray[np.int64], first: NDArray[np.int64], rows: int
) -> NDArray[np.int64]:
    """(rows,) int64, the same of the key rows of some memories, as `MemoryMatrix.passages_of` has them.

    Args:
        slots: N memories.
        index: (n,) of them.
        first: (n,) where each one's rows begin.
        rows: how many there are.
    """
    script = slots.at("cjk", index).astype(np.int64)
    return script if rows == len(first) else np.repeat(script, np.diff(np.append(first, rows)))


def _squared_lengths(keys: NDArray[np.float32]) -> NDArray[np.float32]:
    squared: NDArray[np.float32] = np.einsum("rd,rd->r", keys, keys)
    return squared


def centred_cosines(
    slots: MemoryMatrix,
    centre: Centre,
    query: NDArray[np.float32],
    cjk: bool,
    query_adapter: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """(N,) cosine of the question with each memory, both centred; the best passage speaks for its memory.

    Args:
        slots: the memory matrix.
        centre: its means.
        query: (dim,) float32, unit norm.
        cjk: the question's script.
        query_adapter: (2, dim, r), see `adapt`; None: the question as it is.
    """
    direction = centred_unit(query, centre.means[int(cjk)])
    if query_adapter is not None:
        direction = adapt(direction, query_adapter)
    return cosines_along(slots, centre, direction)


def cosines_along(slots: MemoryMatrix, centre: Centre, direction: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) cosine of each memory, centred, with a direction (dim,) of unit norm; the best passage speaks for it."""
    rows = (slots.products(direction) - (centre.means @ direction)[centre.offset]) * centre.inverse_norm
    return rows if len(rows) == len(slots) else np.maximum.reduceat(rows, centre.starts)


def adapt(direction: NDArray[np.float32], query_adapter: NDArray[np.float32]) -> NDArray[np.float32]:
    """X + B·Aᵀx at unit length: a question turned towards what answers such questions.

    Embedders are trained to find what a question is *about*; the memory that answers it often shares none of its words.
    The low-rank map is learned from questions with known answers (bench/query_adapter.py).

    Args:
        direction: (dim,) centred question of unit norm.
        query_adapter: (2, dim, r), A and B.
    """
    into, back = query_adapter
    return _unit(direction + back @ (direction @ into))


def centred_unit(key: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """(dim,) a key without what all have in common, at unit length."""
    return _unit(key - mean)


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vector / np.sqrt(vector @ vector + _EPSILON)
    return unit
