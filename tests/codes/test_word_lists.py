from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.codes.word_lists import MOST_SEGMENTS, WordLists, counts_at

TEXTS = st.lists(st.lists(st.sampled_from(["tea", "茶", "a", "be", "@by"]), max_size=6), max_size=8)


@given(st.lists(TEXTS, max_size=3 * MOST_SEGMENTS))
def test_it_tells_where_each_word_is_however_it_grew(parts):
    lists = WordLists()
    for part in parts:
        lists.add(part)
    texts = [text for part in parts for text in part]
    assert len(lists) == len(texts)
    for word in ["tea", "茶", "a", "be", "@by", "nowhere"]:
        held = [(i, Counter(text)[word]) for i, text in enumerate(texts) if word in text]
        where, count = lists.held(word)
        assert list(zip(where.tolist(), count.tolist(), strict=True)) == held
        some = np.array([i for i in (5, 0, 3, 3) if i < len(texts)], dtype=np.int64)
        assert counts_at((where, count), some).tolist() == [texts[i].count(word) for i in some]


def test_what_is_said_very_often_is_counted_up_to_a_byte():
    lists = WordLists()
    lists.add([["tea"] * 1000])
    assert lists.held("tea")[1].tolist() == [255]


def test_few_segments_are_kept():
    lists = WordLists()
    for i in range(100):
        lists.add([[str(i), "all"]])
    assert len(lists._segments) <= MOST_SEGMENTS
    assert lists.held("all")[0].tolist() == list(range(100)) and lists.held("42")[0].tolist() == [42]
