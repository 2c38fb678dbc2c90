"""What read heads can gather about each candidate: its own likeness to the question, its neighbours', its session's.

Every feature is one column of F (n × d). The ranker weighs them linearly; each read head mixes the first few
(`CONTENT`) into the score its content addressing starts from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.bm25 import Keywords, of_a_passage
from ntm_memory.recall.centred_matrix import WINDOW, CentredMatrix
from ntm_memory.recall.question_cues import QuestionCues
from ntm_memory.store.records import MemoryMatrix

REACH = 3
LONG = 100  # words; what a longer text says more is not more of an answer
HALF_LIFE_DAYS = 30.0  # age at which the recency prior is one half
NEAR = tuple(offset for offset in range(-2, 3) if offset)

CONTENT = ("cosine_z", "words_z", "cosine", "words", "both")
LOCATION = (
    "window_cosine",
    "window_words",
    *(f"cosine{offset:+d}" for offset in NEAR),
    *(f"words{offset:+d}" for offset in NEAR),
    "session_cosine",
    "session_words",
    "session_best_cosine",
    "session_best_words",
    "answers",
    "answers_cosine",
    "answers_words",
    "window_about",
    *(f"about{offset:+d}" for offset in NEAR),
    "session_about",
    "session_best_about",
)
KIND = (
    "about",
    "named_speaker",
    "named_cosine",
    "named_words",
    "names",
    "names_cosine",
    "other_speaker",
    "asks",
    "asks_cosine",
    "asks_words",
    "length",
    "when_time",
    "how_many_number",
)
PRIORS = ("importance", "recency", "usage", "superseded", "date")
FEATURES = CONTENT + LOCATION + KIND + PRIORS
Column = NDArray[np.float32]


@dataclass(frozen=True)
class Scores:
    """Likeness of every memory to the question, before any is chosen.

    Args:
        cosine: (N,) float32, centred, of the question turned towards its answers.
        about: (N,) float32, centred, of the question as it is: what it is about.
        words: (N,) float32, BM25 as a share of its bound.
        keywords: the counts behind `words`.
        once: the memories that count among all, each different from the others; None: all of them.
        total: how many there are, where not all are here; None: as many as count.
        share: (N,) float32, for how many of these each one here stands; None: for itself.
    """

    cosine: NDArray[np.float32]
    about: NDArray[np.float32]
    words: NDArray[np.float32]
    keywords: Keywords
    once: NDArray[np.int64] | None = None
    total: int | None = None
    share: NDArray[np.float32] | None = None

    def standard(self, values: NDArray[Any], least: float) -> Column:
        """(N,) z-scores of a value of every memory; what is told many times counts once."""
        return standard(values, least, self.once, self.share)

    @property
    def number(self) -> int:
        """Different memories."""
        if self.total is not None:
            return self.total
        return len(self.about) if self.once is None else len(self.once)


def gather(
    question: QuestionCues, scores: Scores, view: CentredMatrix, candidates: NDArray[np.int64], near: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(n, d) evidence about the candidates, columns as in `FEATURES`; about 0 where there is nothing to say.

    What is gathered along the order of writing counts by the coherence of that order: fully in a conversation, not at
    all among memories that have nothing to do with their neighbours.

    Args:
        question: what is asked.
        scores: likeness of all N memories.
        view: the memory matrix and the order of writing.
        candidates: (n,) int64 indices 0…N−1.
        near: (n, 2·REACH + 1) their neighbours, see `Sequence.neighbours`.
    """
    cosine_z = scores.standard(scores.cosine, 0.05)
    about_z = scores.standard(scores.about, 0.05)
    words_z = scores.standard(scores.words, 0.02)
    both = np.maximum(cosine_z, 0) * np.maximum(words_z, 0)
    content = [values[candidates] for values in (cosine_z, words_z, scores.cosine, scores.words, both)]
    window = _window(scores, view, near)
    location = [
        *window[:2],
        *(_at(cosine_z, near, offset) for offset in NEAR),
        *(_at(words_z, near, offset) for offset in NEAR),
        *_session(scores, view, candidates, cosine_z, words_z),
        *_answers(question, near, cosine_z, words_z),
        window[2],
        *(_at(about_z, near, offset) for offset in NEAR),
        *_session_key(scores.about, about_z, view, candidates),
    ]
    coherent = np.float32(view.coherence(question.spoken))
    columns = [
        *content,
        *(column * coherent for column in location),
        about_z[candidates],
        *_kind(question, view.slots, candidates, cosine_z, words_z),
        *_priors(question, view.slots, candidates),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def standard(
    values: NDArray[Any],
    least: float,
    among: NDArray[np.int64] | None = None,
    share: NDArray[np.float32] | None = None,
) -> Column:
    """Z-scores whose spread counts as at least `least` more, so that a handful of equal values is not blown up.

    Args:
        values: (n,) to be scaled.
        least: of the spread.
        among: the values that mean and spread are of; None: all.
        share: (n,) how much each value counts for them, instead; None: as much as any other.
    """
    if not len(values):
        return np.empty(0, dtype=np.float32)  # a filter may leave no candidate, and nothing has no mean
    if share is not None:
        total = share.sum()
        away: Column = (values - share @ values / total).astype(np.float32)
        away /= np.sqrt(share @ (away * away) / total) + np.float32(least)
        return away
    scaled: Column = (values - (values if among is None else values[among]).mean()).astype(np.float32)
    counted = scaled if among is None else scaled[among]
    scaled /= np.sqrt(counted @ counted / len(counted)) + np.float32(least)  # many times faster than values.std()
    return scaled


def _at(values: Column, near: NDArray[np.int64], offset: int) -> Column:
    """The value of each candidate's neighbour; 0 where there is none."""
    there = near[:, REACH + offset]
    return np.where(there >= 0, values[there], np.float32(0))


def _window(scores: Scores, view: CentredMatrix, near: NDArray[np.int64]) -> list[Column]:
    """Likeness of each candidate read together with the two memories on both sides: mean key, joined text, mean key.

    The second mean key is compared with the question as it is.
    """
    inside = near[:, REACH - WINDOW : REACH + WINDOW + 1]
    real = inside >= 0
    keywords = scores.keywords
    counts, lengths = of_a_passage(keywords.count, view.slots.length)
    count = np.where(real, counts[:, inside], 0).sum(axis=2)
    length = np.where(real, lengths[inside], 0).sum(axis=1)
    words = keywords.bm25(count, length, keywords.mean_length * inside.shape[1])
    norms = view.window_norms(near[:, REACH])
    keys = (np.where(real, cosine[inside], 0).sum(axis=1) / norms for cosine in (scores.cosine, scores.about))
    cosine, about = (standard(key, 0.05) for key in keys)
    return [cosine, standard(words, 0.02), about]


def _session(
    scores: Scores, view: CentredMatrix, candidates: NDArray[np.int64], cosine_z: Column, words_z: Column
) -> list[Column]:
    """Likeness of each candidate's whole session: mean key, joined text, best member."""
    number, member = view.sequence.sessions, view.sequence.session
    if number == 1:
        return [np.zeros(len(candidates), dtype=np.float32)] * 4
    keywords = scores.keywords
    count = np.zeros((len(keywords.idf), number))
    for row, counts, held in zip(count, keywords.count, keywords.held, strict=True):
        row += np.bincount(member[held], counts[held], number)
    length, own, usual = view.session_sizes[1], member[candidates], view.usual_sessions
    mean = float((length if usual is None else length[usual]).mean())
    words = standard(keywords.bm25(count, length, mean), 0.05, usual)
    cosine, best_cosine = _session_key(scores.cosine, cosine_z, view, candidates)
    return [cosine, words[own], best_cosine, _best(words_z, view)[own]]


def _session_key(cosine: Column, cosine_z: Column, view: CentredMatrix, candidates: NDArray[np.int64]) -> list[Column]:
    """Likeness of the mean key of each candidate's session, and of its best member."""
    number, member = view.sequence.sessions, view.sequence.session
    if number == 1:
        return [np.zeros(len(candidates), dtype=np.float32)] * 2
    own = member[candidates]
    mean = np.bincount(member, cosine, number) / view.session_sizes[0]
    return [standard(mean, 0.02, view.usual_sessions)[own], _best(cosine_z, view)[own]]


def _best(values: Column, view: CentredMatrix) -> Column:
    """(K,) how far the best of each session stands out."""
    best = np.full(view.sequence.sessions, -np.inf, dtype=np.float32)
    np.maximum.at(best, view.sequence.session, values)
    return standard(best, 0.5, view.usual_sessions)


def _answers(question: QuestionCues, near: NDArray[np.int64], cosine_z: Column, words_z: Column) -> list[Column]:
    """Whether the memory before is itself a question, and how much that question is like this one."""
    asked = _at(question.marks.asks, near, -1)
    return [asked, asked * _at(cosine_z, near, -1), asked * _at(words_z, near, -1)]


def _kind(
    question: QuestionCues, slots: MemoryMatrix, candidates: NDArray[np.int64], cosine_z: Column, words_z: Column
) -> list[Column]:
    """What kind of memory each candidate is, and whether the question asks for that kind."""
    marks = question.marks
    named, asks = marks.named[candidates], marks.asks[candidates]
    cosine, words = cosine_z[candidates], words_z[candidates]
    names = question.names[candidates]
    other = (marks.spoken[candidates] - named) * np.float32(named.max(initial=0) > 0)
    return [
        named,
        named * cosine,
        named * words,
        names,
        names * cosine,
        other,
        asks,
        asks * cosine,
        asks * words,
        np.log1p(np.minimum(slots.length[candidates], LONG)).astype(np.float32) - 3,
        marks.time[candidates] * np.float32(question.asks_when),
        marks.number[candidates] * np.float32(question.asks_how_many),
    ]


def _priors(question: QuestionCues, slots: MemoryMatrix, candidates: NDArray[np.int64]) -> list[Column]:
    """What decides between equals: importance, age, use, the time asked for.

    A mark that a later memory revises it is a hint for who reads the answer, and weighs nothing as shipped.
    """
    age = np.maximum(question.now - slots.happened[candidates], 0) / 86_400
    return [
        slots.importance[candidates] - np.float32(0.5),
        np.exp2(-age / HALF_LIFE_DAYS).astype(np.float32),
        np.log1p(slots.reads[candidates]).astype(np.float32),
        slots.superseded[candidates].astype(np.float32),
        question.date_match[candidates],
    ]
