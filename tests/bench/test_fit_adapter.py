"""What turns questions towards their answers is learned by the right gradient, and generalises."""

from __future__ import annotations

import numpy as np
import pytest

from bench import query_adapter
from ntm_memory.recall.centring import adapt, centre
from tests.recall.worlds import matrix_of, unit

DIM = 12


def example(rng, questions=5, keys=9, turned=None):
    """Questions whose evidence is the key nearest to the turned question."""
    stored, asked = unit(rng.normal(size=(keys, DIM))), unit(rng.normal(size=(questions, DIM)))
    best = np.argmax(asked @ (np.eye(DIM) if turned is None else turned) @ stored.T, axis=1)
    return query_adapter.AdapterExample(stored, asked, best[:, None] == np.arange(keys), np.ones(questions, np.float32))


def test_gradient_by_central_differences():
    rng = np.random.default_rng(0)
    each = example(rng)
    each.gold[0, :3] = True
    each = query_adapter.AdapterExample(
        each.keys.astype(float), each.questions.astype(float), each.gold, rng.random(len(each.share))
    )
    at = rng.normal(size=(2, DIM, 3)) * 0.3
    found = query_adapter.gradient(at, each)
    for place in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[place] = 1e-6
        slope = (query_adapter.loss(at + step, each) - query_adapter.loss(at - step, each)) / 2e-6
        assert found[place] == pytest.approx(slope, rel=1e-5, abs=1e-6)


def test_a_turn_that_questions_share_is_learned_and_helps_questions_not_seen():
    rng = np.random.default_rng(1)
    into, back = rng.normal(size=(2, DIM, 1))
    turned = np.eye(DIM) + 0.4 * into @ back.T
    learned = query_adapter.fit_query_adapter([example(rng, 40, 30, turned) for _ in range(4)], DIM, rank=2)
    fresh = example(rng, 60, 30, turned)
    assert query_adapter.loss(learned, fresh) < 0.8 * query_adapter.loss(0 * learned, fresh)


def test_nothing_to_learn_turns_nothing():
    """Where the nearest key is the answer already, the pull keeps questions about where they are."""
    rng = np.random.default_rng(2)
    learned = query_adapter.fit_query_adapter([example(rng, 40, 30) for _ in range(4)], DIM, rank=2)
    direction = unit(rng.normal(size=(1, DIM)))[0]
    assert adapt(direction, learned) @ direction > 0.9


def test_every_passage_of_the_evidence_is_an_answer():
    rng = np.random.default_rng(3)
    slots = matrix_of(3, keys=unit(rng.normal(size=(5, DIM))), owner=np.array([0, 0, 1, 2, 2]))
    view = query_adapter.CentredMatrix(slots)
    made = query_adapter.adapter_example(view, [(slots.keys[3], False, np.array([False, False, True]), 0.5)])
    assert made.gold.tolist() == [[False, False, False, True, True]]
    assert np.linalg.norm(made.keys, axis=1) == pytest.approx(1, abs=1e-3)
    assert made.questions[0] == pytest.approx(made.keys[3], abs=1e-3)
    assert made.share.tolist() == [0.5]
    assert centre(slots).starts.tolist() == [0, 2, 3]
