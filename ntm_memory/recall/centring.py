"""Cosines between a question and every stored key, after the mean has been taken away.

Sentence embedders leave all their vectors in a narrow cone: every cosine is near 0.86 and softmax(β·cos) is flat.
Taking away the mean of the stored keys, one mean a script since each language has its own cone, spreads them again.
Keys are stored raw: the means drift as memories come, so they are taken when reading.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ntm_memory.store.records import MemoryMatrix

PRIOR_COUNT = 20.0
_EPSILON = 1e-6


@dataclass(frozen=True)
class Centre:
    """The means of a memory matrix, and its rows' inverse norms once centred.

    Args:
        means: (2, dim) float32; row 0 for spaced scripts, row 1 for CJK.
        inverse_norm: (R,) float32 of the centred key rows.
        offset: (R,) int64, 0 or 1: which mean belongs to the row.
        starts: (N,) int64, first key row of each memory.
    """

    means: NDArray[np.float32]
    inverse_norm: NDArray[np.float32]
    offset: NDArray[np.int64]
    starts: NDArray[np.int64]


def centre(
    slots: MemoryMatrix, prior: NDArray[np.float32] | None = None, once: NDArray[np.int64] | None = None
) -> Centre:
    """Means of the stored keys by script, blended with a prior mean of the embedder.

    Args:
        slots: N ≥ 1 memories.
        prior: (2, dim) float32 means of the embedder, worth `PRIOR_COUNT` keys each; None: no prior, and a script that
            has no key yet borrows the other one's mean.
        once: the memories that count, each different from the others; None: all. What is told again and again
            would draw the mean to itself, and be like no question any more.
    """
    keys = slots.keys
    script = slots.cjk[slots.owner].astype(np.int64)
    counted, its_script = keys, script
    if once is not None:
        rows = np.isin(slots.owner, once)
        counted, its_script = keys[rows], script[rows]
    counts = np.bincount(its_script, minlength=2).astype(np.float32)
    total = counted.sum(axis=0, dtype=np.float32)
    is_cjk, both = its_script == 1, 0 < counts[1] < len(counted)
    sums = np.zeros((2, keys.shape[1]), dtype=np.float32)
    sums[1] = counted[is_cjk].sum(axis=0, dtype=np.float32) if both else total * (counts[1] > 0)
    sums[0] = total - sums[1]
    if prior is not None:
        means = (sums + PRIOR_COUNT * prior) / (counts + PRIOR_COUNT)[:, None]
    elif len(counted) < 2:
        means = np.zeros_like(sums)
    else:
        means = sums / np.maximum(counts, 1)[:, None]
        if not counts.all():
            means[counts == 0] = means[counts > 0]
    along = (keys @ means.T)[np.arange(len(keys)), script]
    squared = np.einsum("rd,rd->r", keys, keys) - 2 * along + np.einsum("sd,sd->s", means, means)[script]
    starts = np.searchsorted(slots.owner, np.arange(len(slots)))
    return Centre(means, 1 / np.sqrt(np.maximum(squared, 0) + _EPSILON), script, starts)


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
    direction = _unit(query - centre.means[int(cjk)])
    if query_adapter is not None:
        direction = adapt(direction, query_adapter)
    rows = (slots.keys @ direction - (centre.means @ direction)[centre.offset]) * centre.inverse_norm
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


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vector / np.sqrt(vector @ vector + _EPSILON)
    return unit
