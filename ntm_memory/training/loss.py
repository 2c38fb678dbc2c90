"""Cross entropy from logits and the count of wrong bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.activations import logistic, softplus
from ntm_memory.training.tasks.base import SequenceBatch

Array = NDArray[np.floating[Any]]
LN2 = float(np.log(2))


def binary_cross_entropy(logits: Array, batch: SequenceBatch) -> tuple[float, Array]:
    """Mean over the answer's bits, in nats, and its gradient.

    Args:
        logits: (T, B, O).
        batch: with the targets.

    Returns:
        The loss and its gradient (T, B, O), zero where no answer is due.
    """
    asked, wanted = logits[batch.answer], batch.targets[batch.answer].astype(logits.dtype)
    grad = np.zeros_like(logits)
    grad[batch.answer] = (logistic(asked) - wanted) / asked.size
    return float(_surprise(asked, wanted).mean()), grad


def bits_per_sequence(logits: Array, batch: SequenceBatch) -> Array:
    """(B,): cross entropy of every sequence's answer, in bits."""
    asked, wanted = logits[batch.answer], batch.targets[batch.answer]
    bits: Array = _surprise(asked, wanted).sum(axis=(0, 2)) / LN2
    return bits


def wrong_bits(logits: Array, batch: SequenceBatch) -> NDArray[np.int64]:
    """(B,): how many bits of every sequence's answer come out wrong when rounded."""
    wrong = (logits[batch.answer] > 0) != (batch.targets[batch.answer] > 0.5)
    count: NDArray[np.int64] = wrong.sum(axis=(0, 2))
    return count


def _surprise(logits: Array, targets: Array) -> Array:
    """−log p(target), in nats: log(1 + e^x) − x·target."""
    return softplus(logits) - logits * targets
