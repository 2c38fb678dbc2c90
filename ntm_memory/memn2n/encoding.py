"""Sentences and questions as the numbers a Memory Network takes; the words it knows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.memn2n.babi import BabiQuestion, Words
from ntm_memory.memn2n.network import Indices, StoryBatch
from ntm_memory.memn2n.parameters import Array, MemN2NSettings

NULL = 0


@dataclass(frozen=True)
class Vocabulary:
    """The words a network knows: number n is `words[n − 1]`; 0 is the null word, which any other word becomes.

    Args:
        words: distinct.
        answers: those of them that are answers; "n,w" is one word.
    """

    words: tuple[str, ...]
    answers: tuple[str, ...]

    @classmethod
    def of(cls, questions: Iterable[BabiQuestion]) -> Vocabulary:
        """All words and answers of some questions, in alphabetical order."""
        words: set[str] = set()
        answers: set[str] = set()
        seen: set[Words] = set()
        for question in questions:
            answers.add(question.answer)
            seen.update(question.told)
            seen.add(question.asked)
        for sentence in seen:
            words.update(sentence)
        return cls(tuple(sorted(words | answers)), tuple(sorted(answers)))

    def numbers(self) -> dict[str, int]:
        """Word → number."""
        return {word: number for number, word in enumerate(self.words, 1)}

    def fitted(self, settings: MemN2NSettings) -> MemN2NSettings:
        """Settings for these words and answers."""
        numbers = self.numbers()
        answers = tuple(numbers[answer] for answer in self.answers)
        return dataclasses.replace(settings, words=len(self.words) + 1, answers=answers)


def bag(numbers: Sequence[int], size: int, *, position: bool) -> NDArray[np.float64]:
    """A sentence as two weighted counts of its words, from which its embedding follows (section 4.1).

    Args:
        numbers: its J words; the null word counts for its place only.
        size: V.
        position: weigh by place: word j gets 1 − j/J in the first row and 1 − 2j/J in the second, so that the
            embedding is Σ_j ((1 − j/J) − (k/d)(1 − 2j/J)) · A x_j; else 1 and 0, a bag of words.

    Returns:
        (2, V).
    """
    counts = np.zeros((2, size))
    for place, number in enumerate(numbers, 1):
        if number != NULL:
            share = place / len(numbers)
            counts[:, number] += (1 - share, 1 - 2 * share) if position else (1.0, 0.0)
    return counts


@dataclass(frozen=True)
class Encoded:
    """Many questions in numbers.

    Args:
        sentences: (distinct + 1, 2, V); row 0 is the null sentence.
        asked: (distinct questions, 2, V).
        memory: (N, longest) rows of `sentences`, the latest first, 0 behind the last.
        questions: (N,) rows of `asked`.
        answers: (N,) number of the answer; −1: not known to the network.
        slots: memory slots of the network.
    """

    sentences: Array
    asked: Array
    memory: Indices
    questions: Indices
    answers: Indices
    slots: int

    def __len__(self) -> int:
        return len(self.questions)

    def batch(self, chosen: Indices | slice, noise: tuple[np.random.Generator, float] | None = None) -> StoryBatch:
        """Some of the questions.

        Args:
            chosen: which.
            noise: a source of chance, and how often an empty memory is put before a sentence (section 4.1, random
                noise): the sentence then seems to be that much older.
        """
        memory = self.memory[chosen]
        memory = memory[:, : max(1, int((memory > 0).sum(axis=1).max()))]
        used = np.zeros(len(self.sentences), bool)
        used[memory] = True
        used[0] = True
        local = np.cumsum(used) - 1
        times = np.broadcast_to(np.arange(memory.shape[1]), memory.shape)
        if noise is not None:
            rng, share = noise
            times = np.minimum(times + np.cumsum(rng.random(memory.shape) < share, axis=1), self.slots - 1)
        return StoryBatch(
            self.sentences[used], self.asked[self.questions[chosen]], local[memory], times, self.answers[chosen]
        )


def encode_questions(questions: Sequence[BabiQuestion], vocabulary: Vocabulary, settings: MemN2NSettings) -> Encoded:
    """Questions in the numbers of a network.

    Args:
        questions: at least one.
        vocabulary: the network's; other words become the null word.
        settings: the network's.
    """
    numbers = vocabulary.numbers()
    answers = {answer: number for number, answer in enumerate(vocabulary.answers)}
    sentences: dict[Words, int] = {}
    asked: dict[Words, int] = {}
    longest = min(settings.memory_size, max(1, max(len(question.told) for question in questions)))
    memory = np.zeros((len(questions), longest), np.int64)
    for row, question in enumerate(questions):
        latest = question.told[: -longest - 1 : -1]
        memory[row, : len(latest)] = [sentences.setdefault(told, len(sentences) + 1) for told in latest]
        asked.setdefault(question.asked, len(asked))

    def bags(kept: Iterable[Words]) -> list[NDArray[Any]]:
        return [
            bag([numbers.get(word, NULL) for word in words], settings.words, position=settings.position)
            for words in kept
        ]

    return Encoded(
        np.array([np.zeros((2, settings.words)), *bags(sentences)], settings.dtype),
        np.array(bags(asked), settings.dtype),
        memory,
        np.array([asked[question.asked] for question in questions]),
        np.array([answers.get(question.answer, -1) for question in questions]),
        settings.memory_size,
    )
