"""Two texts as one sequence of piece ids, in three segments: first text, what stood before the second, second text."""

from __future__ import annotations

from typing import NamedTuple

from ntm_memory.embedding.tokenizer import Tokenizer
from ntm_memory.text.passages import clean

QUESTION, BEFORE, MEMORY, STATEMENT = 40, 24, 72, 56
"""Pieces of each text at most, begin and end marks included."""
SEGMENTS = 3


class PairSequence(NamedTuple):
    """Piece ids, and where the second and the third segment begin."""

    ids: tuple[int, ...]
    before: int
    memory: int


def question_and_memory(tokenizer: Tokenizer, question: str, memory: str, before: str = "") -> PairSequence:
    """`<s> query: q </s> before </s> passage: m </s>`; nothing stands for an empty `before`."""
    first = _pieces(tokenizer, f"query: {question}", QUESTION)
    middle = _pieces(tokenizer, before, BEFORE)[1:] if before else ()
    return _joined(first, middle, _pieces(tokenizer, f"passage: {memory}", MEMORY)[1:])


def two_memories(tokenizer: Tokenizer, older: str, newer: str) -> PairSequence:
    """`<s> passage: older </s> passage: newer </s>`."""
    first, second = (_pieces(tokenizer, f"passage: {text}", STATEMENT) for text in (older, newer))
    return _joined(first, (), second[1:])


def _pieces(tokenizer: Tokenizer, text: str, limit: int) -> tuple[int, ...]:
    return tuple(tokenizer.encode(clean(text), limit))


def _joined(first: tuple[int, ...], middle: tuple[int, ...], last: tuple[int, ...]) -> PairSequence:
    return PairSequence(first + middle + last, len(first), len(first) + len(middle))
