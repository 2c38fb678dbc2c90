"""Which few of very many memories are looked at: the best by codes and by rare words, by time, their neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ntm_memory.codes.word_lists import Held
from ntm_memory.large_memory.large_view import LargeView
from ntm_memory.recall.bm25 import K1, MAX_WORDS, PASSAGE, Keywords, damping, inverse_document_frequency
from ntm_memory.recall.candidates import LEAST, once_each
from ntm_memory.recall.first_look import Query
from ntm_memory.recall.time_match import date_match

BEST = 32
"""So many are the best by key, so many by words."""
LED = 16
"""Of each so many lead to their neighbours."""
COMPARED = 256, 512, 1792
"""Of so many key rows one is compared exactly, of those whose codes differ least: so many at least, so many at most."""
READ = 32, 4096, 32_768
"""So many places of words are read to find memories, likewise: those of the rarest words. Others count where these
led."""
_SPARE = 4  # times as many as are kept are looked at before copies are left out
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class AskedWords:
    """The words of a question, and where they occur.

    Args:
        words: T distinct ones that occur, the rarest first.
        held: T times the entries that hold each, and how often.
        idf: (T,) float32.
        bound: as of `bm25.Keywords`.
        mean_length: likewise.
        most: so many places of them are read.
    """

    words: tuple[str, ...]
    held: tuple[Held, ...]
    idf: NDArray[np.float32]
    bound: float
    mean_length: float
    most: int

    @classmethod
    def of(cls, view: LargeView, words: tuple[str, ...]) -> AskedWords:
        """The words of a question among the memories of a view."""
        lists = view.kept.words
        held = {word: lists.held(word) for word in dict.fromkeys(words)}
        distinct = sorted(held, key=lambda word: len(held[word]))[:MAX_WORDS]
        frequency = np.array([len(held[word]) for word in distinct], dtype=np.float32)
        idf = inverse_document_frequency(len(view.slots), np.minimum(frequency, len(view.slots))).astype(np.float32)
        found = np.flatnonzero(frequency)
        there = tuple(distinct[i] for i in found)
        bound = float(idf.sum()) * (K1 + 1)
        return cls(there, tuple(held[word] for word in there), idf[found], bound, view.mean_passage, one_in(view, READ))

    def keywords(self, counts: NDArray[np.float32]) -> Keywords:
        """The words as counted in some memories, (T, n)."""
        held = tuple(np.flatnonzero(row) for row in counts)
        return Keywords(self.words, counts, held, self.idf, self.mean_length, self.bound)

    @cached_property
    def rare(self) -> list[tuple[NDArray[np.int32], NDArray[np.uint8]]]:
        """The lists that are read: of the rarest words, and if even that one is too long, its newest part."""
        read = np.cumsum([len(held) for held in self.held])
        lists = [held.newest(len(held)) for held, upto in zip(self.held, read, strict=True) if upto <= self.most]
        return lists or [held.newest(self.most) for held in self.held[:1]]


def one_in(view: LargeView, share: tuple[int, int, int]) -> int:
    """One in so many of all memories, but so many at least and so many at most."""
    return min(max(len(view.slots) // share[0], share[1]), share[2])


def counts_of(view: LargeView, held: tuple[Held, ...], index: NDArray[np.int64]) -> NDArray[np.float32]:
    """(T, n) how often words occur in memories 0…N−1."""
    entries = view.entries.entries(index)
    if not held:
        return np.zeros((0, len(index)), dtype=np.float32)
    return np.stack([each.counts_at(entries) for each in held])


def likest_by_key(view: LargeView, direction: NDArray[np.float32], query: Query) -> NDArray[np.int64]:
    """(≤ BEST,) memories that are likest by key, of those that the question may see; of copies one."""
    kept, there = view.kept, None
    if query.allowed is not None:
        memory = _memory_of_rows(view)
        there = (memory >= 0) & query.allowed[memory]
    rows = kept.signs.nearest(direction, one_in(view, COMPARED), there)
    index = view.kept_memories(rows)
    likeness = view.cosines(index, direction)
    likeness[view.slots.at("length", index) == 0] = -1.0  # what has no word, as 👍, is like no question that has
    return _best_different(view, query, index, likeness)


def likest_by_words(view: LargeView, asked: AskedWords, query: Query) -> NDArray[np.int64]:
    """(≤ BEST,) memories that are likest by words, of those that hold rare ones; of copies one."""
    if not asked.words:
        return np.empty(0, dtype=np.int64)
    where = np.concatenate([where for where, _ in asked.rare])
    entries, row = np.unique(where, return_inverse=True)
    index = view.entries.memories(entries)
    counts = np.concatenate([count for _, count in asked.rare]).astype(np.float32)
    idf = np.repeat(asked.idf[: len(asked.rare)], [len(where) for where, _ in asked.rare])
    length = np.minimum(view.slots.at("length", index), PASSAGE)[row]
    score = np.bincount(row, idf * counts / (counts + damping(length, asked.mean_length)))
    seen = index >= 0 if query.allowed is None else (index >= 0) & query.allowed[index]
    index, score = index[seen], score[seen]
    if len(index) > 2 * _SPARE * BEST:
        index = index[np.argpartition(score, -2 * _SPARE * BEST)[-2 * _SPARE * BEST :]]
    keywords = asked.keywords(counts_of(view, asked.held, index))
    return _best_different(view, query, index, keywords.of_all(view.slots.at("length", index)))


def likest_by_time(view: LargeView, query: Query, direction: NDArray[np.float32] | None) -> NDArray[np.int64]:
    """(≤ BEST,) memories whose times fit best those that a question tells; of what fits alike the likest."""
    index = np.unique(np.concatenate([view.near_in_time(told, 2 * BEST) for told in query.times]))
    index = index if query.allowed is None else index[query.allowed[index]]
    fits = fits_of(view, query, index)
    index, fits = index[fits > 0], fits[fits > 0]
    if len(index) > COMPARED[1]:
        best = fits >= np.partition(fits, -BEST)[-BEST]
        index, fits = index[best], fits[best]
    if len(index) > COMPARED[1] and direction is not None:
        is_tie = np.zeros(len(view.slots) + 1, dtype=bool)  # the last one stands for "no memory"
        is_tie[index] = True
        memory = _memory_of_rows(view)
        rows = view.kept.signs.nearest(direction, COMPARED[1], is_tie[memory])
        index = np.unique(memory[rows])
        fits = fits_of(view, query, index)
    index, fits = index[-2 * COMPARED[1] :], fits[-2 * COMPARED[1] :]
    likeness = fits if direction is None else fits + LEAST * view.cosines(index, direction)
    return index[np.argsort(-likeness, kind="stable")[:BEST]]


def _memory_of_rows(view: LargeView) -> NDArray[np.int64]:
    """(R,) the memory of each coded key row, −1 where there is none any more."""
    return view.entries.memories(view.kept.owner(np.arange(len(view.kept.signs))))


def fits_of(view: LargeView, query: Query, index: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n,) how well the times of some memories fit those that a question tells."""
    fits = date_match(query.times, *view.slots.lasted(index), view.slots.at("mentioned", index))
    return np.zeros(len(index), dtype=np.float32) if fits is None else fits


def _best_different(
    view: LargeView, query: Query, index: NDArray[np.int64], values: NDArray[np.float32]
) -> NDArray[np.int64]:
    """The memories with the largest values, of those that say the same one."""
    if len(index) > _SPARE * BEST:
        best = np.argpartition(values, -_SPARE * BEST)[-_SPARE * BEST :]
        index, values = index[best], values[best]
    index = index[np.argsort(-values, kind="stable")]
    return index[different(view, index, query)][:BEST]


def different(view: LargeView, index: NDArray[np.int64], query: Query) -> Mask:
    """(n,) of some memories that say the same after the same one each; where times are told, all."""
    if query.times or not len(index):
        return np.ones(len(index), dtype=bool)
    focus = np.flatnonzero(np.isin(index, list(query.previous or {})))
    before = view.sequence.step(index, -1)
    digest = _digest(view, index) * np.uint64(3) + np.where(before < 0, np.uint64(0), _digest(view, before))
    return once_each(digest, view.slots.at("superseded", index), focus, None)


def _digest(view: LargeView, index: NDArray[np.int64]) -> NDArray[np.uint64]:
    """(n,) a number for each memory's first key, hardly ever the same for others; of no key its own."""
    told = view.kept.digest(view.entries.entries(index % len(view.slots)))
    return np.where(told == 0, index.astype(np.uint64), told)
