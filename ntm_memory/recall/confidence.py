"""How sure recall is that what was asked is in memory at all."""

from __future__ import annotations

import numpy as np

from ntm_memory.recall.evidence import Scores
from ntm_memory.recall.heads import Attention
from ntm_memory.recall.parameters import Array, logistic


def signals(scores: Scores, attention: Attention) -> Array:
    """(4,) what the confidence is a logistic function of: 1, best cosine, best share of words, concentration.

    The concentration is 1 − entropy / log n of the attention: 1 when one memory has it all, 0 when all are alike.
    """
    weights = attention.weights
    entropy = -float(np.sum(weights * np.log(weights + 1e-16)))
    spread = np.log(max(len(weights), 2))
    return np.array([1.0, float(scores.cosine.max()), float(scores.words.max()), 1 - entropy / spread])


def confidence(scores: Scores, attention: Attention, weights: Array) -> float:
    """0–1.

    Args:
        scores: likeness of all memories.
        attention: over the candidates.
        weights: (4,) logistic weights, learned on questions whose evidence was taken out of the store.
    """
    return float(logistic(signals(scores, attention) @ weights))
