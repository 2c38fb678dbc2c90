from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.training.loss import binary_cross_entropy, bits_per_sequence, wrong_bits
from ntm_memory.training.tasks import SequenceBatch


def make_batch(rng):
    targets = rng.integers(0, 2, size=(4, 3, 2)).astype(float)
    return SequenceBatch(np.zeros((4, 3, 1)), targets, np.array([False, True, True, False]))


def test_cross_entropy_and_its_gradient():
    rng = np.random.default_rng(0)
    batch, logits = make_batch(rng), rng.normal(size=(4, 3, 2)) * 3
    loss, grad = binary_cross_entropy(logits, batch)
    p = 1 / (1 + np.exp(-logits[1:3]))
    wanted = batch.targets[1:3]
    assert loss == pytest.approx(-np.mean(wanted * np.log(p) + (1 - wanted) * np.log(1 - p)))
    assert bits_per_sequence(logits, batch).sum() == pytest.approx(loss * 12 / np.log(2))
    for i in np.ndindex(logits.shape):
        moved = [logits.copy(), logits.copy()]
        moved[0][i] += 1e-5
        moved[1][i] -= 1e-5
        expected = (binary_cross_entropy(moved[0], batch)[0] - binary_cross_entropy(moved[1], batch)[0]) / 2e-5
        assert grad[i] == pytest.approx(expected, abs=1e-9)


def test_extreme_logits_cost_what_they_should():
    batch = make_batch(np.random.default_rng(0))
    right = np.where(batch.targets > 0, 1e4, -1e4)
    assert binary_cross_entropy(right, batch)[0] == 0
    assert binary_cross_entropy(-right, batch)[0] == pytest.approx(1e4)
    assert wrong_bits(right, batch).tolist() == [0, 0, 0]
    assert wrong_bits(-right, batch).tolist() == [4, 4, 4]
