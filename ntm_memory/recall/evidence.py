"""What read heads can gather about each candidate: its own likeness to the question, its neighbours', its session's.

Every feature is one column of F (n × d). The controller weighs them linearly; each read head mixes the first few (`CONTENT`)
into the score its content addressing starts from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.keywords import Keywords
from ntm_memory.recall.question import Question
from ntm_memory.recall.sequence import Sequence
from ntm_memory.store.records import Slots

REACH = 3
WINDOW = 2

CONTENT = ("cosine_z", "words_z", "cosine", "words")
LOCATION = (
    "window_cosine",
    "window_words",
    *(f"cosine{offset:+d}" for offset in range(-REACH, REACH + 1) if offset),
    *(f"words{offset:+d}" for offset in range(-REACH, REACH + 1) if offset),
    "session_cosine",
    "session_words",
    "session_best_cosine",
    "session_best_words",
    "after_question",
)
KIND = ("named_speaker", "other_speaker", "asks", "length", "when_time", "how_many_number")
PRIORS = ("importance", "recency", "usage", "superseded", "date")
FEATURES = CONTENT + LOCATION + KIND + PRIORS


@dataclass(frozen=True)
class Scores:
    """Likeness of every memory to the question, before any is chosen.

    Args:
        cosine: (N,) float32, centred.
        words: (N,) float32, BM25 as a share of its bound.
        keywords: the counts behind `words`.
    """

    cosine: NDArray[np.float32]
    words: NDArray[np.float32]
    keywords: Keywords


def gather(
    question: Question, scores: Scores, slots: Slots, sequence: Sequence, candidates: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(n, d) evidence about the candidates, columns as in `FEATURES`; about 0 where there is nothing to say.

    Args:
        question: what is asked.
        scores: likeness of all N memories.
        slots: the memory matrix and its columns.
        sequence: the order of writing.
        candidates: (n,) int64 indices 0…N−1.
    """
    cosine_z = _standard(scores.cosine, 0.05)
    words_z = _standard(scores.words, 0.02)
    near = sequence.neighbours(candidates, REACH)
    own = [cosine_z[candidates], words_z[candidates], scores.cosine[candidates], scores.words[candidates]]
    columns = [
        *own,
        *_window(scores, slots, near),
        *_neighbours(cosine_z, near),
        *_neighbours(words_z, near),
        *_session(scores, slots, sequence, candidates, cosine_z, words_z),
        *_kind(question, slots, near),
        *_priors(question, slots, candidates),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _standard(values: NDArray[np.float32], least: float) -> NDArray[np.float32]:
    """Z-scores whose spread counts as at least `least`, so that a handful of equal values is not blown up."""
    return (values - values.mean()) / (values.std() + np.float32(least))


def _neighbours(values: NDArray[np.float32], near: NDArray[np.int64]) -> list[NDArray[np.float32]]:
    """The values of the neighbours at −REACH…−1, +1…+REACH; 0 where there is none."""
    found = np.where(near >= 0, values[near], 0)
    return [found[:, REACH + offset] for offset in range(-REACH, REACH + 1) if offset]


def _window(scores: Scores, slots: Slots, near: NDArray[np.int64]) -> list[NDArray[np.float32]]:
    """Likeness of each candidate read together with the `WINDOW` memories on both sides."""
    inside = near[:, REACH - WINDOW : REACH + WINDOW + 1]
    real = inside >= 0
    size = real.sum(axis=1)
    cosine = np.where(real, scores.cosine[inside], 0).sum(axis=1) / size
    keywords = scores.keywords
    count = np.where(real, keywords.count[:, inside], 0).sum(axis=2)
    length = np.where(real, slots.length[inside], 0).sum(axis=1).astype(np.float32)
    words = keywords.bm25(count, length, keywords.mean_length * (2 * WINDOW + 1))
    return [_standard(cosine, 0.05), _standard(words, 0.02)]


def _session(
    scores: Scores,
    slots: Slots,
    sequence: Sequence,
    candidates: NDArray[np.int64],
    cosine_z: NDArray[np.float32],
    words_z: NDArray[np.float32],
) -> list[NDArray[np.float32]]:
    """Likeness of each candidate's whole session: mean key, joined text, best member."""
    number, member = sequence.sessions, sequence.session
    if number == 1:
        return [np.zeros(len(candidates), dtype=np.float32)] * 4
    size = np.bincount(member, minlength=number)
    cosine = np.bincount(member, scores.cosine, number) / size
    keywords = scores.keywords
    count = np.stack([np.bincount(member, row, number) for row in keywords.count] or [np.zeros(number)])
    length = np.bincount(member, slots.length, number)
    words = keywords.bm25(count[: len(keywords.idf)], length, float(length.mean()))
    best = [_best(values, member, number) for values in (cosine_z, words_z)]
    own = member[candidates]
    return [_standard(cosine, 0.02)[own], _standard(words, 0.05)[own], best[0][own], best[1][own]]


def _best(values: NDArray[np.float32], member: NDArray[np.int64], number: int) -> NDArray[np.float32]:
    best = np.full(number, -np.inf, dtype=np.float32)
    np.maximum.at(best, member, values)
    return _standard(best, 0.5)


def _kind(question: Question, slots: Slots, near: NDArray[np.int64]) -> list[NDArray[np.float32]]:
    """What kind of memory each candidate is, and whether the question asks for that kind."""
    marks, own, before = question.marks, near[:, REACH], near[:, REACH - 1]
    named = marks.named[own]
    return [
        np.where(before >= 0, marks.asks[before], 0),
        named,
        (marks.spoken[own] - named) * np.float32(named.max(initial=0) > 0),
        marks.asks[own],
        np.log1p(slots.length[own]) - 3,
        marks.time[own] * np.float32(question.asks_when),
        marks.number[own] * np.float32(question.asks_how_many),
    ]


def _priors(question: Question, slots: Slots, candidates: NDArray[np.int64]) -> list[NDArray[np.float32]]:
    """What decides between equals: importance, age, use, whether a later memory revises it, the time asked for."""
    happened = np.where(np.isnan(slots.occurred), slots.created, slots.occurred)[candidates]
    age = np.maximum(question.now - happened, 0) / 86_400
    return [
        slots.importance[candidates] - np.float32(0.5),
        np.exp2(-age / question.half_life_days),
        np.log1p(slots.reads[candidates]),
        slots.superseded[candidates].astype(np.float32),
        question.date_match[candidates],
    ]
