"""The controller of recall: what it hears of a question, and what it says to each read head.

The paper's controller emits β, g, s and γ of every head at every step (section 3.3). This one is linear: a bias, which
is all that a map of zeros leaves, and a map of what is heard of this question and of the memory that it is put to.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ntm_memory.machine.activations import logistic, softplus
from ntm_memory.machine.addressing import Array, content_focus, content_focus_backward
from ntm_memory.recall.features import FEATURES
from ntm_memory.recall.parameters import RecallParameters

MOST_WORDS = 12
MOST_MEMORIES = 6.0
"""Powers of ten: so many memories count as a full 1 of `size`."""
_COLUMN = {name: column for column, name in enumerate(FEATURES)}
_CONTENT = 0.7
"""How much both z-scores weigh in the focus whose concentration is heard."""


class HeadSettings(NamedTuple):
    """What is said to H heads.

    Args:
        beta: (H,) β ≥ 0.
        gate: (H,) g, 0–1.
        kernel: (H, 2·REACH + 2) s over the steps −REACH…+REACH and last the whole session, each row sums to 1.
        gamma: (H,) γ ≥ 1.
        share: (H,) how much each head's log-weight counts in the logits.
    """

    beta: Array
    gate: Array
    kernel: Array
    gamma: Array
    share: Array


class AskedOf(NamedTuple):
    """What a question tells beside its likeness to the memories.

    Args:
        when, how_many: whether it asks for a time, for a number.
        cjk: its script.
        words: of it, how many count.
        memories: N that it is put to.
        time, past, everything: chances, see `controller.asking.Asked`.
    """

    when: bool
    how_many: bool
    cjk: bool
    words: int
    memories: int
    time: float
    past: float
    everything: float


def hear(asked: AskedOf, features: Array, context: Array) -> Array:
    """(Q,) what the controller hears, in the order of `parameters.HEARD`, each about 0–1.

    The kind of the memory; what the question asks for, its script, its length and the number of memories; whether a
    speaker, a name or a time that it tells is found; the best cosine and the best share of its words, how far the best
    z-score of both leads the second; how far the best memory by words is behind the best by cosine; and how
    concentrated a plain content focus is.

    Args:
        asked: what it tells itself.
        features: (n, d) evidence about n ≥ 0 candidates, columns as in `features.FEATURES`.
        context: (C,) what kind of memory this is, see `CentredMatrix.context`.
    """
    told = (
        *context[1:],
        asked.when,
        asked.how_many,
        asked.cjk,
        min(asked.words, MOST_WORDS) / MOST_WORDS,
        np.log10(1 + asked.memories) / MOST_MEMORIES,
        asked.time,
        asked.past,
        asked.everything,
    )
    return np.array([*told, *_found(features)], dtype=np.float64)


def _found(features: Array) -> list[float]:
    """What the candidates tell of a question."""
    if not len(features):
        return [0.0] * 9
    named, names, date, cosine, words = (
        float(features[:, _COLUMN[name]].max()) for name in ("named_speaker", "names", "date", "cosine", "words")
    )
    by_key, by_words = features[:, _COLUMN["cosine_z"]], features[:, _COLUMN["words_z"]]
    agreement = float(np.exp(by_key[by_words.argmax()] - by_key.max())) if words > 0 else 0.0
    focus = content_focus(_CONTENT * (by_key + by_words), 1.0)
    entropy = -float(focus @ np.log(focus + 1e-16))
    concentration = 1 - entropy / np.log(max(len(focus), 2))
    return [named, names, date, cosine, words, _lead(by_key), _lead(by_words), agreement, concentration]


def _lead(values: Array) -> float:
    """How far the largest of some z-scores leads the second, 0–1."""
    best = np.sort(values)[-2:]
    return float(np.tanh((best[-1] - best[0]) / 2))


def head_settings(parameters: RecallParameters, context: Array, heard: Array) -> HeadSettings:
    """What the controller says to every head of a question.

    Args:
        parameters: of H heads.
        context: (C,) what kind of memory this is.
        heard: (Q,) see `hear`.
    """
    p = parameters
    return HeadSettings(
        softplus(p.beta + p.beta_map @ heard),
        logistic(p.gate + p.gate_map @ heard),
        content_focus(p.shift + p.shift_map @ heard, 1.0),
        1 + softplus(p.gamma + p.gamma_map @ heard),
        context @ p.share + p.share_map @ heard,
    )


def head_settings_backward(
    parameters: RecallParameters, context: Array, heard: Array, said: HeadSettings, grads: HeadSettings
) -> dict[str, Array]:
    """Gradients of biases and maps, by name, from those of what was said."""
    p = parameters
    steps = p.shift + p.shift_map @ heard
    raw = {
        "beta": grads.beta * logistic(p.beta + p.beta_map @ heard),
        "gate": grads.gate * said.gate * (1 - said.gate),
        "shift": content_focus_backward(steps, 1.0, said.kernel, grads.kernel)[0],
        "gamma": grads.gamma * logistic(p.gamma + p.gamma_map @ heard),
        "share": grads.share,
    }
    maps = {f"{name}_map": grad[..., None] * heard for name, grad in raw.items()}
    return raw | maps | {"share": np.outer(context, grads.share)}
