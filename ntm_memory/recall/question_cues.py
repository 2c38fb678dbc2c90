"""What kind of memory a question looks for, and what kinds there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.bm25 import Keywords, index_of
from ntm_memory.store.records import MemoryMatrix, Postings
from ntm_memory.text import words as vocabulary

_WHEN = re.compile(
    r"\b(?:when|what (?:date|day|time|month|year)|which (?:date|day|month|year)|how long|since when)\b"
    r"|什么时候|何时|哪[一]?[天年月日]|几[点月号时]|多久|多长时间|哪个(?:月|星期|周)|日期|时间",
    re.IGNORECASE,
)
_NAMES = 64  # words of a question that may be a speaker's name
_HOW_MANY = re.compile(r"\bhow (?:many|much|often|old|far)\b|多少|几[个只次位本人岁]|第几", re.IGNORECASE)


@dataclass(frozen=True)
class Marks:
    """The marks of all N memories (see `words.marks`), each (N,) of 0 and 1.

    `named`: it is spoken, and the question names the speaker.
    """

    spoken: NDArray[np.float32]
    named: NDArray[np.float32]
    asks: NDArray[np.float32]
    time: NDArray[np.float32]
    number: NDArray[np.float32]


@dataclass(frozen=True)
class QuestionCues:
    """What a question asks for, put to a memory matrix of N slots.

    Args:
        marks: the kinds of memories there are.
        names: (N,) float32, share of the names in it that each memory holds, 0–1.
        asks_when, asks_how_many: the kind of answer it wants.
        now: unix seconds.
        date_match: (N,) float32, how well each memory's time fits a time told in the question, 0–1.
        spoken: share of all memories that begin with a speaker's name.
    """

    marks: Marks
    names: NDArray[np.float32]
    asks_when: bool
    asks_how_many: bool
    now: float
    date_match: NDArray[np.float32]
    spoken: float


def marks_for(words: Sequence[str]) -> list[str]:
    """The marks whose postings a question of these index words needs; a name may be any of its words."""
    kinds = [vocabulary.SPOKEN, vocabulary.ASKS, vocabulary.TIME, vocabulary.NUMBER]
    return kinds + [vocabulary.BY + word for word in [*dict.fromkeys(words)][:_NAMES]]


def read_marks(slots: MemoryMatrix, postings: Postings, terms: list[str]) -> Marks:
    """Line the postings of the marks up with the memory matrix."""
    index = index_of(slots)

    def column(*names: str) -> NDArray[np.float32]:
        found = np.zeros(len(slots), dtype=np.float32)
        for name in names:
            found[index[postings.address.get(name, np.empty(0, dtype=np.int64))]] = 1
        return found

    return marks_by(column, terms)


def marks_by(column: Callable[..., NDArray[np.float32]], terms: Sequence[str]) -> Marks:
    """The marks of some memories.

    Args:
        column: marks → (N,) 1 where a memory has one of them.
        terms: of the question; among them `BY` with each of its words that may be a speaker's name.
    """
    names = [term for term in terms if term.startswith(vocabulary.BY)]
    spoken = column(vocabulary.SPOKEN)
    return Marks(
        spoken=spoken,
        named=spoken * column(*names),
        asks=column(vocabulary.ASKS),
        time=column(vocabulary.TIME),
        number=column(vocabulary.NUMBER),
    )


def names_held(names: list[tuple[str, ...]], keywords: Keywords) -> NDArray[np.float32]:
    """(N,) share, 0–1, of the names of which each memory holds all words; one counts by its rarity, if any holds it."""
    row = {word: i for i, word in enumerate(keywords.words)}
    share, total = np.zeros(keywords.count.shape[1], dtype=np.float32), 0.0
    for name in names:
        if not all(word in row for word in name):
            continue
        whole, *rest = sorted((keywords.held[row[word]] for word in name), key=len)
        for others in rest:
            whole = np.intersect1d(whole, others, assume_unique=True)
        if len(whole):
            rarity = float(np.log1p(len(share) / len(whole)))
            share[whole] += rarity
            total += rarity
    return share / np.float32(total) if total else share


def asks_when(text: str) -> bool:
    """Whether the question wants a time for an answer."""
    return _WHEN.search(text) is not None


def asks_how_many(text: str) -> bool:
    """Whether the question wants a number for an answer."""
    return _HOW_MANY.search(text) is not None
