from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ntm_memory.recall.features import FEATURES, REACH
from ntm_memory.recall.fit import HEADS, RANKER, RankingExample, fit, fit_ranker, gradient, loss
from ntm_memory.recall.read_heads import Places
from ntm_memory.recall.sequence import sequence_of
from tests.recall.worlds import CONTEXT, WHAT_IS_HEARD, matrix_of, plain, random_features, random_parameters

ASKS = FEATURES.index("asks")
LIKENESS = FEATURES.index("cosine_z")
COUNT = 12


def places(count=COUNT):
    sequence = sequence_of(matrix_of(count))
    return Places(sequence.neighbours(np.arange(count), REACH), sequence.session, CONTEXT, WHAT_IS_HEARD)


def questions(seed, count=16):
    """The answer is what the feature `asks` says, among evidence without meaning."""
    rng = np.random.default_rng(seed)
    examples = []
    for _ in range(count):
        features = random_features(rng, COUNT)
        gold = rng.integers(0, COUNT, size=1)
        features[:, ASKS] = 0
        features[gold, ASKS] = 1
        examples.append(RankingExample(features, places(), gold))
    return examples


def answers_behind(seed, count=24):
    """The answer stands one step after the memory that is like the question."""
    rng = np.random.default_rng(seed)
    examples = []
    for _ in range(count):
        features = np.zeros((COUNT, len(FEATURES)))
        at = rng.integers(0, COUNT - 1, size=1)
        features[at, LIKENESS] = 3
        features[:, LIKENESS] += rng.normal(size=COUNT) / 4
        examples.append(RankingExample(features, places(), at + 1))
    return examples


def mean_loss(parameters, examples):
    return float(np.mean([loss(parameters, example) for example in examples]))


def test_loss_is_the_mean_log_of_the_attention_on_the_gold():
    features = np.zeros((4, len(FEATURES)))
    example = RankingExample(features, places(4), np.array([1, 2]))
    assert loss(plain(share=np.zeros((len(CONTEXT), 1))), example) == pytest.approx(np.log(4))


@pytest.mark.parametrize("gold", [[3], [0, 5, 11]])
@pytest.mark.parametrize("before", [False, True])
def test_gradient_agrees_with_central_differences(gold, before):
    rng = np.random.default_rng(len(gold))
    parameters, previous = random_parameters(1), rng.random(COUNT)
    example = RankingExample(random_features(rng, COUNT), places(), np.array(gold), previous=previous / previous.sum())
    example = example if before else replace(example, previous=None)
    for name, grad in gradient(parameters, example).items():
        values = getattr(parameters, name)
        direction = rng.normal(size=values.shape)
        ends = [loss(replace(parameters, **{name: values + step * direction}), example) for step in (1e-5, -1e-5)]
        assert np.sum(grad * direction) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-4, abs=1e-7), name


@pytest.mark.parametrize("learn", [fit, fit_ranker])
@pytest.mark.parametrize("seed", range(3))
def test_the_loss_falls_also_on_questions_not_learned_from(learn, seed):
    start = plain(2)
    learned = learn(start, questions(seed), steps=30)
    assert mean_loss(learned, questions(seed)) < mean_loss(start, questions(seed))
    assert mean_loss(learned, questions(seed + 50)) < mean_loss(start, questions(seed + 50))


@pytest.mark.parametrize("learn", [fit, fit_ranker])
def test_the_feature_that_tells_the_answer_gets_the_weight(learn):
    learned = learn(plain(2), questions(0, 60), steps=40)
    weights = learned.ranker[0]
    assert weights[ASKS] > 0.5 > 2 * np.abs(np.delete(weights, ASKS)).mean()


def test_answers_that_stand_behind_the_likeness_move_the_kernel_forwards():
    start = plain(1, shift=np.zeros((1, 2 * REACH + 2)))
    learned = fit(start, answers_behind(0), steps=60)
    assert np.argmax(learned.shift[0]) == REACH + 1
    assert mean_loss(learned, answers_behind(9)) < mean_loss(start, answers_behind(9)) - 0.1


def test_the_first_step_of_the_controller_is_the_same_whether_the_heads_learn_or_not():
    start = random_parameters(5)
    together, alone = fit(start, questions(2), steps=1), fit_ranker(start, questions(2), steps=1)
    for name in RANKER:
        assert getattr(together, name) == pytest.approx(getattr(alone, name), abs=1e-9)
    for name in HEADS:
        assert getattr(alone, name) is getattr(start, name)
        moved = (getattr(together, name) != getattr(start, name)).any()
        assert moved == (name != "gate")  # there was no focus before


def test_both_ways_of_learning_go_in_the_same_direction():
    start = plain(2)
    moved = [
        np.concatenate([(getattr(learned, name) - getattr(start, name)).ravel() for name in RANKER])
        for learned in (fit(start, questions(3), steps=20), fit_ranker(start, questions(3), steps=20))
    ]
    assert moved[0] @ moved[1] / np.linalg.norm(moved[0]) / np.linalg.norm(moved[1]) > 0.8


@pytest.mark.parametrize("learn", [fit, fit_ranker])
@pytest.mark.parametrize("options", [{}, {"steps": 0}])
def test_nothing_to_learn_from_leaves_the_parameters_as_they_are(learn, options):
    start = random_parameters(7)
    learned = learn(start, questions(0) if options else [], **options)
    for name, value in vars(start).items():
        assert (getattr(learned, name) == value).all()


def test_learning_does_not_touch_where_it_started():
    start = random_parameters(8)
    before = {name: value.copy() for name, value in vars(start).items()}
    fit(start, questions(1, 4), steps=3)
    assert all((getattr(start, name) == value).all() for name, value in before.items())


def test_neither_gate_nor_confidence_is_learned_from_questions_without_focus():
    start = random_parameters(9)
    learned = fit(start, questions(1, 4), steps=3)
    assert (learned.gate == start.gate).all() and (learned.confidence == start.confidence).all()


@pytest.mark.parametrize("stays", [True, False])
def test_the_gate_learns_whether_answers_are_where_the_focus_was(stays):
    examples = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        features = random_features(rng, COUNT)
        here, there = rng.permutation(COUNT)[:2]
        features[:, LIKENESS] = np.where(np.arange(COUNT) == there, 3.0, 0.0)
        before = np.eye(COUNT)[here]
        examples.append(RankingExample(features, places(), np.array([here if stays else there]), previous=before))
    start = plain(gate=np.zeros(1))
    assert (fit(start, examples, steps=10).gate < start.gate).all() == stays


def test_an_example_counts_by_its_weight():
    right, wrong = questions(0, 6), questions(1, 6)
    muted = [replace(example, weight=0.0) for example in wrong]
    alone, beside = fit_ranker(plain(), right, steps=5), fit_ranker(plain(), [*right, *muted], steps=5)
    assert beside.ranker == pytest.approx(alone.ranker)
    loud = fit_ranker(plain(), [*right, *wrong], steps=5)
    assert loud.ranker != pytest.approx(alone.ranker)


def test_a_strong_pull_keeps_few_examples_from_moving_much():
    start = plain()
    free, held = (fit_ranker(start, questions(4, 3), steps=40, decay=decay) for decay in (1e-3, 3.0))
    assert np.abs(held.ranker).sum() < np.abs(free.ranker).sum() / 3
