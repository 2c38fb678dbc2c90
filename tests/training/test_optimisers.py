from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.training.loss import bits_per_sequence, cross_entropy, wrong_bits
from ntm_memory.training.optimisers import clip_norm, make_optimiser
from ntm_memory.training.tasks import Batch


def test_adam_by_hand():
    x, adam = np.array([1.0]), make_optimiser("adam", 1, "float64")
    adam.update(x, np.array([0.5]), 0.1)
    assert x == pytest.approx([0.9], abs=1e-6)  # the first step is the learning rate, whatever the gradient
    adam.update(x, np.array([-0.5]), 0.1)
    mean, square = (0.9 * 0.05 - 0.05) / (1 - 0.81), (0.999 * 0.00025 + 0.00025) / (1 - 0.999**2)
    assert x == pytest.approx([0.9 - 0.1 * mean / np.sqrt(square)], abs=1e-6)


def test_graves_rmsprop_by_hand():
    x, rms = np.array([1.0]), make_optimiser("rmsprop", 1, "float64")
    first = -0.1 * 2 / np.sqrt(0.05 * 4 - 0.1**2 + 1e-4)
    rms.update(x, np.array([2.0]), 0.1)
    assert x == pytest.approx([1 + first])
    second = 0.9 * first - 0.1 * 1 / np.sqrt(0.95 * 0.2 + 0.05 - (0.95 * 0.1 + 0.05) ** 2 + 1e-4)
    rms.update(x, np.array([1.0]), 0.1)
    assert x == pytest.approx([1 + first + second])


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_optimisers_find_a_minimum(name):
    x, optimiser = np.array([3.0, -2.0]), make_optimiser(name, 2, "float64")
    for _ in range(2000):
        optimiser.update(x, 2 * (x - [1, 0.5]), 0.005)
    assert x == pytest.approx([1, 0.5], abs=0.05)


def test_unknown_optimiser():
    with pytest.raises(BadValueError, match="sgd"):
        make_optimiser("sgd", 1, "float32")


def test_clipping():
    gradient = np.array([3.0, 4.0])
    assert clip_norm(gradient, 10) == pytest.approx(5)
    assert gradient == pytest.approx([3, 4])
    assert clip_norm(gradient, 1) == pytest.approx(5)
    assert gradient == pytest.approx([0.6, 0.8])


def make_batch(rng):
    targets = rng.integers(0, 2, size=(4, 3, 2)).astype(float)
    return Batch(np.zeros((4, 3, 1)), targets, np.array([False, True, True, False]))


def test_cross_entropy_and_its_gradient():
    rng = np.random.default_rng(0)
    batch, logits = make_batch(rng), rng.normal(size=(4, 3, 2)) * 3
    loss, grad = cross_entropy(logits, batch)
    p = 1 / (1 + np.exp(-logits[1:3]))
    wanted = batch.targets[1:3]
    assert loss == pytest.approx(-np.mean(wanted * np.log(p) + (1 - wanted) * np.log(1 - p)))
    assert bits_per_sequence(logits, batch).sum() == pytest.approx(loss * 12 / np.log(2))
    for i in np.ndindex(logits.shape):
        moved = [logits.copy(), logits.copy()]
        moved[0][i] += 1e-5
        moved[1][i] -= 1e-5
        expected = (cross_entropy(moved[0], batch)[0] - cross_entropy(moved[1], batch)[0]) / 2e-5
        assert grad[i] == pytest.approx(expected, abs=1e-9)


def test_extreme_logits_cost_what_they_should():
    batch = make_batch(np.random.default_rng(0))
    right = np.where(batch.targets > 0, 1e4, -1e4)
    assert cross_entropy(right, batch)[0] == 0
    assert cross_entropy(-right, batch)[0] == pytest.approx(1e4)
    assert wrong_bits(right, batch).tolist() == [0, 0, 0]
    assert wrong_bits(-right, batch).tolist() == [4, 4, 4]


def test_graves_rmsprop_stays_finite_where_the_variance_rounds_below_zero():
    gradient = np.full(1000, 300.0, np.float32) * np.random.default_rng(0).random(1000, np.float32)
    x, rms = np.zeros(1000, np.float32), make_optimiser("rmsprop", 1000, "float32")
    for _ in range(600):
        rms.update(x, gradient, 1e-4)
    assert np.isfinite(x).all()
