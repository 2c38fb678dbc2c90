"""Keyword evidence: BM25 over the postings of the question's words (Robertson and Zaragoza 2009)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.store.records import MemoryMatrix, Postings

K1, B = 1.2, 0.75
MAX_WORDS = 64
PASSAGE = 200
"""Words; a longer text is found by a part of it, as by the key of a passage."""


@dataclass(frozen=True)
class Keywords:
    """How often each of T words of the question occurs in each of N memories.

    Args:
        words: the T words.
        count: (T, N) float32.
        held: T times (n,) int64, the memories in which it occurs.
        idf: (T,) float32, inverse document frequency within the namespace, > 0.
        mean_length: words a memory, or of a long one a passage, has on average.
        bound: Σ idf·(k1 + 1) over all words of the question, found or not: the score that no text can reach.
    """

    words: tuple[str, ...]
    count: NDArray[np.float32]
    held: tuple[NDArray[np.int64], ...]
    idf: NDArray[np.float32]
    mean_length: float
    bound: float

    def bm25(self, count: NDArray[Any], length: NDArray[Any], mean_length: float) -> NDArray[np.float32]:
        """(n,) BM25 of n texts as a share of `bound`, 0–1.

        Args:
            count: (T, n) occurrences of the words in the texts.
            length: (n,) words of each text.
            mean_length: what counts as a text of normal length.
        """
        if not len(self.idf):
            return np.zeros(count.shape[1], dtype=np.float32)
        share: NDArray[Any] = (self.idf * (K1 + 1) / self.bound) @ (count / (count + damping(length, mean_length)))
        return share.astype(np.float32)

    def of_all(self, length: NDArray[Any]) -> NDArray[np.float32]:
        """(N,) BM25 of all memories, of `length` (N,) words; of a long one, that of a passage."""
        return self.bm25(*of_a_passage(self.count, length), self.mean_length)


def of_a_passage(count: NDArray[Any], length: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """(T, n) occurrences and (n,) length of a passage of each text: its share of what the text has, one at least.

    A rare word that stands once in a text of thousands would count for nothing beside so many others, and much that is
    said often for everything.

    Args:
        count: (T, n) occurrences of the words in the texts.
        length: (n,) words of each text.
    """
    if not len(length) or length.max() <= PASSAGE:
        return count, length
    passages = np.maximum(length / PASSAGE, 1.0)
    return np.maximum(count / passages, np.minimum(count, 1)), np.minimum(length, PASSAGE)


def damping(length: NDArray[Any], mean_length: float) -> NDArray[Any]:
    """(n,) k1·(1 − b + b·length / mean): a word that occurs c times in a text counts c / (c + damping)."""
    return K1 * (1 - B + B * length / max(mean_length, 1.0))


def inverse_document_frequency(total: int, frequency: NDArray[Any] | float) -> NDArray[Any]:
    """(…) idf > 0 of words that `frequency` of `total` texts hold."""
    return np.log1p((total - frequency + 0.5) / (frequency + 0.5))


def count_keywords(
    slots: MemoryMatrix, postings: Postings, words: Sequence[str], once: NDArray[np.int64] | None = None
) -> Keywords:
    """Line the postings of the question's distinct words up with the memory matrix; the rarest `MAX_WORDS` count.

    Args:
        slots: N memories.
        postings: where the words occur.
        words: of the question.
        once: the memories in which a word is looked for to say how rare it is; None: all.
    """
    total = len(slots)
    distinct = sorted(dict.fromkeys(words), key=lambda word: len(postings.address.get(word, ())))[:MAX_WORDS]
    frequency = np.array([len(postings.address.get(word, ())) for word in distinct], dtype=np.float32)
    found = np.flatnonzero(frequency)
    count = np.zeros((len(found), total), dtype=np.float32)
    index = index_of(slots)
    words_found = tuple(distinct[i] for i in found)
    held = tuple(index[postings.address[word]] for word in words_found)
    if once is not None:
        counts = np.zeros(total, dtype=bool)
        counts[once] = True
        frequency[found] = [max(int(counts[where].sum()), 1) for where in held]
    idf = inverse_document_frequency(total if once is None else len(once), frequency).astype(np.float32)
    for row, where, word in zip(count, held, words_found, strict=True):
        row[where] = postings.count[word]
    return Keywords(
        words_found,
        count,
        held,
        idf[found],
        float(np.minimum(slots.length, PASSAGE).mean()),
        float(idf.sum()) * (K1 + 1),
    )


def index_of(slots: MemoryMatrix) -> NDArray[np.int64]:
    """(max address + 1,) index 0…N−1 of the memory in each slot, −1 where the slot is empty or of another namespace."""
    index = np.full(int(slots.address.max()) + 1, -1, dtype=np.int64)
    index[slots.address] = np.arange(len(slots))
    return index
