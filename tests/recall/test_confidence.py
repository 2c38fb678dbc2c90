from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.recall.confidence import LIKE, SAID, UNLIKE, confidence, signals
from ntm_memory.recall.evidence import CONTENT, FEATURES
from ntm_memory.recall.reader import read

from .worlds import ask, plain, random_features, world

NOTES = ["I bought green tea", "The dentist is on Monday", "Bob moved to Berlin", "My sister plays chess"]
CONTEXT = np.array([1.0, 0.5, 0.2])


def test_signals():
    features = random_features(np.random.default_rng(0), 4)
    found = signals(features, np.array([1.0, 0, 0, 0]))
    best = [features[:, CONTENT.index(name)].max() for name in ("cosine", "words")]
    assert found == pytest.approx([1, *best, 1])
    assert signals(features, np.full(4, 0.25))[3] == pytest.approx(0, abs=1e-9)
    assert np.isfinite(signals(features[:1], np.ones(1))).all()


@given(st.integers(0, 1000), st.floats(0, 1e3), st.integers(1, 9))
def test_confidence_is_a_chance(seed, size, count):
    rng = np.random.default_rng(seed)
    weights = rng.random(count) + 1e-9
    sure = confidence(random_features(rng, count), weights / weights.sum(), CONTEXT, size * rng.normal(size=(3, 4)))
    assert 0 <= sure <= 1


def test_every_context_has_its_own_weights():
    learned = np.zeros((3, 4))
    learned[1, 0] = 2.0
    features, weights = np.ones((2, 8)), np.full(2, 0.5)
    assert confidence(features, weights, np.array([1.0, 0, 0]), learned) == pytest.approx(0.5)
    assert confidence(features, weights, np.array([1.0, 1, 0]), learned) == pytest.approx(1 / (1 + np.exp(-2)))


@pytest.mark.parametrize("best", range(len(NOTES)))
def test_it_falls_when_the_best_match_is_taken_out(best):
    question = ask(NOTES[best])
    with_it = read(*world(NOTES), question, plain())
    without = read(*world(NOTES[:best] + NOTES[best + 1 :]), question, plain())
    assert with_it.index[0] == best
    assert with_it.confidence > 0.95 > 0.8 > without.confidence


def test_where_nothing_is_like_the_question_even_a_sure_head_does_not_count():
    learned = np.tile([9.0, 0.0, 0.0, 0.0], (3, 1))
    features, weights = np.zeros((3, len(FEATURES))), np.array([1.0, 0, 0])
    assert confidence(features, weights, CONTEXT, learned) == UNLIKE
    for column, enough in ((CONTENT.index("cosine"), LIKE), (CONTENT.index("words"), SAID)):
        seen = features.copy()
        seen[1, column] = enough
        assert confidence(seen, weights, CONTEXT, learned) > 0.99
    assert confidence(features, weights, CONTEXT, -learned) < 0.01
