"""How sure recall is that what was asked is in memory at all."""

from __future__ import annotations

import numpy as np

from ntm_memory.recall.evidence import CONTENT
from ntm_memory.recall.parameters import Array, logistic

# Hardly any question with an answer in store has neither a memory of this likeness nor of this share of its words; a
# handful of memories on other matters has neither as a rule.
LIKE, SAID = 0.16, 0.05
UNLIKE = 0.02

_COSINE, _WORDS = CONTENT.index("cosine"), CONTENT.index("words")


def signals(features: Array, weights: Array) -> Array:
    """(4,) what the confidence is drawn from: 1, the best cosine, the best share of words, the concentration.

    The concentration is 1 − entropy / log n of the attention: 1 when one memory has it all, 0 when all are alike.

    Args:
        features: (n, d) evidence about the candidates, columns as in `evidence.FEATURES`.
        weights: (n,) attention over them.
    """
    entropy = -float(np.sum(weights * np.log(weights + 1e-16)))
    concentration = 1 - entropy / np.log(max(len(weights), 2))
    return np.array([1.0, features[:, _COSINE].max(), features[:, _WORDS].max(), concentration])


def confidence(features: Array, weights: Array, context: Array, learned: Array) -> float:
    """Chance, 0–1, that the answer is among the candidates.

    Args:
        features: as for `signals`.
        weights: as for `signals`.
        context: (4,) what kind of memory this is, see `View.context`.
        learned: (4, 4) logistic weights, fitted on questions whose evidence was taken out of the store.
    """
    seen = signals(features, weights)
    chance = float(logistic(context @ learned @ seen))
    return min(chance, UNLIKE) if seen[1] < LIKE and seen[2] < SAID else chance
