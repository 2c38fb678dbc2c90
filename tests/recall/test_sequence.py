from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.recall.sequence import sequence_of
from tests.recall.worlds import matrix_of

SESSIONS = st.lists(st.integers(-1, 3), min_size=1, max_size=20)


def laid_out(sessions):
    return sequence_of(matrix_of(len(sessions), session=sessions))


def test_neighbours_stay_in_their_session_though_sessions_are_interleaved():
    sequence = laid_out([5, 9, 5, 9, 5])
    assert sequence.sessions == 2
    everyone = np.arange(5)
    assert sequence.step(everyone, 1).tolist() == [2, 3, 4, -1, -1]
    assert sequence.step(everyone, -1).tolist() == [-1, -1, 0, 1, 2]
    assert sequence.step(everyone, 2).tolist() == [4, -1, -1, -1, -1]
    assert sequence.neighbours(np.array([2]), 2).tolist() == [[-1, 0, 2, 4, -1]]


def test_memories_without_session_are_one_stream():
    assert laid_out([-1, 7, -1, -1]).step(np.array([0, 2, 3]), 1).tolist() == [2, 3, -1]


def test_steps_past_both_ends_find_nothing():
    sequence = laid_out([0, 0, 0])
    for far in (3, -3, 1_000_000, -1_000_000):
        assert sequence.step(np.arange(3), far).tolist() == [-1, -1, -1]
    assert sequence.neighbours(np.array([], dtype=np.int64), 3).shape == (0, 7)


@given(SESSIONS, st.integers(-5, 5))
def test_a_step_and_the_step_back_end_where_they_began(sessions, offset):
    sequence = laid_out(sessions)
    everyone = np.arange(len(sessions))
    there = sequence.step(everyone, offset)
    held = there >= 0
    assert (sequence.step(there[held], -offset) == everyone[held]).all()
    assert (np.array(sessions)[there[held]] == np.array(sessions)[held]).all()


@given(SESSIONS, st.integers(-3, 3), st.integers(-3, 3))
def test_two_steps_are_one_of_their_sum(sessions, first, second):
    sequence = laid_out(sessions)
    there = sequence.step(np.arange(len(sessions)), first)
    held = there >= 0
    assert (sequence.step(there[held], second) == sequence.step(np.flatnonzero(held), first + second)).all()


@given(SESSIONS)
def test_steps_are_what_a_slow_walk_finds(sessions):
    found = laid_out(sessions).neighbours(np.arange(len(sessions)), 2)
    for i, session in enumerate(sessions):
        members = [j for j, other in enumerate(sessions) if other == session]
        for column, offset in enumerate(range(-2, 3)):
            place = members.index(i) + offset
            assert found[i, column] == (members[place] if 0 <= place < len(members) else -1)
