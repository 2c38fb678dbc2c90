"""Learn how questions are turned towards their answers: a low-rank map of centred question keys.

A question q becomes q + B·Aᵀq at unit length (`recall.centring.adapt`). A and B are fitted on questions with known
answers, all memories of a conversation competing: −log of the softmax of β·cos over their keys, summed over the keys of
the evidence. The pull is on the map's Frobenius norm, so that what few questions say moves little.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ntm_memory.machine.addressing import content_focus
from ntm_memory.machine.optimisers import Adam
from ntm_memory.recall.centred_matrix import CentredMatrix

RANK = 8
BETA = 20.0
PULL = 0.06
RATE = 3e-3
STEPS = 120


@dataclass(frozen=True)
class AdapterExample:
    """The questions of one memory matrix that are learned from together.

    Args:
        keys: (R, dim) centred unit keys.
        questions: (Q, dim) centred unit keys.
        gold: (Q, R) which keys are of evidence; at least one in each row.
        share: (Q,) what each question counts.
    """

    keys: np.ndarray
    questions: np.ndarray
    gold: np.ndarray
    share: np.ndarray


def adapter_example(view: CentredMatrix, asked: Sequence[tuple[np.ndarray, bool, np.ndarray, float]]) -> AdapterExample:
    """Of questions put to one view: (key, script is CJK, (N,) memories that are evidence, share) each."""
    centre, slots = view.centre, view.slots
    keys = (slots.keys - centre.means[centre.offset]) * centre.inverse_norm[:, None]
    directions = np.stack([key - centre.means[int(cjk)] for key, cjk, _, _ in asked])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    gold = np.stack([evidence for _, _, evidence, _ in asked])[:, slots.owner]
    return AdapterExample(keys, directions, gold, np.array([share for *_, share in asked], dtype=np.float32))


def fit_query_adapter(
    examples: Sequence[AdapterExample], dim: int, *, rank: int = RANK, steps: int = STEPS
) -> np.ndarray:
    """(2, dim, rank) float32, A and B."""
    rng = np.random.default_rng(0)
    flat = (rng.standard_normal(2 * dim * rank) * 0.02).astype(np.float32)
    adapter, adam = flat.reshape(2, dim, rank), Adam(flat.size, "float32")
    whole = sum(float(each.share.sum()) for each in examples)
    for step in range(steps):
        slope = sum_of(gradient(adapter, each) for each in examples) / np.float32(whole)
        into, back = adapter
        slope += 2 * PULL * np.stack((into @ (back.T @ back), back @ (into.T @ into)))
        adam.update(flat, slope.ravel(), RATE * min(1.0, 2 * (1 - step / steps)))
    return adapter


def sum_of(gradients: Iterable[np.ndarray]) -> np.ndarray:
    """Of at least one."""
    total, *rest = gradients
    for each in rest:
        total += each
    return total


def loss(adapter: np.ndarray, each: AdapterExample) -> float:
    """−Σ share·log of the attention on the evidence."""
    attention = attend(adapter, each)[0]
    return -float(each.share @ np.log((attention * each.gold).sum(axis=1)))


def gradient(adapter: np.ndarray, each: AdapterExample) -> np.ndarray:
    """(2, dim, rank) gradient of `loss`."""
    into, back = adapter
    attention, unit, length, mapped = attend(adapter, each)
    evidence = attention * each.gold
    evidence /= np.maximum(evidence.sum(axis=1, keepdims=True), 1e-30)
    d_unit = ((attention - evidence) * (BETA * each.share[:, None])) @ each.keys
    d_turned = (d_unit - unit * (unit * d_unit).sum(axis=1, keepdims=True)) / length
    return np.stack((each.questions.T @ (d_turned @ back), d_turned.T @ mapped))


def attend(adapter: np.ndarray, each: AdapterExample) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(Q, R) attention, and on the way there: turned questions at unit length, their lengths before, Aᵀq."""
    into, back = adapter
    mapped = each.questions @ into
    turned = each.questions + mapped @ back.T
    length = np.linalg.norm(turned, axis=1, keepdims=True)
    unit = turned / length
    return content_focus(unit @ each.keys.T, BETA), unit, length, mapped
