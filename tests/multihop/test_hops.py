from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.machine.gradcheck import gradient_errors
from ntm_memory.multihop.fit import ChainExample, fit, gradient, loss, start
from ntm_memory.multihop.hop_features import FIRST, NEXT, Block
from ntm_memory.multihop.hops import BEAM, PATIENCE, backward, follow
from tests.multihop.graphs import Graph, random_parameters


def by_hand(parameters, graph, hops, beam):
    """The same evidence by plain loops: {memory: [evidence of each path that ends there]}."""
    first = graph.first()
    score = first.features @ parameters.first
    log_first = dict(zip(first.candidates.tolist(), score - np.log(np.exp(score).sum()), strict=True))
    own, onward, step, each = parameters.mix
    found = {index: [own * log] for index, log in log_first.items()}
    ends = [(onward * log, (index,)) for index, log in log_first.items()]
    for _ in range(hops - 1):
        reached = []
        for before, path in sorted(ends, key=lambda end: -end[0])[:beam]:
            block, scores = graph.block(path), []
            for row, index in enumerate(block.candidates.tolist()):
                bright = 1 - 2 * max(log_first.get(index, -8.0), -8.0) / -8.0
                asked = sum(parameters.keep ** (len(path) - j) * block.likeness[row, j] for j in range(len(path) + 1))
                scores.append(np.append(block.features[row], [bright, asked]) @ parameters.next)
            total = np.log(np.exp(scores).sum() + np.exp(parameters.null))
            for index, score in zip(block.candidates.tolist(), scores, strict=True):
                logit = before + step * (score - total) + each
                found.setdefault(index, []).append(logit)
                if score > parameters.null - PATIENCE:
                    reached.append((logit, (*path, index)))
        ends = reached
    return {index: np.log(np.exp(values).sum()) for index, values in found.items()}


@given(st.integers(0, 40), st.integers(1, 4), st.integers(1, 6))
def test_evidence_is_what_plain_loops_say(seed, hops, beam):
    parameters, graph = random_parameters(seed), Graph(seed)
    hypotheses = follow(parameters, graph.first(), graph.ask, hops, beam)
    expected = by_hand(parameters, graph, hops, beam)
    assert hypotheses.index.tolist() == sorted(expected)
    np.testing.assert_allclose(hypotheses.logits, [expected[index] for index in sorted(expected)], atol=1e-9)


@given(st.integers(0, 60), st.integers(1, 5))
def test_weights_sum_to_one_and_no_path_reads_a_memory_twice(seed, hops):
    graph = Graph(seed, count=5, offered=4)
    hypotheses = follow(random_parameters(seed), graph.first(), graph.ask, hops)
    assert hypotheses.weights.sum() == pytest.approx(1)
    assert all(len(set(path)) == len(path) for path in graph.asked)
    for hop in range(len(hypotheses.hops)):
        assert hypotheses.attention(hop).sum() <= 1 + 1e-9
    path = [int(hypotheses.reads[number].block.candidates[row]) for number, row in hypotheses.best_path()]
    assert 1 <= len(path) == len(set(path)) <= hops


def test_one_hop_asks_nothing_further():
    graph = Graph()
    hypotheses = follow(random_parameters(), graph.first(), graph.ask, 1)
    assert graph.asked == []
    assert len(hypotheses.hops) == 1


def test_the_beam_bounds_what_a_hop_asks():
    graph = Graph(count=40, offered=20)
    parameters = dataclasses.replace(random_parameters(), null=np.array(-50.0))
    follow(parameters, graph.first(), graph.ask, 3)
    assert [len(path) for path in graph.asked].count(1) == BEAM
    assert [len(path) for path in graph.asked].count(2) == BEAM


def test_hops_end_when_reading_nothing_is_worth_more():
    graph = Graph()
    parameters = dataclasses.replace(random_parameters(), null=np.array(50.0))
    hypotheses = follow(parameters, graph.first(), graph.ask, 8)
    assert len(hypotheses.hops) == 2  # the second read found that it has nothing to say
    assert len(hypotheses.best_path()) == 1
    best = int(hypotheses.index[np.argmax(hypotheses.weights)])
    first = hypotheses.reads[0]
    assert best == int(first.block.candidates[np.argmax(first.log_weights)])


def test_hops_end_where_nothing_is_left_to_read():
    graph = Graph(count=3, offered=3)
    parameters = dataclasses.replace(random_parameters(), null=np.array(-50.0))
    assert len(follow(parameters, graph.first(), graph.ask, 8).hops) == 3


def test_what_was_read_is_asked_with():
    """u ← H·u + o: of two memories, the one like what was read wins, however unlike the question."""
    first = Block(np.array([0]), np.ones((1, len(FIRST))), np.empty((1, 0)))
    likeness = np.array([[0.9, 0.0], [0.0, 0.9]])
    weights = np.zeros(len(NEXT) + 2)
    weights[-1] = 10.0

    def winner(keep):
        parameters = dataclasses.replace(random_parameters(), next=weights, keep=np.array(keep))
        block = Block(np.array([1, 2]), np.zeros((2, len(NEXT))), likeness)
        hypotheses = follow(parameters, first, lambda paths: [block for _ in paths], 2)
        return int(block.candidates[np.argmax(hypotheses.reads[1].log_weights)])

    assert winner(0.5) == 2
    assert winner(2.0) == 1


@pytest.mark.parametrize("hops", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_gradients_agree_with_differences(seed, hops):
    parameters, graph = random_parameters(seed), Graph(seed)
    gold = np.array([1, 4, 7])

    def now():
        return loss(follow(parameters, graph.first(), graph.ask, hops), gold)

    found = gradient(parameters, follow(parameters, graph.first(), graph.ask, hops), gold)
    errors = gradient_errors(now, vars(parameters), {name: np.asarray(value) for name, value in found.items()})
    assert max(errors.values()) < 1e-5, errors


def test_the_gradient_check_would_notice_a_wrong_one():
    parameters, graph = random_parameters(), Graph()
    hypotheses = follow(parameters, graph.first(), graph.ask, 2)
    grads = backward(parameters, hypotheses, np.linspace(-1, 1, len(hypotheses.index)))

    def now():
        values = follow(parameters, graph.first(), graph.ask, 2).logits
        return float(values @ np.linspace(-1, 1, len(values)))

    grads = {name: np.asarray(value) * 1.01 for name, value in grads.items()}
    assert min(gradient_errors(now, vars(parameters), grads).values()) > 5e-3


def test_learning_finds_what_leads_to_the_answer():
    """Only one feature of the second read tells the right memory; nothing at the first read does."""
    rng = np.random.default_rng(0)
    examples = []
    for _ in range(20):
        first = Block(np.arange(4), rng.normal(size=(4, len(FIRST))), np.empty((4, 0)))
        blocks = {}
        gold = int(rng.integers(4, 8))
        for here in range(4):
            features = rng.normal(size=(4, len(NEXT))) * 0.3
            features[:, NEXT.index("name")] = np.arange(4, 8) == gold
            blocks[here] = Block(np.arange(4, 8), features, rng.normal(size=(4, 2)) * 0.1)
        examples.append(ChainExample(first, lambda paths, b=blocks: [b[path[-1]] for path in paths], np.array([gold])))
    before = np.mean([loss(follow(start(), e.first, e.ask, 2), e.gold) for e in examples])
    learned = fit(start(), examples, hops=2, steps=60, rate=0.1)
    after = np.mean([loss(follow(learned, e.first, e.ask, 2), e.gold) for e in examples])
    assert after < 0.5 * before
    assert learned.next[NEXT.index("name")] > 1.5
    assert np.argmax(learned.next[: len(NEXT)]) == NEXT.index("name")


def test_nothing_to_learn_from_changes_nothing():
    learned = fit(start(), [], hops=3, steps=0)
    for name, value in vars(start()).items():
        np.testing.assert_array_equal(getattr(learned, name), value)
