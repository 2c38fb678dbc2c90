from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.text.passages import MAX_PASSAGES, PASSAGE, clean, split_passages

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=400)  # lone surrogates and NULs too


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("", ""),
        ("\0", ""),
        ("a\0b", "ab"),
        ("\ud800x\udfff", "x"),
        ("ｆｕｌｌ１", "full1"),
        ("ﬁ", "fi"),
        ("  a \n", "a"),
        ("😀 米娅", "😀 米娅"),
    ],
)
def test_cleaning(raw, cleaned):
    assert clean(raw) == cleaned


@given(ANY_TEXT)
@settings(deadline=None)
def test_cleaned_text_can_be_encoded_and_is_normal(text):
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert "\0" not in cleaned
    assert unicodedata.is_normalized("NFKC", cleaned)


def test_short_text_is_one_passage():
    for text in ("", " ", "x", "米娅喝绿茶。", "word " * (PASSAGE // 5)):
        assert split_passages(text) == [text]


@given(st.lists(ANY_TEXT, max_size=6).map(". ".join), st.integers(1, 60))
@settings(deadline=None)
def test_passages_say_everything_in_order(text, size):
    passages = split_passages(text, size)
    assert 1 <= len(passages) <= MAX_PASSAGES
    if len(passages) < MAX_PASSAGES:
        assert "".join("".join(passages).split()) == "".join(text.split())


@pytest.mark.parametrize("sentence", ["The fox ran over the hill. ", "米娅每天早上喝绿茶。"])
def test_passages_end_at_sentences_and_are_alike_in_size(sentence):
    passages = split_passages(sentence * 300)
    assert len(passages) > 3
    assert {passage.strip()[-1] for passage in passages} <= {".", "。"}
    sizes = [len(passage) for passage in passages]
    assert min(sizes) >= 0.8 * max(sizes)


@pytest.mark.parametrize("text", ["x" * 100_000, "word " * 20_000, "米" * 100_000, "a\n" * 50_000, "." * 100_000])
def test_long_text_becomes_a_bounded_number(text):
    passages = split_passages(text)
    assert 20 < len(passages) <= MAX_PASSAGES
    assert all(len(passage) <= 2 * PASSAGE for passage in passages)
    assert text.startswith(passages[0])


def test_ten_million_characters_cost_no_more_than_the_cap():
    assert split_passages("The fox ran. " * 800_000) == split_passages("The fox ran. " * 20_000)


def test_passages_that_do_not_fit_are_halved():
    text = "one two three four five six seven eight"
    parts = split_passages(text, fits=lambda passage: len(passage) <= 10)
    assert "".join(parts) == text
    assert all(len(part) <= 10 for part in parts)
    assert all(part.strip() in text.split() or " " in part.strip() for part in parts)


def test_halving_ends_where_nothing_fits():
    assert split_passages("abc", fits=lambda passage: False) == ["a", "b", "c"]
