"""The small models that ship as a handful of numbers."""

from __future__ import annotations

import numpy as np

from bench.regression import choice_regression

GROUPS, SIZE = 600, 4


def chosen(weights, rng):
    """Groups of which one is chosen, or none, as these weights say."""
    x = rng.normal(size=(GROUPS, SIZE, len(weights)))
    x[:, :, 0] = 1.0
    logits = np.concatenate([x @ weights, np.zeros((GROUPS, 1))], axis=1)
    best = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    return x.reshape(-1, len(weights)), (best[:, None] == np.arange(SIZE)).ravel()


def test_a_choice_or_none_is_learned_as_it_was_made():
    weights = np.array([-1.5, 2.0, 0.0])
    x, y = chosen(weights, np.random.default_rng(0))
    learned = choice_regression(x, y, np.full(GROUPS, SIZE), np.ones(GROUPS), 1e-3, 12)
    assert np.abs(learned - weights).max() < 0.3


def test_any_of_several_that_are_right_may_be_chosen():
    x = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]] * 20)
    y = np.array([True, False, True] * 20)
    learned = choice_regression(x, y, np.full(20, 3), np.ones(20), 1.0, 12)
    assert abs(learned[0] - learned[1]) < 1e-6 and learned[0] > 0.5


def test_groups_count_as_they_are_told_to_and_may_be_of_any_size():
    x, y = np.array([[1.0], [1.0], [2.0]]), np.array([True, False, False])
    one, more = (choice_regression(x, y, np.array([1, 2]), np.array(share), 0.1, 12) for share in ([1, 1], [9, 1]))
    assert more[0] > one[0]
