from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ntm_memory.recall.first_look import Reading
from ntm_memory.recall.fusion import agreed, surest, together


def reading(weights: dict[int, float], sure: float, *, explained: bool = False) -> Reading:
    index = sorted(weights, key=lambda i: -weights[i])
    steps = tuple({"from": i} for i in index) if explained else ()
    values = np.array([weights[i] for i in index])
    return Reading(np.array(index, dtype=np.int64), values, np.log(values + 1e-16), sure, 0.0, steps)


def test_together_a_memory_counts_by_the_read_that_wants_it_most():
    whole, first, second = {0: 0.4, 1: 0.4, 2: 0.2}, {0: 0.9, 1: 0.1}, {2: 0.8, 1: 0.1, 3: 0.1}
    best = together([reading(whole, 0.5), reading(first, 1.0), reading(second, 0.9)], ["?"] * 3)
    assert best.index[:2].tolist() == [0, 2]
    assert best.weights.sum() == pytest.approx(1.0)
    assert best.weights / best.weights[0] == pytest.approx(np.array([0.9, 0.72, 0.2, 0.09]) / 0.9)
    assert np.diff(best.logits).max() <= 0
    assert best.confidence == 1.0


def test_a_read_that_is_not_sure_takes_no_place():
    best = together([reading({0: 0.6, 1: 0.4}, 0.9), reading({7: 1.0}, 0.01)], ["whole", "part"])
    assert best.index.tolist() == [0, 1, 7]


def test_what_a_partial_erase_took_stays_taken():
    best = together([reading({0: 0.5, 1: 0.2}, 1.0), reading({1: 0.6}, 1.0)], ["whole", "part"])
    assert best.weights.sum() == pytest.approx(0.7)


def test_together_tells_which_question_a_memory_answers():
    both = [reading({0: 0.7, 1: 0.3}, 1.0, explained=True), reading({1: 0.9}, 1.0, explained=True)]
    assert together(both, ["whole", "part"]).steps == (
        {"from": 1, "asked": "part"},
        {"from": 0, "asked": "whole"},
    )


def test_one_reading_is_itself_and_empty_ones_are_left_out():
    one, none = reading({3: 1.0}, 0.7), reading({}, 0.0)
    assert together([one], ["x"]) is one
    assert together([one, none], ["x", "y"]) is one
    assert together([none, none], ["x", "y"]) is none


def test_of_several_questions_a_memory_counts_by_the_surest_and_what_was_not_read_follows():
    seen = reading({0: 0.4, 1: 0.3, 2: 0.2, 3: 0.1}, 0.5)
    first = replace(reading({0: 0.9, 1: 0.1}, 0.8), chances=np.array([0.8, np.nan]))
    second = replace(reading({2: 0.7, 0: 0.3}, 0.9), chances=np.array([0.9, 0.1]), ended={2: 0})
    both = surest(seen, [first, second])
    assert both.index.tolist() == [2, 0, 1, 3] and both.confidence == 0.9 and both.ended == {2: 0}
    assert both.chances is not None
    assert both.chances[:2].tolist() == [0.9, 0.8] and np.isnan(both.chances[2:]).all()
    assert np.diff(both.weights).max() <= 0 and both.weights.sum() == pytest.approx(1.0)


def test_where_no_question_was_read_what_was_seen_stays():
    seen = reading({0: 0.6, 1: 0.4}, 0.5)
    assert surest(seen, [seen]) is seen


def test_of_one_question_that_is_read_in_two_ways_each_counts_as_it_is_sure():
    seen = reading({0: 0.5, 1: 0.3, 2: 0.2}, 0.5)
    alone = replace(reading({0: 0.9, 1: 0.1}, 0.9), chances=np.array([0.8, 0.1]))
    around = replace(reading({2: 0.7, 0: 0.3}, 0.1), chances=np.array([0.4, 0.1]))
    both = agreed(seen, [alone, around])
    assert both.index.tolist() == [0, 1, 2] and both.chances is not None
    assert both.chances == pytest.approx([0.73, 0.09, 0.04]) and both.confidence == pytest.approx(0.82)
