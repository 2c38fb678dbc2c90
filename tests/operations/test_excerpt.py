"""Cutting long contents to what a prompt has room for."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.operations.excerpt import excerpt, fit_contents
from ntm_memory.operations.results import RecalledMemory
from ntm_memory.text.words import index_words


def answer(content: str) -> RecalledMemory:
    return RecalledMemory("m_1", 0, None, content, 1.0, 0.0, 0, "2026-05-08T00:00:00Z")


@given(st.lists(st.text(max_size=300), max_size=8), st.integers(1, 500))
def test_together_they_fit_and_what_is_cut_is_marked(contents, size):
    cut = fit_contents([answer(content) for content in contents], size, ("tea",))
    assert sum(len(each.content) for each in cut) <= size
    for before, after in zip(contents, cut, strict=True):
        assert after.truncated == (after.content != before)


def test_short_ones_stay_whole_and_long_ones_share_the_rest():
    cut = fit_contents([answer("x" * 1000), answer("short"), answer("y" * 1000)], 205, ())
    assert [len(each.content) for each in cut] == [99, 5, 99]  # 98 characters and the mark; room for one on each side
    assert [each.truncated for each in cut] == [True, False, True]


@pytest.mark.parametrize("place", [0, 777, 50_000, 99_990])
@pytest.mark.parametrize("needle", ["The studies were about penguins", "企鹅在南极生活"])
def test_the_window_shows_what_was_asked_for(place, needle):
    filler = "nothing of interest here " * 4000
    text = filler[:place] + needle + filler[place:]
    shown = excerpt(text, 200, index_words("penguin study" if needle[0] == "T" else "企鹅"))
    assert len(shown) <= 200
    assert needle[-8:-1] in shown


@given(st.text(max_size=2000), st.integers(1, 50), st.lists(st.text(min_size=1, max_size=8), max_size=5))
def test_never_longer_than_asked(text, size, words):
    assert len(excerpt(text, size, words)) <= size


def test_ten_megabytes_take_no_time():
    text = "the quick brown fox jumps over the lazy dog and drinks tea " * 170_000
    start = time.process_time()
    shown = excerpt(text, 1500, index_words("which fox drinks the tea of the lazy dog, and why does it jump?"))
    assert time.process_time() - start < 5.0
    assert "fox" in shown
