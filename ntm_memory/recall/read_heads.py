"""Read heads over a sparse candidate set: content → gate → shift → sharpen, then a linear ranker.

The formulas are the machine's own (`ntm_memory.machine.addressing`); here they run over n candidates instead of N rows,
for H heads at once. Each head does as the controller says (`controller.head_settings`) and leaves its weighting; the
ranker adds the heads' log-weights to its linear logits, and one more softmax makes the weights of the answer: a product
of experts in which each factor can be shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine import addressing
from ntm_memory.recall.controller import HeadSettings, head_settings, head_settings_backward
from ntm_memory.recall.features import CONTENT
from ntm_memory.recall.parameters import HEARD, Array, RecallParameters

FLOOR = 1e-4


@dataclass(frozen=True)
class Places:
    """Where n candidates stand, and what the controller hears.

    Args:
        near: (n, 2·REACH + 1) int64, candidate at −REACH…+REACH from each, −1 where there is none among them.
        session: (n,) int64, dense number of each one's session.
        context: (C,) what kind of memory this is, see `CentredMatrix.context`.
        heard: (Q,) of the question, see `controller.hear`.
    """

    near: NDArray[np.int64]
    session: NDArray[np.int64]
    context: Array
    heard: Array = field(default_factory=lambda: np.zeros(len(HEARD)))

    def pool(self, weights: Array) -> Array:
        """Each candidate's share when a session spreads its weight evenly over its candidates; its own transpose.

        Args:
            weights: (…, n).
        """
        sums = np.stack([np.bincount(self.session, each) for each in weights.reshape(-1, weights.shape[-1])])
        spread: Array = (sums / self._sizes)[:, self.session]
        return spread.reshape(weights.shape)

    @cached_property
    def _sizes(self) -> NDArray[np.int64]:
        """(K,) candidates of each session."""
        return np.bincount(self.session)


@dataclass(frozen=True)
class Steps:
    """H heads' weightings after every step, each (H, n)."""

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
        said: what the controller said to the heads; None for an anchor, which is found by likeness alone.
        steps: what the heads did; None for an anchor.
    """

    weights: Array
    logits: Array
    said: HeadSettings | None = None
    steps: Steps | None = None

    def told(self, i: int) -> dict[str, Any]:
        """The weight of candidate i after every step of every head, and how much each head counted for its logit."""
        logit = round(float(self.logits[i]), 6)
        if self.said is None or self.steps is None:
            return {"logit": logit, "heads": []}
        steps = {name: values[:, i] for name, values in vars(self.steps).items()} | {"share": self.said.share}
        rows = zip(*(np.round(each, 6).tolist() for each in steps.values()), strict=True)
        return {"logit": logit, "heads": [dict(zip(steps, row, strict=True)) for row in rows]}


def attend(parameters: RecallParameters, features: Array, places: Places, previous: Array | None) -> Attention:
    """Weights over n candidates.

    Args:
        parameters: H heads, the controller and the ranker.
        features: (n, d), n ≥ 1, columns as in `features.FEATURES`.
        places: where the candidates stand, and what is heard.
        previous: (n,) the focus before, sums to 1; None: there was none, all gates count as open.
    """
    said = head_settings(parameters, places.context, places.heard)
    steps = read(parameters.mix, said, features, places, previous)
    logits = features @ (places.context @ parameters.ranker) + said.share @ np.log(steps.sharpened + FLOOR)
    return Attention(addressing.content_focus(logits, 1.0), logits, said, steps)


def attend_backward(
    parameters: RecallParameters,
    features: Array,
    places: Places,
    previous: Array | None,
    attention: Attention,
    grad: Array,
) -> dict[str, Array]:
    """Gradients of the parameters from that of the logits (n,); of a softmax loss that is weights − target."""
    said, steps = attention.said, attention.steps
    assert said is not None and steps is not None
    inner = said.share[:, None] * (grad / (steps.sharpened + FLOOR))
    mix, slopes = read_backward(said, features, places, previous, steps, inner)
    slopes = slopes._replace(share=np.log(steps.sharpened + FLOOR) @ grad)
    grads = {name: np.zeros_like(value) for name, value in vars(parameters).items()}
    grads |= {"mix": mix, "ranker": np.outer(places.context, features.T @ grad)}
    return grads | head_settings_backward(parameters, places.context, places.heard, said, slopes)


def read(mix: Array, said: HeadSettings, features: Array, places: Places, previous: Array | None) -> Steps:
    """The heads' way from the content score to their weightings (paper, equations 5 to 9)."""
    score = mix @ features[:, : len(CONTENT)].T
    content = addressing.content_focus(score, said.beta)
    gated = content if previous is None else addressing.interpolate(content, previous, said.gate)
    kernel = said.kernel
    shifted = addressing.shift_sparse(gated, kernel[:, :-1], places.near) + kernel[:, -1:] * places.pool(gated)
    return Steps(score, content, gated, shifted, addressing.sharpen(shifted, said.gamma))


def read_backward(
    said: HeadSettings, features: Array, places: Places, previous: Array | None, steps: Steps, grad: Array
) -> tuple[Array, HeadSettings]:
    """Gradients of the mix and of what was said from those of the weightings (H, n); of the share there is none."""
    kernel = said.kernel
    d_shifted, d_gamma = addressing.sharpen_backward(steps.shifted, said.gamma, steps.sharpened, grad)
    d_gated, d_steps = addressing.shift_sparse_backward(steps.gated, kernel[:, :-1], places.near, d_shifted)
    d_gated += kernel[:, -1:] * places.pool(d_shifted)
    d_session = np.vecdot(d_shifted, places.pool(steps.gated))
    d_content: Array = d_gated
    d_gate: Array = np.zeros_like(said.gate)
    if previous is not None:
        d_content, _, d_gate = addressing.interpolate_backward(steps.content, previous, said.gate, d_gated)
    d_score, d_beta = addressing.content_focus_backward(steps.score, said.beta, steps.content, d_content)
    d_kernel = np.concatenate([d_steps, d_session[:, None]], axis=1)
    mix = d_score @ features[:, : len(CONTENT)]
    return mix, HeadSettings(d_beta, d_gate, d_kernel, d_gamma, np.zeros_like(said.share))
