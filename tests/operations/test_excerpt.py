"""Cutting long contents to what a prompt has room for."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.operations.excerpt import fit_contents
from ntm_memory.operations.results import RecalledMemory
from ntm_memory.text.excerpts import excerpt
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


@pytest.mark.parametrize(
    ("line", "question", "shown"),
    [
        ("Release {n} fixed bug {m}. ", "what did release 1317 fix?", "Release 1317 fixed"),
        ("Room {n} has {m} seats. ", "seats of room 912", "Room 912 has"),
        ("Part bolt{n} weighs {m} grams. ", "weight of bolt1398", "bolt1398 weighs"),
        ("{n}号仓库存放{m}箱。", "1204号仓库", "1204号仓库"),
    ],
)
def test_of_a_long_list_the_line_that_was_asked_for(line, question, shown):
    text = "The list. " + "".join(line.format(n=n, m=n % 97) for n in range(100, 1500))
    assert shown in excerpt(text, 300, index_words(question))


def test_where_the_words_stand_together_is_shown():
    days = [f"On {day} {month} we saw {31 - day} birds. " for month in ("May", "June", "July") for day in range(1, 31)]
    assert "On 12 June we saw" in excerpt("".join(days), 200, index_words("12 June"))
