from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.codes import word_lists
from ntm_memory.codes.word_lists import WordLists, joined

WORDS = ["tea", "茶", "a", "be", "@by"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=6), max_size=8)


def told(held):
    """[(text, how often)] of a word."""
    return [pair for text, count in held.parts for pair in zip(text.tolist(), count.tolist(), strict=True)]


def as_counted(texts, word):
    return [(i, Counter(text)[word]) for i, text in enumerate(texts) if word in text]


@given(st.lists(TEXTS, max_size=20))
def test_it_tells_where_each_word_is_however_it_grew(parts):
    lists = WordLists()
    for part in parts:
        lists.add(part)
    texts = [text for part in parts for text in part]
    assert len(lists) == len(texts)
    for word in [*WORDS, "nowhere"]:
        held, expected = lists.held(word), as_counted(texts, word)
        assert told(held) == expected and len(held) == len(expected)
        some = np.array([i for i in (5, 0, 3, 3) if i < len(texts)], dtype=np.int64)
        assert held.counts_at(some).tolist() == [texts[i].count(word) for i in some]
        for most in (1, 3):
            where, count = held.newest(most)
            assert list(zip(where.tolist(), count.tolist(), strict=True)) == expected[-most:]


@given(st.lists(TEXTS, min_size=1, max_size=6), st.randoms(use_true_random=False), st.sampled_from([1, 3, 1 << 20]))
def test_with_other_numbers_for_the_texts_it_tells_the_same_of_each(parts, random, at_once):
    lists = WordLists()
    for part in parts:
        lists.add(part)
    texts = [text for part in parts for text in part]
    places = random.sample([*range(len(texts)), *[-1] * 3], len(texts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_lists, "AT_ONCE", at_once)  # a part of the lists at a time
        other = WordLists(lists.in_order(np.array(places, dtype=np.int64)), len(texts))
    for word in WORDS:
        expected = sorted((places[i], count) for i, count in as_counted(texts, word) if places[i] >= 0)
        assert told(other.held(word)) == expected
    other.add([["tea"]])  # and it goes on from there
    assert told(other.held("tea"))[-1] == (len(texts), 1)


def test_what_is_said_very_often_is_counted_up_to_a_byte():
    lists = WordLists()
    lists.add([["tea"] * 1000])
    assert told(lists.held("tea")) == [(0, 255)]


def test_few_segments_are_kept():
    lists = WordLists()
    for i in range(100):
        lists.add([[str(i), "all"]])
    assert len(lists._segments) <= 8
    assert told(lists.held("all")) == [(i, 1) for i in range(100)] and told(lists.held("42")) == [(42, 1)]


def test_a_word_that_is_left_out_everywhere_is_not_told():
    lists = WordLists()
    lists.add([["tea", "salt"], ["salt"]])
    segment = lists.in_order(np.array([-1, 0]))
    assert segment.word.tolist() == [word_lists.number_of("salt")] and joined([segment]) is segment
