from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.machine.optimisers import Adam, clip_norm, make_optimiser


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


def test_graves_rmsprop_stays_finite_where_the_variance_rounds_below_zero():
    gradient = np.full(1000, 300.0, np.float32) * np.random.default_rng(0).random(1000, np.float32)
    x, rms = np.zeros(1000, np.float32), make_optimiser("rmsprop", 1000, "float32")
    for _ in range(600):
        rms.update(x, gradient, 1e-4)
    assert np.isfinite(x).all()


@pytest.mark.parametrize("literal", [False, True])
@pytest.mark.parametrize("scale", [1.0, 1e-8])
def test_adam_is_the_papers_algorithm(literal, scale):
    """Algorithm 1 of Kingma and Ba (2015), written out; of its two orders only one keeps ε as it is there."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=5)
    slow, mean, square = x.copy(), np.zeros(5), np.zeros(5)
    adam = Adam(5, "float64", literal=literal)
    for step in range(1, 51):
        gradient = rng.normal(size=5) * scale
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        epsilon = 1e-8 if literal else 1e-8 / np.sqrt(1 - 0.999**step)
        slow -= 0.03 * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + epsilon)
        adam.update(x, gradient, 0.03)
    np.testing.assert_allclose(x, slow, rtol=0, atol=1e-12)
