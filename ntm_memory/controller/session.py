"""The controller of a session: how far a question leans on what was asked before it, and where it then looks.

What the trace of a session's earlier looks attends to is read as one vector, r = Σ trace_i k_i (paper, equation 2). The
controller hears it beside the question, as the paper's hears what was read at the step before, and speaks a gate g
(equation 7): so much of the attention follows the session, the rest the question alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.activations import logistic
from ntm_memory.machine.addressing import content_focus
from ntm_memory.persistence.learned import Kind, LearnedFile

HEARD = ("one", "sure", "best", "lead", "cosine", "cosine_lead", "words", "along", "best_along")
"""What the gate is drawn from: the log-odds of the confidence of the question alone; the weight of its best memory and
its lead; the likest memory's cosine and its lead; how long the question is; its cosine with r, and that of its best
memory."""
EVIDENCE = ("first_look", "cosine", "along", "trace", "shown")
"""What is known of a memory: the log of the weight that the first look gives it, since reading it with a question that
says too little misleads; its cosine with the question as the query adapter turns it; its cosine with r, less
what it gives to r itself, so that what was just answered is not near itself: it is seldom the answer again (inhibition
of return, Klein 2000); its trace, and whether it has any."""
CHANCE = ("one", "lead", "cosine", "along")
"""What the chance of a memory is drawn from: the log-odds of its weight in the session's look, and its cosines."""
KIND = Kind("ntm-memory-system/session", 1, {"heard": list(HEARD), "evidence": list(EVIDENCE)})
SHIPPED = Path(__file__).with_name("session.json")
MOST_WORDS = 12
_LEAST = 1e-4
Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class SessionParameters:
    """What the controller of a session has learned.

    Args:
        gate: (9,) logistic weights of g, see `HEARD`.
        evidence: (5,) weight of each kind of evidence in a memory's logit, see `EVIDENCE`.
        chance: (4,) logistic weights of the chance that a memory of the session's look answers, see `CHANCE`.
    """

    gate: NDArray[np.float64]
    evidence: NDArray[np.float64]
    chance: NDArray[np.float64]


LEARNED = LearnedFile(
    KIND,
    SessionParameters,
    lambda _: {"gate": (len(HEARD),), "evidence": (len(EVIDENCE),), "chance": (len(CHANCE),)},
    SHIPPED,
    "remove {}",
)
save_parameters, load_parameters = LEARNED.save, LEARNED.load


class SessionLook(NamedTuple):
    """What a question in a session meets.

    Args:
        candidates: (n,) memories 0…N−1, n ≥ 1.
        evidence: (n, 5) columns as in `EVIDENCE`.
        heard: (9,) as in `HEARD`.
    """

    candidates: NDArray[np.int64]
    evidence: Array
    heard: Array


class Spoken(NamedTuple):
    """What the controller says.

    Args:
        gate: g, 0–1: share of the attention that follows the session.
        weights: (n,) of the session's look, they sum to 1.
        chances: (n,) calibrated chance that each memory answers, should the question lean on the session.
    """

    gate: float
    weights: Array
    chances: Array

    def confidence(self, alone: float) -> float:
        """That the answer is there: as sure as the question alone is or, if surer, as the session's best memory.

        So a session silences nothing, and makes nobody sure of an answer that it does not see either.
        """
        return max(alone, self.gate * float(self.chances[int(self.weights.argmax())]))


def read_vector(weights: Array, keys: Array) -> tuple[Array, float]:
    """(r = Σ w_i k_i at unit length (dim,), its length before) (paper, equation 2).

    Args:
        weights: (n,) of n ≥ 1 memories.
        keys: (n, dim) theirs, centred, at unit length.
    """
    r = weights.astype(keys.dtype) @ keys
    length = float(np.sqrt(r @ r + 1e-6))
    return r / length, length


def evidence_of(first_look: Array, cosine: Array, along: Array, trace: Array, length: float) -> Array:
    """(n, 5) what is known of n memories, columns as in `EVIDENCE`.

    Args:
        first_look: (n,) weights 0–1.
        cosine: (n,) with the question.
        along: (n,) cosines with r.
        trace: (n,) 0–1.
        length: of r, before it was brought to 1.
    """
    others = along - trace / length
    return np.stack([np.log(first_look + _LEAST), cosine, others, trace, trace > 0], axis=1)


def heard_of(evidence: Array, alone: Array, confidence: float, words: int, along: float) -> Array:
    """(9,) what the gate is drawn from.

    Args:
        evidence: (n, 5) of n ≥ 1 memories.
        alone: (n,) their weights for the question alone, by both looks.
        confidence: of the question alone, 0–1.
        words: of the question, how many count.
        along: cosine of the question with r.
    """
    sure = min(max(confidence, _LEAST), 1 - _LEAST)
    best_along = evidence[int(alone.argmax()), 2]
    length = min(words, MOST_WORDS) / MOST_WORDS
    return np.array([1.0, np.log(sure / (1 - sure)), *_best(alone), *_best(evidence[:, 1]), length, along, best_along])


def speak(look: SessionLook, p: SessionParameters) -> Spoken:
    """The gate, and where the session's look goes."""
    weights = content_focus(look.evidence @ p.evidence, 1.0)
    return Spoken(float(logistic(look.heard @ p.gate)), weights, logistic(chance_signals(look, weights) @ p.chance))


def chance_signals(look: SessionLook, weights: Array) -> Array:
    """(n, 4) what the chance of each memory is drawn from, columns as in `CHANCE`."""
    sure = np.clip(weights, _LEAST, 1 - _LEAST)
    lead = np.log(sure / (1 - sure))
    return np.stack([np.ones_like(lead), lead, look.evidence[:, 1], look.evidence[:, 2]], axis=1)


def _best(values: Array) -> tuple[float, float]:
    """(the largest of some values, its lead over the second)."""
    second, first = np.sort(np.append(values, values.min()))[-2:]
    return float(first), float(first - second)
