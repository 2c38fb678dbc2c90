from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.errors import BadValueError
from ntm_memory.machine.gradcheck import gradient_errors
from ntm_memory.memn2n.babi import BabiQuestion
from ntm_memory.memn2n.encoding import Vocabulary, bag, encode_questions
from ntm_memory.memn2n.network import MemN2N, categorical_cross_entropy
from ntm_memory.memn2n.parameters import (
    NONLINEARITIES,
    TYINGS,
    MemN2NParameters,
    MemN2NSettings,
    initial_memn2n_parameters,
)

QUESTIONS = [
    BabiQuestion((("ann", "walked", "to", "the", "attic"), ("bo", "slept")), ("where", "is", "ann"), "attic"),
    BabiQuestion((("bo", "slept"), ("bo", "slept"), ("ann", "took", "a", "lamp")), ("what", "has", "ann"), "lamp"),
    BabiQuestion((), ("where", "is", "bo"), "bed"),
    BabiQuestion((("cid", "went", "to", "bed"),) * 6, ("where", "is", "cid"), "bed"),
]
VOCABULARY = Vocabulary.of(QUESTIONS)


def network(seed=1, scale=3.0, **changes):
    usual = {"dim": 5, "hops": 3, "memory_size": 5, "dtype": "float64"}
    settings = VOCABULARY.fitted(MemN2NSettings(**{**usual, **changes}))
    parameters = initial_memn2n_parameters(settings, seed)
    parameters.flat *= scale
    return MemN2N(settings, parameters)


@pytest.mark.parametrize(
    ("tying", "nonlinearity", "position", "times", "linear"),
    list(itertools.product(TYINGS, NONLINEARITIES, (True, False), (True, False), (True, False))),
)
def test_gradients_agree_with_differences(tying, nonlinearity, position, times, linear):
    net = network(tying=tying, nonlinearity=nonlinearity, position=position, times=times, scale=1.5 if linear else 3.0)
    data = encode_questions(QUESTIONS, VOCABULARY, net.settings)
    batch = data.batch(slice(None), (np.random.default_rng(0), 0.3))
    logits, tape = net.forward(batch, linear=linear)
    gradients = net.backward(tape, categorical_cross_entropy(logits, batch.answers)[1])

    def loss():
        return categorical_cross_entropy(net.forward(batch, linear=linear)[0], batch.answers)[0]

    errors = gradient_errors(loss, net.parameters.arrays(), gradients.arrays(), samples=40)
    assert max(errors.values()) <= 1e-6, errors


def test_the_check_fails_on_a_wrong_gradient():
    net = network()
    batch = encode_questions(QUESTIONS, VOCABULARY, net.settings).batch(slice(None))
    logits, tape = net.forward(batch)
    gradients = net.backward(tape, categorical_cross_entropy(logits, batch.answers)[1] * 1.001)
    errors = gradient_errors(
        lambda: categorical_cross_entropy(net.forward(batch)[0], batch.answers)[0],
        net.parameters.arrays(),
        gradients.arrays(),
    )
    assert min(errors.values()) > 1e-5


def slow(net, question, *, linear):
    """The paper's equations word by word, for one question."""
    p, s, numbers = net.parameters, net.settings, VOCABULARY.numbers()

    def embed(words, matrix):
        total = np.zeros(s.dim)
        for j, word in enumerate(words, 1):
            k = np.arange(1, s.dim + 1)
            weight = (1 - j / len(words)) - (k / s.dim) * (1 - 2 * j / len(words)) if s.position else 1.0
            total = total + weight * matrix[numbers[word]]
        return total

    latest = question.told[::-1][: s.memory_size]
    u = embed(question.asked, p["words"][:, 0] if s.adjacent else p["question"])
    for hop in range(s.hops):
        a, c = (hop, hop + 1) if s.adjacent else (0, 1)
        memories = [embed(told, p["words"][:, a]) + s.times * p["times"][i, a] for i, told in enumerate(latest)]
        outputs = [embed(told, p["words"][:, c]) + s.times * p["times"][i, c] for i, told in enumerate(latest)]
        scores = np.array([u @ memory for memory in memories])
        weights = scores if linear or not latest else np.exp(scores) / np.exp(scores).sum()
        o = sum((w * out for w, out in zip(weights, outputs, strict=True)), np.zeros(s.dim))
        u = o + (u if s.adjacent else u @ p["projection"])
        u[: s.rectified] = np.maximum(u[: s.rectified], 0)
    return (p["words"][list(s.answers), -1] if s.adjacent else p["answer"]) @ u


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("changes", [{}, {"tying": "layer-wise", "nonlinearity": "half"}, {"position": False}])
def test_the_fast_way_equals_the_equations(changes, linear):
    net = network(**changes)
    logits, _ = net.forward(encode_questions(QUESTIONS, VOCABULARY, net.settings).batch(slice(None)), linear=linear)
    expected = [slow(net, question, linear=linear) for question in QUESTIONS]
    np.testing.assert_allclose(logits, expected, rtol=1e-9, atol=1e-12)


@given(st.integers(0, 1000))
def test_attention_sums_to_one_over_the_memories_that_are_there(seed):
    net = network(seed=seed)
    batch = encode_questions(QUESTIONS, VOCABULARY, net.settings).batch(slice(None))
    for hop in net.forward(batch)[1].hops:
        np.testing.assert_allclose(hop.attention.sum(axis=1), [1, 1, 0, 1])
        assert (hop.attention >= 0).all() and (hop.attention[batch.memory == 0] == 0).all()


def test_a_question_is_answered_alike_in_any_company():
    net = network()
    data = encode_questions(QUESTIONS, VOCABULARY, net.settings)
    together, _ = net.forward(data.batch(slice(None)))
    for i in range(len(QUESTIONS)):
        np.testing.assert_allclose(net.forward(data.batch(np.array([i])))[0][0], together[i])


def test_of_a_longer_story_the_latest_sentences_are_kept():
    told = [("cid", "went", "to", "bed"), ("bo", "slept"), ("ann", "walked")]
    net = network(memory_size=2)
    long, short = (BabiQuestion(tuple(part), ("where", "is", "bo"), "bed") for part in (told, told[1:]))
    logits = [net.forward(encode_questions([q], VOCABULARY, net.settings).batch(slice(None)))[0] for q in (long, short)]
    np.testing.assert_array_equal(*logits)


def test_an_unknown_word_says_nothing_and_an_unknown_answer_is_none():
    odd = BabiQuestion((("zoe", "slept"),), ("where", "is", "zoe"), "moon")
    data = encode_questions([odd], VOCABULARY, network().settings)
    assert data.answers.tolist() == [-1]
    assert np.flatnonzero(data.sentences[1].any(axis=0)).tolist() == [VOCABULARY.numbers()["slept"]]


def test_noise_only_makes_memories_older():
    net = network(memory_size=5)
    data = encode_questions(QUESTIONS, VOCABULARY, net.settings)
    rng = np.random.default_rng(0)
    for _ in range(20):
        times = data.batch(slice(None), (rng, 0.5)).times
        assert (np.diff(times, axis=1) >= 0).all() and times.max() <= 4
        assert (times >= np.arange(times.shape[1])).all() or times.max() == 4


def test_position_weights_are_the_papers():
    counts = bag([2, 3, 0, 2], 4, position=True)
    np.testing.assert_allclose(counts[0], [0, 0, 0.75 + 0, 0.5])
    np.testing.assert_allclose(counts[1], [0, 0, 0.5 - 1, 0])
    np.testing.assert_array_equal(bag([2, 3, 0, 2], 4, position=False), [[0, 0, 2, 1], [0, 0, 0, 0]])


@pytest.mark.parametrize(
    "changes",
    [
        {"dim": 0},
        {"hops": 33},
        {"memory_size": -1},
        {"tying": "loose"},
        {"nonlinearity": "tanh"},
        {"answers": ()},
        {"answers": (0,)},
        {"answers": (99,)},
        {"dtype": "float16"},
        {"dim": 2.5},
    ],
)
def test_settings_out_of_range_are_refused(changes):
    with pytest.raises(BadValueError):
        MemN2NSettings(**{"words": 10, "answers": (1, 2), **changes})


def test_parameters_that_do_not_fit_are_refused():
    net = network()
    values = {name: value.copy() for name, value in net.parameters.arrays().items()}
    for wrong in (
        {"words": values["words"]},
        {**values, "times": values["times"][1:]},
        {**values, "times": values["times"] * np.nan},
    ):
        with pytest.raises(BadValueError):
            MemN2NParameters(net.settings).load(wrong)
