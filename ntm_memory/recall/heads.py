"""Read heads over a sparse candidate set: content → gate → shift → sharpen, then a linear controller.

The formulas are the machine's own (`ntm_memory.machine.addressing`); here they run over n candidates instead of N rows. Each
head leaves its weighting; the controller adds the heads' log-weights to its linear evidence, and one more softmax makes the
weights of the answer: a product of experts in which each factor can be shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine import addressing
from ntm_memory.recall.evidence import CONTENT
from ntm_memory.recall.parameters import Array, Parameters, logistic, softplus

FLOOR = 1e-4


@dataclass(frozen=True)
class Places:
    """Where n candidates stand.

    Args:
        near: (n, 2·REACH + 1) int64, candidate at −REACH…+REACH from each, −1 where there is none among them.
        session: (n,) int64, dense number of each one's session.
    """

    near: NDArray[np.int64]
    session: NDArray[np.int64]

    def pool(self, weights: Array) -> Array:
        """Each candidate's share when every session spreads its weight evenly over its candidates; its own transpose."""
        size = np.bincount(self.session)
        return (np.bincount(self.session, weights) / size)[self.session]


@dataclass(frozen=True)
class Steps:
    """One head's weighting after every step, each (n,)."""

    score: Array
    content: Array
    gated: Array
    shifted: Array
    sharpened: Array


@dataclass(frozen=True)
class Attention:
    """What the heads and the controller made of the candidates.

    Args:
        weights: (n,) attention, sums to 1.
        evidence: (n,) what the weights are the softmax of.
        heads: the heads' steps; empty when content addressing is off.
    """

    weights: Array
    evidence: Array
    heads: tuple[Steps, ...]


def attend(parameters: Parameters, features: Array, places: Places, previous: Array | None) -> Attention:
    """Weights over n candidates.

    Args:
        parameters: H heads and the controller.
        features: (n, d) evidence, n ≥ 1, columns as in `evidence.FEATURES`.
        places: where the candidates stand.
        previous: (n,) the focus before, sums to 1; None: there was none, all gates count as open.
    """
    heads = tuple(read(parameters, head, features, places, previous) for head in range(parameters.heads))
    evidence = features @ parameters.controller
    for part, steps in zip(parameters.part, heads, strict=True):
        evidence = evidence + part * np.log(steps.sharpened + FLOOR)
    return Attention(addressing.content_focus(evidence, 1.0), evidence, heads)


def read(parameters: Parameters, head: int, features: Array, places: Places, previous: Array | None) -> Steps:
    """One head's way from the content score to its weighting (paper, equations 5 to 9)."""
    score = features[:, : len(CONTENT)] @ parameters.mix[head]
    content = addressing.content_focus(score, softplus(parameters.strength[head]))
    gated = content
    if previous is not None:
        gated = addressing.interpolate(content, previous, logistic(parameters.gate[head]))
    kernel = addressing.content_focus(parameters.shift[head], 1.0)
    shifted = addressing.shift_sparse(gated, kernel[:-1], places.near) + kernel[-1] * places.pool(gated)
    return Steps(score, content, gated, shifted, addressing.sharpen(shifted, 1 + softplus(parameters.sharpen[head])))
