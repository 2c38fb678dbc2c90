"""A focus moved along the order of memories, and the answers of two ways of looking as one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.controller.asking import STEPS, Asked
from ntm_memory.recall.first_look import Reading
from ntm_memory.recall.fusion import OneLook, beside, dated, placed
from ntm_memory.recall.sequence import sequence_of
from tests.recall.worlds import matrix_of


def laid_out(sessions):
    return sequence_of(matrix_of(len(sessions), session=sessions))


def reading(weights, sure=1.0, chances=None):
    index = np.array(sorted(weights, key=lambda i: -weights[i]), dtype=np.int64)
    values = np.array([weights[i] for i in index])
    return Reading(index, values, np.log(values), sure, 0.0, (), None, chances)


def asked_by(**steps):
    """Chances of steps by name: `next=0.6` …; the rest asks by content."""
    named = {"second": 2, "next": 1, "last": -1}
    kernel = np.zeros(len(STEPS), dtype=np.float32)
    for name, chance in steps.items():
        kernel[STEPS.index(named[name])] = chance
    kernel[STEPS.index(0)] = 1 - kernel.sum()
    return Asked(kernel, "", 0.0, 0.0, 0.0)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=12), st.data())
def test_a_moved_focus_is_what_moving_each_memory_by_itself_gives(sessions, data):
    count = len(sessions)
    index = np.array(data.draw(st.permutations(range(count))))[: data.draw(st.integers(1, count))]
    share = st.floats(0, 1)
    weights = np.array(data.draw(st.lists(share, min_size=len(index), max_size=len(index))))
    kernel = np.array(data.draw(st.lists(share, min_size=5, max_size=5)))
    order, expected = laid_out(sessions), np.zeros(count)
    for i, weight in zip(index, weights, strict=True):
        for step, part in zip(range(-2, 3), kernel, strict=True):
            of_session = [j for j in range(count) if sessions[j] == sessions[i]]
            place = of_session.index(i) + step
            if 0 <= place < len(of_session):
                expected[of_session[place]] += weight * part
    there, after = order.moved(index, weights, np.arange(-2, 3), kernel)
    found = np.zeros(count)
    found[there] = after
    assert found == pytest.approx(expected, abs=1e-12)
    assert (np.diff(there) > 0).all() and (after > 0).all()


def test_what_stands_at_either_of_two_steps_is_found_in_the_order_of_their_chances():
    found = placed(laid_out([0] * 5), asked_by(next=0.6, second=0.4), None, reading({1: 1.0}, 0.8), None)
    assert found.index.tolist() == [2, 3]
    assert found.weights == pytest.approx([0.6, 0.4]) and found.chances == pytest.approx([0.48, 0.32])
    assert (found.confidence, found.lost) == (pytest.approx(0.8), pytest.approx(0.0))


def test_a_place_that_is_only_perhaps_asked_for_stands_behind_what_content_finds():
    content = reading({4: 0.9, 0: 0.1}, 0.7, chances=np.array([0.7, np.nan]))
    found = placed(laid_out([0] * 5), asked_by(next=0.4), content, reading({1: 1.0}, 0.5), None)
    assert found.index.tolist() == [4, 2, 0]
    assert found.weights == pytest.approx([0.54, 0.4, 0.06])
    assert found.chances == pytest.approx([0.42, 0.2, 0.0])
    assert found.confidence == pytest.approx(0.6 * 0.7 + 0.4 * 0.5)


def test_what_moves_past_the_ends_of_a_session_is_lost_and_less_sure():
    found = placed(laid_out([0, 1, 0]), asked_by(next=1.0), None, reading({0: 0.75, 2: 0.25}), None)
    assert found.index.tolist() == [2] and found.weights == pytest.approx([0.75])
    assert (found.lost, found.confidence) == (pytest.approx(0.25), pytest.approx(0.75))


def test_filters_leave_out_what_stands_there_not_what_it_is_found_by():
    order, asked = laid_out([0] * 3), asked_by(next=0.5, last=0.5)
    found = placed(order, asked, None, reading({1: 1.0}), np.array([False, False, True]))
    assert found.index.tolist() == [2] and found.lost == pytest.approx(0.5)


def test_a_memory_that_both_ways_find_counts_by_both():
    part = OneLook(np.array([3, 1]), np.array([0.8, 0.2]), np.array([0.9, 0.5]), 0.9)
    found = beside(reading({1: 1.0}, 0.6), part, 0.25)
    assert found.index.tolist() == [1, 3]
    assert found.weights == pytest.approx([0.75 + 0.05, 0.2])
    assert found.chances == pytest.approx([0.75 + 0.125, 0.225])
    assert found.confidence == pytest.approx(0.25 * 0.9 + 0.75 * 0.6)
    assert found.logits == pytest.approx(np.log(found.weights))


def test_all_of_a_time_comes_in_its_order_but_for_what_is_much_liker():
    there = np.array([4, 1, 0])
    flat = dated(there, 0.9, reading({0: 0.34, 1: 0.33, 4: 0.33}, 0.2))
    assert flat.index.tolist() == [4, 1, 0] and flat.confidence == pytest.approx(0.7 + 0.3 * 0.2)
    liker = dated(there, 0.9, reading({0: 1.0}, 0.9))
    assert liker.index.tolist() == [0, 4, 1] and liker.weights.sum() == pytest.approx(1)
    assert dated(there, 0.9, reading({0: 1.0}, 0.9), np.full(5, 0.5)).weights.sum() == pytest.approx(0.65)
    surely = dated(there, 0.95, reading({0: 1.0}, 0.9))
    assert surely.index.tolist() == [4, 1, 0] and surely.confidence == 0.95
    assert surely.chances == pytest.approx([0.95] * 3)
