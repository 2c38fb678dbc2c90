"""Which few of all memories are looked at: the best by key, by words, by time, their neighbours, the previous focus."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.features import REACH, Scores
from ntm_memory.recall.sequence import Sequence

BEST = 64
FEW = 4 * BEST
"""Memories of which all are looked at."""
LEAST = np.float32(1e-3)
"""What likeness counts between times that fit alike."""


def choose(
    scores: Scores,
    sequence: Sequence,
    focus: NDArray[np.int64],
    allowed: NDArray[np.bool_] | None,
    *,
    location: bool,
    dated: NDArray[np.float32] | None = None,
    each: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """(n,) rising indices of the candidates.

    Sparse reads lose nothing that matters: at the β that recall uses, the 32 best rows hold 0.999 of the softmax
    (Rae et al. 2016 read as few as 4).

    Args:
        scores: likeness of all N memories.
        sequence: the order of writing.
        focus: (f,) memories in the previous focus.
        allowed: (N,) what filters leave; None: everything.
        location: whether neighbours are looked at.
        dated: (N,) how well each memory's time fits one told in the question, 0–1; None: none is told.
        each: (N,) those that count where several say the same, see `once_each`; None: none do.
    """
    total = len(scores.cosine)
    different = np.ones(total, dtype=bool) if each is None else each
    if allowed is None and different.sum() <= FEW:
        return np.flatnonzero(different)
    if allowed is not None or each is not None:
        allowed = different if allowed is None else different & allowed
    chosen = np.zeros(total, dtype=bool)
    chosen[_likest(scores, allowed)] = True
    chosen[focus] = True
    if dated is not None:
        fitting = np.flatnonzero(dated > 0 if allowed is None else (dated > 0) & allowed)
        chosen[fitting[_best(dated[fitting] + LEAST * scores.cosine[fitting], BEST)]] = True
    if location:
        near = sequence.neighbours(np.flatnonzero(chosen), REACH)
        chosen[near[near >= 0]] = True
    return np.flatnonzero(chosen if allowed is None else chosen & allowed)


def _likest(scores: Scores, allowed: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """The best by key and by words, of those allowed."""
    cosine, words = scores.cosine, scores.words
    if allowed is not None:
        cosine, words = np.where(allowed, cosine, -np.inf), np.where(allowed, words, 0)
    worded = np.flatnonzero(words > 0)
    return np.union1d(_best(cosine, BEST), worded[_best(words[worded], BEST)])


def once_each(
    digest: NDArray[np.uint64],
    superseded: NDArray[np.bool_],
    focus: NDArray[np.int64],
    allowed: NDArray[np.bool_] | None,
) -> NDArray[np.bool_]:
    """(N,) of memories that say the same one: of the previous focus, else one that is not revised, else the first.

    Many copies would share the attention that is meant for one, and leave none for what else there is.

    Args:
        digest: (N,) the same for the same.
        superseded: (N,) whether each is marked as revised.
        focus: (f,) memories in the previous focus.
        allowed: (N,) what filters leave; None: everything.
    """
    index = np.arange(len(digest)) if allowed is None else np.flatnonzero(allowed)
    ranked = index[np.lexsort((superseded[index], ~np.isin(index, focus)))]
    _, first = np.unique(digest[ranked], return_index=True)
    seen = np.zeros(len(digest), dtype=bool)
    seen[ranked[first]] = True
    return seen


def _best(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    if count >= len(values):
        return np.arange(len(values))
    return np.argpartition(values, -count)[-count:]
