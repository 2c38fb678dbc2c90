from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.memn2n.babi import load_questions
from ntm_memory.memn2n.encoding import Vocabulary, encode_questions
from ntm_memory.memn2n.parameters import KEPT, MemN2NSettings
from ntm_memory.memn2n.training import Schedule, Training, evaluate_memn2n
from tests.memn2n.stories import archive


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    data = archive(tmp_path_factory.mktemp("babi"), stories=300)
    return {part: load_questions(data, 1, "en", part) for part in ("train", "valid", "check")}


def training(parts, schedule, *, report=None, stop=lambda: False, **changes):
    vocabulary = Vocabulary.of(parts["train"])
    settings = vocabulary.fitted(MemN2NSettings(**{"dim": 10, "hops": 2, "memory_size": 10, **changes}))
    encoded = {part: encode_questions(questions, vocabulary, settings) for part, questions in parts.items()}
    seen = [] if report is None else report
    return Training(settings, schedule, encoded["train"], encoded["valid"], seen.append, stop), encoded


@pytest.mark.parametrize(
    "changes", [{}, {"tying": "layer-wise"}, {"tying": "layer-wise", "nonlinearity": "relu"}, {"hops": 1}]
)
def test_who_is_where_is_learned(parts, changes):
    told, encoded = training(parts, Schedule(epochs=12, linear=4, rate=0.01), **changes)
    best, tried = told.best_of(3, seed=0)
    assert best.valid.error <= 5
    assert evaluate_memn2n(best.network, encoded["check"]).error <= 10
    assert best.valid.rank == min(trained.valid.rank for trained in tried)


def test_nothing_is_learned_without_the_story(parts):
    """Guards the test above: the questions alone do not give the answers away."""
    bare = {part: [type(q)((), q.asked, q.answer) for q in questions] for part, questions in parts.items()}
    told, _ = training(bare, Schedule(epochs=4, linear=2, rate=0.01))
    assert told.best_of(1, seed=0)[0].valid.error > 40


def test_the_same_seed_gives_the_same_network_and_another_seed_another(parts):
    def flat(seed):
        told, _ = training(parts, Schedule(epochs=1, linear=1))
        return told.best_of(1, seed)[0].network.parameters.flat

    np.testing.assert_array_equal(flat(3), flat(3))
    assert not np.array_equal(flat(3), flat(4))


def test_the_linear_start_ends_when_the_validation_loss_no_longer_falls(parts):
    reports = []
    told, _ = training(parts, Schedule(epochs=1, linear=60, patience=2, rate=0.01), report=reports)
    told.best_of(1, seed=0)
    losses = [report.valid.loss for report in reports if report.linear]
    assert 3 <= len(losses) < 60
    assert min(losses) == losses[-3] and not reports[-1].linear


def test_the_network_kept_is_rounded_as_its_file_will_be(parts):
    told, encoded = training(parts, Schedule(epochs=1, linear=0))
    best, _ = told.best_of(1, seed=0)
    flat = best.network.parameters.flat
    np.testing.assert_array_equal(flat, flat.astype(KEPT))
    assert best.valid == evaluate_memn2n(best.network, encoded["valid"])


def test_restarts_end_at_the_first_without_an_error(parts):
    few = {**parts, "valid": parts["valid"][:1]}
    told, _ = training(few, Schedule(epochs=10, linear=2, rate=0.01))
    best, tried = told.best_of(10, seed=0)
    assert best.valid.error == 0 and len(tried) < 10


def test_stopping_keeps_the_best_so_far(parts):
    reports = []
    told, _ = training(parts, Schedule(epochs=50, linear=0), report=reports, stop=lambda: len(reports) >= 2)
    best, tried = told.best_of(5, seed=0)
    assert best.stopped and len(tried) == 1 and 1 <= best.epoch <= 3


def test_an_unknown_answer_counts_as_wrong(parts):
    told, encoded = training(parts, Schedule(epochs=10, linear=2, rate=0.01))
    network = told.best_of(1, seed=0)[0].network
    odd = [type(q)(q.told, q.asked, "moon") for q in parts["check"]]
    score = evaluate_memn2n(network, encode_questions(odd, Vocabulary.of(parts["train"]), network.settings))
    assert (score.error, score.loss, score.questions) == (100, 0, len(odd))


@pytest.mark.parametrize(
    "change", [{"epochs": 0}, {"batch": 0}, {"rate": -1.0}, {"noise": 1.5}, {"linear": 2.5}, {"clip": "much"}]
)
def test_schedules_out_of_range_are_refused(change):
    with pytest.raises(BadValueError, match=next(iter(change))):
        Schedule(**change)
