"""How sure recall is that what was asked is in memory at all."""

from __future__ import annotations

import numpy as np

from ntm_memory.machine.activations import logistic
from ntm_memory.recall.features import FEATURES
from ntm_memory.recall.parameters import Array

_COLUMN = {name: column for column, name in enumerate(FEATURES)}
_Z = 5.0
"""What z-scores are divided by, so that all signals are about as large."""


def signals(features: Array, weights: Array) -> Array:
    """(13,) what the confidence is drawn from, in the order of `parameters.SIGNALS`.

    Where the answer is missing, other memories are a little like the question. So besides the best cosine and the best
    share of words there are the next best share, how far the likest memory stands out of all, the best and the next
    sum of both kinds of evidence in one memory, and the best window of neighbours. Of the attention: the largest
    weight, and the concentration, 1 − entropy / log n (1 when one memory has it all, 0 when all are alike). Last,
    whether the best memory is itself a question, whether any speaker is named, and how well the time of the best memory
    fits one told in the question.

    Args:
        features: (n, d) evidence about the candidates, columns as in `features.FEATURES`.
        weights: (n,) attention over them.
    """
    entropy = -float(np.sum(weights * np.log(weights + 1e-16)))
    cosine, cosine_z, words, words_z, window, asks, named, date = (features[:, _COLUMN[name]] for name in _HEARD)
    said, said_next = _two_best(words)
    told, told_next = _two_best(cosine_z + words_z)
    return np.array(
        [
            1.0,
            cosine.max(),
            said,
            said_next,
            cosine_z.max() / _Z,
            told / _Z,
            told_next / _Z,
            window.max() / _Z,
            weights.max(),
            1 - entropy / np.log(max(len(weights), 2)),
            asks[weights.argmax()],
            named.max(),
            date[weights.argmax()],
        ]
    )


_HEARD = ("cosine", "cosine_z", "words", "words_z", "window_cosine", "asks", "named_speaker", "date")


def _two_best(values: Array) -> tuple[float, float]:
    """The largest and the next; of one value, twice the same."""
    best = np.sort(values)[-2:]
    return float(best[-1]), float(best[0])


def confidence(features: Array, weights: Array, context: Array, learned: Array) -> float:
    """Chance, 0–1, that the answer is among the candidates.

    Args:
        features: as for `signals`.
        weights: as for `signals`.
        context: (C,) what kind of memory this is, see `CentredMatrix.context`.
        learned: (C, 13) logistic weights, fitted on questions whose evidence was taken out of the store.
    """
    return float(logistic(context @ learned @ signals(features, weights)))
