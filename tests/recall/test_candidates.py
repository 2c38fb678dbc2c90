from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.recall.bm25 import Keywords
from ntm_memory.recall.candidates import BEST, choose, once_each
from ntm_memory.recall.features import REACH, Scores
from ntm_memory.recall.sequence import sequence_of
from tests.recall.worlds import matrix_of

MANY = 6 * BEST
NO_FOCUS = np.empty(0, dtype=np.int64)
NO_WORDS = Keywords((), np.empty((0, MANY), np.float32), (), np.empty(0, np.float32), 8.0, 0.0)


def scores(cosine, words=None):
    cosine = np.asarray(cosine, dtype=np.float32)
    words = np.zeros(len(cosine)) if words is None else words
    return Scores(cosine, cosine, np.asarray(words, dtype=np.float32), NO_WORDS)


def sequence(count, session=None):
    return sequence_of(matrix_of(count, session=np.zeros(count) if session is None else session))


def falling():
    """The best by key are the first."""
    return np.linspace(1, -1, MANY)


@pytest.mark.parametrize("count", [1, 2, 4 * BEST])
def test_of_few_memories_all_are_looked_at(count):
    chosen = choose(scores(np.zeros(count)), sequence(count), NO_FOCUS, None, location=True)
    assert chosen.tolist() == list(range(count))


def test_the_best_by_key_and_by_words_and_the_focus_are_kept():
    words = np.zeros(MANY)
    words[[300, 310]] = 0.5
    chosen = choose(scores(falling(), words), sequence(MANY), np.array([200]), None, location=False)
    assert chosen.tolist() == [*range(BEST), 200, 300, 310]


def test_neighbours_of_all_of_them_come_along_inside_their_session():
    session = np.zeros(MANY)
    session[201:] = 1
    words = np.zeros(MANY)
    words[300] = 0.5
    chosen = choose(scores(falling(), words), sequence(MANY, session), np.array([200]), None, location=True)
    assert chosen.tolist() == [*range(BEST + REACH), *range(200 - REACH, 201), *range(300 - REACH, 300 + REACH + 1)]


def test_filters_leave_only_what_they_allow_even_of_the_focus():
    allowed = np.zeros(MANY, dtype=bool)
    allowed[[3, 250, 251]] = True
    chosen = choose(scores(falling()), sequence(MANY), np.array([200, 251]), allowed, location=True)
    assert set(chosen) <= {3, 250, 251} and {3, 251} <= set(chosen)


def test_a_filter_over_few_memories_holds_too():
    allowed = np.array([False, True, False])
    assert choose(scores([1, 0, 0]), sequence(3), np.array([0]), allowed, location=True).tolist() == [1]


@pytest.mark.parametrize("count", [3, MANY])
def test_a_filter_that_allows_nothing_leaves_no_candidate(count):
    nothing = np.zeros(count, dtype=bool)
    for location in (True, False):
        chosen = choose(scores(np.zeros(count)), sequence(count), NO_FOCUS, nothing, location=location)
        assert chosen.tolist() == []


def test_everything_a_narrow_filter_allows_is_looked_at():
    allowed = np.zeros(MANY, dtype=bool)
    allowed[-BEST:] = True
    chosen = choose(scores(falling()), sequence(MANY), NO_FOCUS, allowed, location=False)
    assert chosen.tolist() == list(range(MANY - BEST, MANY))


def test_the_best_by_time_are_looked_at_too():
    dated = np.zeros(MANY, dtype=np.float32)
    dated[[280, 290]] = 1, 0.5
    chosen = choose(scores(falling()), sequence(MANY), NO_FOCUS, None, location=False, dated=dated)
    assert chosen.tolist() == [*range(BEST), 280, 290]


def test_of_memories_that_say_the_same_one_is_looked_at():
    digest, superseded = np.array([7, 8, 7, 7, 9], dtype=np.uint64), np.array([True, False, False, False, False])
    assert once_each(digest, superseded, NO_FOCUS, None).nonzero()[0].tolist() == [1, 2, 4]
    assert once_each(digest, superseded, np.array([3]), None).nonzero()[0].tolist() == [1, 3, 4]
    allowed = np.array([True, True, False, False, False])
    assert once_each(digest, superseded, NO_FOCUS, allowed).nonzero()[0].tolist() == [0, 1]


def test_copies_make_no_room_for_themselves():
    each = np.zeros(MANY, dtype=bool)
    each[[0, 300, 310]] = True
    assert choose(scores(falling()), sequence(MANY), NO_FOCUS, None, location=True, each=each).tolist() == [0, 300, 310]
