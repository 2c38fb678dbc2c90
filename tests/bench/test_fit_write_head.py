"""The write head learns what is asked for, of stores made by hand; its gradient is the loss's own."""

from __future__ import annotations

import numpy as np
import pytest

from bench.fit_write_head import CASES, DECAY, SHIPPED, fit_parts_of_usage, kept_by_rules, kept_left_out, share_kept
from bench.regression import logistic_regression
from bench.write_lessons import WriteLesson, surprise_of
from ntm_memory.controller.write_head import ADD, FADE, added
from ntm_memory.machine.activations import logistic


def lessons(kinds, seed=0, stores=3, count=60):
    """Stores in which what is long and current is what is asked for."""
    rng = np.random.default_rng(seed)
    made = []
    for kind in kinds:
        for _ in range(stores):
            keys, length = rng.normal(size=(count, 6)), rng.integers(1, 60, size=count)
            revised, days = rng.random(count) < 0.2, rng.random(count) * 300
            odds = 2 * np.log1p(length) - 4 * revised + rng.normal(size=count)
            asked = [[int(i)] for i in rng.permutation(np.argsort(-odds)[: count // 4])]
            read = np.zeros(count)
            read[[gold[0] for gold in asked[::2]]] = np.log(2)
            told = added(length), np.ones(count, dtype=bool), revised * 1.0, days / 10
            made.append(WriteLesson(kind, keys, *told, read, asked, np.zeros((count, 3))))
    return made


def test_the_gradient_is_that_of_finite_differences_and_vanishes_at_what_is_learned():
    rng = np.random.default_rng(0)
    x, y, share, usual = rng.normal(size=(40, 3)), rng.random(40) < 0.4, rng.random(40), rng.normal(size=40)

    def loss(weights):
        chance = logistic(x @ weights + usual)
        return -(share * np.where(y, np.log(chance), np.log(1 - chance))).sum() + DECAY / 2 * weights @ weights

    def slope(weights):
        return x.T @ (share * (logistic(x @ weights + usual) - y)) + DECAY * weights

    def measured(weights):
        return np.array([(loss(weights + step) - loss(weights - step)) / 2e-5 for step in 1e-5 * np.eye(3)])

    here = rng.normal(size=3)
    np.testing.assert_allclose(slope(here), measured(here), rtol=1e-6, atol=1e-8)
    learned = logistic_regression(x, y.astype(float), share, DECAY, 20, offset=usual)
    np.testing.assert_allclose(measured(learned), 0, atol=1e-6)


def test_what_was_learned_keeps_more_of_a_kind_it_has_not_seen():
    made = lessons(["locomo", "en1_stores", "update_en"])
    found, without = kept_left_out(made, SHIPPED), kept_left_out(made, ("surprise",))
    assert set(found) == {"locomo", "notes", "update"}
    assert min(pair[0] for pair in found.values()) > 0.5 > 0.4 > max(pair[0] for pair in without.values())


def test_a_mark_fades_and_a_memory_that_is_long_is_kept():
    weights = dict(zip((*ADD, *FADE), fit_parts_of_usage(lessons(["a", "b"]), SHIPPED), strict=True))
    assert weights["revised"] < -1 and weights["words"] + weights["words beyond 5"] > 0


def test_kinds_count_alike_however_many_memories_they_have():
    few, many = lessons(["a"], stores=1), lessons(["b"], seed=1, stores=1)
    once, often = (fit_parts_of_usage([*few, *many * times], SHIPPED) for times in (1, 5))
    np.testing.assert_allclose(once, often, atol=1e-6)
    assert CASES > 0


def test_the_share_kept_is_worked_by_hand():
    lesson = lessons(["a"], stores=1, count=8)[0]._replace(asked=[[0], [6, 7], [1]])
    assert share_kept(lesson, np.arange(8.0)) == pytest.approx(1 / 3)
    assert share_kept(lesson, -np.arange(8.0)) == pytest.approx(2 / 3)
    assert share_kept(lesson, np.zeros(8)) == pytest.approx(1 / 3)  # of equals the newest stays
    assert share_kept(lesson, np.arange(8.0), read=True) == 1


def test_surprise_is_what_the_session_did_not_predict():
    keys = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    likest, surprise, momentum = surprise_of(keys, np.array([1, 1, 1, 2])).T
    np.testing.assert_allclose(likest, [0, 1, 0, 1], atol=1e-4)
    np.testing.assert_allclose(surprise, [1, 0, 1, 1], atol=1e-4)
    np.testing.assert_allclose(momentum, [0.3, 0.21, 0.447, 0.3], atol=1e-4)


def test_among_facts_nothing_but_a_revision_counts_and_the_newest_stay():
    facts = [each._replace(talk=np.zeros(60, dtype=bool), revised=np.zeros(60)) for each in lessons(["a", "b"])]
    assert kept_left_out(facts, SHIPPED) == {kind: kept_by_rules(facts)["newest"][kind] for kind in ("a", "b")}
