"""When two texts are twins."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.text.likeness import likeness


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ("I hate tea", "I love tea", 2 / 3),
        ("The meeting starts at 10:30", "The meeting starts at 11:45", 4 / 6),
        ("我讨厌咖啡", "我喜欢咖啡", 3 / 5),
        ("Tea is hot.", "tea is hot", 1.0),
        ("She never smokes inside", "She smokes inside", 6 / 7),
        ("one two three four five", "five one two three four", 1.0),
    ],
)
def test_one_phrase_apart_is_a_twin(one, other, share):
    assert likeness(one, other) == pytest.approx(share)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mia likes tea", "The library closes at nine"),
        ("tea", "coffee"),
        ("🎉🎉", "🥶"),
        ("我喜欢咖啡", "图书馆九点关门"),
        ("The cat sleeps on the old sofa", "The dog eats in the new kitchen"),
    ],
)
def test_another_statement_is_none(one, other):
    assert likeness(one, other) == 0.0


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_share_that_is_the_same_both_ways_round(one, other):
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, one) == 1.0


def test_long_texts_are_compared_in_no_time():
    start = time.process_time()
    for _ in range(8):
        likeness("ab " * 100_000, "ba " * 100_000)
    assert time.process_time() - start < 5.0
