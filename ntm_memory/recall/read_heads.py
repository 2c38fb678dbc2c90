"""Read heads over a sparse candidate set: content → gate → shift → sharpen, then a linear ranker.

The formulas are the machine's own (`ntm_memory.machine.addressing`); here they run over n candidates instead of N rows.
Each head leaves its weighting; the ranker adds the heads' log-weights to its linear logits, and one more softmax
makes the weights of the answer: a product of experts in which each factor can be shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine import addressing
from ntm_memory.machine.activations import logistic, softplus
from ntm_memory.recall.features import CONTENT
from ntm_memory.recall.parameters import Array, RecallParameters

FLOOR = 1e-4


@dataclass(frozen=True)
class Places:
    """Where n candidates stand.

    Args:
        near: (n, 2·REACH + 1) int64, candidate at −REACH…+REACH from each, −1 where there is none among them.
        session: (n,) int64, dense number of each one's session.
        context: (C,) what kind of memory this is, see `CentredMatrix.context`.
    """

    near: NDArray[np.int64]
    session: NDArray[np.int64]
    context: Array

    def pool(self, weights: Array) -> Array:
        """Each candidate's share when a session spreads its weight evenly over its candidates; its own transpose."""
        size = np.bincount(self.session)
        spread: Array = (np.bincount(self.session, weights) / size)[self.session]
        return spread


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
    """What the heads and the ranker made of the candidates.

    Args:
        weights: (n,) attention, sums to 1.
        logits: (n,) what the weights are the softmax of.
        heads: the heads' steps; none for an anchor, which is found by likeness alone.
        parts: (H,) how much each head's log-weight counted.
    """

    weights: Array
    logits: Array
    heads: tuple[Steps, ...] = ()
    parts: Array = field(default_factory=lambda: np.empty(0))


def attend(parameters: RecallParameters, features: Array, places: Places, previous: Array | None) -> Attention:
    """Weights over n candidates.

    Args:
        parameters: H heads and the ranker.
        features: (n, d), n ≥ 1, columns as in `features.FEATURES`.
        places: where the candidates stand.
        previous: (n,) the focus before, sums to 1; None: there was none, all gates count as open.
    """
    heads = tuple(read_head(parameters, head, features, places, previous) for head in range(parameters.heads))
    logits = features @ (places.context @ parameters.ranker)
    parts = places.context @ parameters.share
    for part, steps in zip(parts, heads, strict=True):
        logits = logits + part * np.log(steps.sharpened + FLOOR)
    return Attention(addressing.content_focus(logits, 1.0), logits, heads, parts)


def attend_backward(
    parameters: RecallParameters,
    features: Array,
    places: Places,
    previous: Array | None,
    attention: Attention,
    grad: Array,
) -> dict[str, Array]:
    """Gradients of the parameters from that of the logits (n,); of a softmax loss that is weights − target."""
    grads = {name: np.zeros_like(value) for name, value in vars(parameters).items()}
    grads["ranker"] = np.outer(places.context, features.T @ grad)
    parts = places.context @ parameters.share
    for head, steps in enumerate(attention.heads):
        grads["share"][:, head] = places.context * (grad @ np.log(steps.sharpened + FLOOR))
        inner = parts[head] * grad / (steps.sharpened + FLOOR)
        for name, value in read_head_backward(parameters, head, features, places, previous, steps, inner).items():
            grads[name][head] = value
    return grads


def read_head(
    parameters: RecallParameters, head: int, features: Array, places: Places, previous: Array | None
) -> Steps:
    """One head's way from the content score to its weighting (paper, equations 5 to 9)."""
    score = features[:, : len(CONTENT)] @ parameters.mix[head]
    content = addressing.content_focus(score, softplus(parameters.beta[head]))
    gated = content
    if previous is not None:
        gated = addressing.interpolate(content, previous, logistic(parameters.gate[head]))
    kernel = addressing.content_focus(parameters.shift[head], 1.0)
    shifted = addressing.shift_sparse(gated, kernel[:-1], places.near) + kernel[-1] * places.pool(gated)
    return Steps(score, content, gated, shifted, addressing.sharpen(shifted, 1 + softplus(parameters.gamma[head])))


def read_head_backward(
    parameters: RecallParameters,
    head: int,
    features: Array,
    places: Places,
    previous: Array | None,
    steps: Steps,
    grad: Array,
) -> dict[str, Array]:
    """Gradients of one head's parameters from that of its weighting."""
    gamma, kernel = 1 + softplus(parameters.gamma[head]), addressing.content_focus(parameters.shift[head], 1.0)
    d_shifted, d_gamma = addressing.sharpen_backward(steps.shifted, gamma, steps.sharpened, grad)
    d_gated, d_steps = addressing.shift_sparse_backward(steps.gated, kernel[:-1], places.near, d_shifted)
    d_gated = d_gated + kernel[-1] * places.pool(d_shifted)
    d_kernel = np.append(d_steps, d_shifted @ places.pool(steps.gated))
    d_content, d_gate = d_gated, np.float64(0)
    if previous is not None:
        gate = logistic(parameters.gate[head])
        d_content, _, d_gate = addressing.interpolate_backward(steps.content, previous, gate, d_gated)
        d_gate = d_gate * gate * (1 - gate)
    beta = softplus(parameters.beta[head])
    d_score, d_beta = addressing.content_focus_backward(steps.score, beta, steps.content, d_content)
    return {
        "mix": features[:, : len(CONTENT)].T @ d_score,
        "beta": d_beta * logistic(parameters.beta[head]),
        "gate": d_gate,
        "shift": addressing.content_focus_backward(parameters.shift[head], 1.0, kernel, d_kernel)[0],
        "gamma": d_gamma * logistic(parameters.gamma[head]),
    }
