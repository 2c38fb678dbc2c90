from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.recall.confidence import confidence, signals
from ntm_memory.recall.features import FEATURES
from ntm_memory.recall.first_look import read
from ntm_memory.recall.parameters import SIGNALS
from tests.recall.worlds import CONTEXT, ask, confidence_of, plain, random_features, world

NOTES = ["I bought green tea", "The dentist is on Monday", "Bob moved to Berlin", "My sister plays chess"]


def test_signals():
    features = np.zeros((3, len(FEATURES)))
    for name, column in {
        "cosine": (0.5, 0.3, 0.1),
        "words": (0.2, 0.4, 0.3),
        "cosine_z": (3.0, 1.0, -1.0),
        "words_z": (0.5, 2.0, 1.0),
        "window_cosine": (1.0, 1.5, 0.0),
        "asks": (1.0, 0.0, 0.0),
        "named_speaker": (0.0, 0.0, 1.0),
        "date": (0.7, 1.0, 0.0),
    }.items():
        features[:, FEATURES.index(name)] = column
    found = dict(zip(SIGNALS, signals(features, np.array([1.0, 0, 0])), strict=True))
    assert found == pytest.approx(
        {
            "one": 1,
            "cosine": 0.5,
            "words": 0.4,
            "next_words": 0.3,
            "cosine_z": 3 / 5,
            "both": 3.5 / 5,
            "next_both": 3 / 5,
            "window_cosine": 1.5 / 5,
            "weight": 1,
            "concentration": 1,
            "asks": 1,
            "named_speaker": 1,
            "date": 0.7,
        }
    )
    spread = dict(zip(SIGNALS, signals(features, np.full(3, 1 / 3)), strict=True))
    assert spread["concentration"] == pytest.approx(0, abs=1e-9)
    alone = dict(zip(SIGNALS, signals(features[1:2], np.ones(1)), strict=True))
    assert (alone["words"], alone["next_words"], alone["asks"]) == (0.4, 0.4, 0)


@given(st.integers(0, 1000), st.floats(0, 1e3), st.integers(1, 9))
def test_confidence_is_a_chance(seed, size, count):
    rng = np.random.default_rng(seed)
    weights = rng.random(count) + 1e-9
    learned = size * rng.normal(size=(len(CONTEXT), len(SIGNALS)))
    sure = confidence(random_features(rng, count), weights / weights.sum(), CONTEXT, learned)
    assert 0 <= sure <= 1


def test_every_context_has_its_own_weights():
    learned = confidence_of(context=1, one=2.0)
    features, weights = np.ones((2, len(FEATURES))), np.full(2, 0.5)
    alone, second = np.eye(len(CONTEXT))[:2]
    assert confidence(features, weights, alone, learned) == pytest.approx(0.5)
    assert confidence(features, weights, alone + second, learned) == pytest.approx(1 / (1 + np.exp(-2)))


@pytest.mark.parametrize("best", range(len(NOTES)))
def test_it_falls_when_the_best_match_is_taken_out(best):
    question = ask(NOTES[best])
    with_it = read(*world(NOTES), question, plain())
    without = read(*world(NOTES[:best] + NOTES[best + 1 :]), question, plain())
    assert with_it.index[0] == best
    assert with_it.confidence > 0.95 > 0.8 > without.confidence
