"""Two texts become one sequence, each within its limit, and it is known where each begins."""

from __future__ import annotations

import pytest
from tiny_network import TinyWeights

from ntm_memory.embedding.tokenizer import Tokenizer
from ntm_memory.reader.sequences import BEFORE, MEMORY, QUESTION, STATEMENT, question_and_memory, two_memories


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer(TinyWeights().pieces)


def test_a_question_what_stood_before_and_a_memory(tokenizer):
    pair = question_and_memory(tokenizer, "who?", "it was Ben", "2024-05-01")
    question, before, memory = (tokenizer.encode(text) for text in ("query: who?", "2024-05-01", "passage: it was Ben"))
    assert list(pair.ids) == [*question, *before[1:], *memory[1:]]
    assert (pair.before, pair.memory) == (len(question), len(question) + len(before) - 1)
    assert pair.ids.count(tokenizer.encode("")[-1]) == 3


def test_nothing_stands_for_nothing_before(tokenizer):
    pair = question_and_memory(tokenizer, "who?", "it was Ben")
    assert pair.before == pair.memory == len(tokenizer.encode("query: who?"))
    assert list(pair.ids[pair.memory :]) == tokenizer.encode("passage: it was Ben")[1:]


def test_two_memories_both_as_passages(tokenizer):
    pair = two_memories(tokenizer, "tea at nine", "tea at ten")
    older, newer = (tokenizer.encode(f"passage: {text}") for text in ("tea at nine", "tea at ten"))
    assert list(pair.ids) == [*older, *newer[1:]]
    assert pair.before == pair.memory == len(older)


def test_each_text_is_cut_at_its_limit(tokenizer):
    long = "x" * 999
    pair = question_and_memory(tokenizer, long, long, long)
    assert pair.before == QUESTION
    assert pair.memory - pair.before == BEFORE - 1
    assert len(pair.ids) - pair.memory == MEMORY - 1
    assert pair.ids[pair.before - 1] == pair.ids[pair.memory - 1] == pair.ids[-1] == 2  # the end mark
    pair = two_memories(tokenizer, long, long)
    assert (pair.memory, len(pair.ids)) == (STATEMENT, 2 * STATEMENT - 1)


def test_texts_are_cleaned_as_those_of_keys_are(tokenizer):
    assert question_and_memory(tokenizer, "ｗｈｏ\0?", "Ben ") == question_and_memory(tokenizer, "who?", "Ben")
