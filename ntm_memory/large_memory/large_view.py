"""A large memory with what is derived from it once a state: means, and a sample that stands for all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ntm_memory.codes.word_lists import WordLists
from ntm_memory.large_memory.dates import Dates
from ntm_memory.large_memory.kept import CodedState, WordsOf
from ntm_memory.recall.bm25 import PASSAGE
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.centring import PRIOR_COUNT
from ntm_memory.text.words import SPOKEN

RUNS, RUN = 64, 32
"""The sample is so many stretches of the order of writing, each of so many memories: sessions stay together."""
_EPSILON = 1e-6


def _no_words(address: NDArray[np.int64]) -> list[tuple[str, ...]]:
    return [()] * len(address)


@dataclass(frozen=True)
class LargeView(CentredMatrix):
    """N memories as questions see them, of which a question reads few.

    Args:
        known: codes and words of them; always given.
        words_of: slot numbers → the index words and marks of each.
    """

    known: CodedState | None = None
    words_of: WordsOf = _no_words

    @property
    def coded(self) -> CodedState:
        """Codes and words of the memories."""
        assert self.known is not None
        return self.known

    @cached_property
    def means(self) -> NDArray[np.float32]:
        """(2, dim) mean keys by script, blended with the prior; copies and what was erased lately count, too."""
        kept = self.coded.kept
        sums, counts = kept.sums, kept.counts[:, None]
        if self.prior is not None:
            blended: NDArray[np.float32] = (sums + PRIOR_COUNT * self.prior) / (counts + PRIOR_COUNT)
            return blended.astype(np.float32)
        means: NDArray[np.float64] = sums / np.maximum(counts, 1)
        means[kept.counts == 0] = means[kept.counts > 0][:1]
        return means.astype(np.float32)

    @cached_property
    def starts(self) -> NDArray[np.int64] | None:
        """(N,) the first key row of each memory; None: each has one, its own."""
        slots = self.slots
        return None if len(slots.owner) == len(slots) else slots.starts

    @cached_property
    def mean_passage(self) -> float:
        """Words that a memory, or of a long one a passage, has on average."""
        return float(np.minimum(self.slots.length, PASSAGE).mean())

    @cached_property
    def dates(self) -> Dates:
        """When memories happened, and what times they tell."""
        return Dates.of(self.slots)

    @cached_property
    def sample(self) -> NDArray[np.int64]:
        """(s,) memories that stand for all, in the order of writing: whole stretches of it."""
        order = self.sequence.order
        if len(order) <= RUNS * RUN:
            return order
        first = np.linspace(0, len(order) - RUN, RUNS).astype(np.int64)
        distinct: NDArray[np.int64] = order[np.unique(first[:, None] + np.arange(RUN))]
        return distinct

    @cached_property
    def sample_sessions(self) -> NDArray[np.int64]:
        """(s,) the session of each memory of the sample, numbered from 0."""
        _, session = np.unique(self.sequence.session[self.sample], return_inverse=True)
        return session.astype(np.int64)

    @cached_property
    def sample_words(self) -> WordLists:
        """The words of the sample, its memories numbered 0…s−1."""
        lists = WordLists()
        lists.add(self.words_of(self.slots.address[self.sample]))
        return lists

    @cached_property
    def spoken(self) -> float:
        """About what share of the memories begin with a speaker's name."""
        return len(self.sample_words.held(SPOKEN)[0]) / len(self.sample)

    @cached_property
    def sample_keys(self) -> KeyRows:
        """The centred keys of the sample."""
        return self.rows_of(self.sample)

    def cosines(self, index: NDArray[np.int64], direction: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n,) centred cosines of some memories 0…N−1 with a direction of unit length, as near as chooses the best.

        The keys are read once, as they are, and taken to be of unit length.
        """
        rows, first, kinds = self._rows(index)
        keys, means = self.slots.key_rows(rows), self.means
        along = keys @ means[0]
        if kinds.any():
            along = np.where(kinds, keys @ means[1], along)
        squared = 1 - 2 * along + np.vecdot(means, means)[kinds]
        found: NDArray[np.float32] = keys @ direction - (means @ direction)[kinds]
        found /= np.sqrt(np.maximum(squared, 0) + np.float32(_EPSILON))
        return found if len(found) == len(first) else np.maximum.reduceat(found, first)

    def rows_of(self, index: NDArray[np.int64]) -> KeyRows:
        """The centred keys of some memories 0…N−1, all passages of each."""
        rows, first, kinds = self._rows(index)
        keys = self.slots.key_rows(rows)
        keys -= self.means[kinds] if kinds.any() else self.means[0]
        keys *= (1 / np.sqrt(np.vecdot(keys, keys) + np.float32(_EPSILON)))[:, None]
        return KeyRows(keys, first)

    def _rows(self, index: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """(key rows of n memories, (n,) where each one's begin, the script of each row)."""
        kinds, starts = self.slots.cjk[index].astype(np.int64), self.starts
        if starts is None:
            return index, np.arange(len(index)), kinds
        ends = np.append(starts[1:], len(self.slots.owner))
        length = ends[index] - starts[index]
        first = np.cumsum(length) - length
        owner = np.repeat(np.arange(len(index)), length)
        return np.arange(length.sum()) - first[owner] + starts[index][owner], first, kinds[owner]

    def first_keys(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, dim) the keys of some memories as they are, each one's first passage; −1 stands for the last one."""
        return self.slots.key_rows(index % len(self.slots) if self.starts is None else self.starts[index])

    def centred(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, dim) centred unit keys of some memories, each one's first passage; −1 stands for the last one."""
        return self.rows_of(index % len(self.slots)).firsts()


@dataclass(frozen=True)
class KeyRows:
    """Key rows of n memories.

    Args:
        keys: (r, dim) float32, centred, of unit length.
        first: (n,) int64, where each memory's rows begin.
    """

    keys: NDArray[np.float32]
    first: NDArray[np.int64]

    def likeness(self, directions: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, q) cosines with q directions (q, dim) of unit length; the best passage speaks for its memory."""
        products = np.stack([self.keys @ direction for direction in directions], axis=1)  # faster than at once
        return products if len(products) == len(self.first) else np.maximum.reduceat(products, self.first, axis=0)

    def firsts(self) -> NDArray[np.float32]:
        """(n, dim) the first row of each memory."""
        return self.keys if len(self.keys) == len(self.first) else self.keys[self.first]
