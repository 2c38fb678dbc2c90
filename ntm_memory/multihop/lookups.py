"""What hops look up: texts, names, words, links and cosines of memories, each fetched once in a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.bm25 import damping, index_of, inverse_document_frequency
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.store.records import Memory, Postings
from ntm_memory.text.memory_names import name_of
from ntm_memory.text.words import index_words

Index = NDArray[np.int64]
Column = NDArray[Any]
MOST_WORDS = 64
_UNSEEN = 30  # other memories, as it were, so that in a handful of them a word of two is still rare
_SAMPLE, _COMMON = 30, 0.4  # texts that are looked into, and the share of them that makes a word common
_UNKNOWN = 0.7  # rarity of a word nobody looked up, as a share of the rarest


class Known(Protocol):
    """The memories 0…N−1 of one namespace, now or as they were at a moment; see `recall.corpus`."""

    def memories(self, index: Index) -> Sequence[Memory | None]:
        """The records at these indices; None where one was erased in the meantime."""

    def postings(self, words: Sequence[str]) -> Postings:
        """Where these index words occur."""

    def words_of(self, index: int, id: str) -> Sequence[str]:
        """The index words and marks of the memory with this index and id."""

    def places(self, ids: Sequence[str]) -> Mapping[str, int]:
        """Id → index of those that are known."""


class Lookups:
    """Memories 0…N−1 of one namespace, in one state of the store.

    Args:
        known: where they are.
        view: their matrix, N ≥ 1.
    """

    def __init__(self, known: Known, view: CentredMatrix) -> None:
        self._known = known
        self._view = view
        self._index = index_of(view.slots)
        self._rarest = self._idf_of(1)
        self._damping = damping(view.slots.length, float(view.slots.length.mean()))
        self._where: dict[str, tuple[Index, Column]] = {}
        self._memories: dict[int, Memory | None] = {}
        self._names: dict[int, tuple[str, tuple[str, ...]]] = {}
        self._texts: dict[int, str] = {}
        self._words: dict[int, list[str]] = {}
        self._cosines: dict[int, Column] = {}
        self._links: dict[int, dict[int, float]] = {}
        self.rarity: dict[str, float] = {}

    def fetch(self, chosen: Sequence[int]) -> Index:
        """Fetch texts and names; returns those of the chosen that are still there."""
        unknown = [index for index in chosen if index not in self._memories]
        for index, memory in zip(unknown, self._known.memories(np.array(unknown, dtype=np.int64)), strict=True):
            self._memories[index] = memory
            if memory is not None:
                name = name_of(memory.content)
                self._texts[index] = memory.content.casefold()
                self._names[index] = name, tuple(dict.fromkeys(index_words(name))) if name else ()
        return np.array([index for index in chosen if self._memories[index] is not None], dtype=np.int64)

    def memory(self, index: int) -> Memory | None:
        """A memory that was fetched; None where another process erased it."""
        return self._memories.get(index)

    def name(self, index: int) -> tuple[str, tuple[str, ...]]:
        """(name, its distinct index words) of a memory that was fetched."""
        return self._names[index]

    def text(self, index: int) -> str:
        """The text of a memory that was fetched, in lower case."""
        return self._texts[index]

    def words(self, index: int) -> list[str]:
        """The distinct index words of a memory that was read, the first `MOST_WORDS`."""
        return self._words[index]

    def cosine(self, index: int) -> Column:
        """(N,) centred cosines of all memories with one that was read; the best passage speaks for its memory."""
        return self._cosines[index]

    def links(self, index: int) -> Mapping[int, float]:
        """Index → weight of the links to the live memories of this namespace that a fetched memory is linked with."""
        memory = self._memories[index]
        if index not in self._links and memory is not None:
            weight = {link.target: link.weight for link in memory.links}
            there = self._known.places(list(weight))
            self._links[index] = {index: weight[id] for id, index in there.items()}
        return self._links.get(index, {})

    def read(self, indices: Sequence[int]) -> None:
        """Fetch words, their postings and cosines of memories that a path goes on from, all of them together."""
        for index in indices:
            memory = self._memories[index]
            if memory is not None and index not in self._words:
                words = self._known.words_of(index, memory.id)
                self._words[index] = [word for word in dict.fromkeys(words) if word[:1] != "@"][:MOST_WORDS]
        self._guess_common({word for index in indices for word in self._words[index] if word not in self.rarity})
        self.look_up([word for index in indices for word in self._words[index]])
        self._compare(indices)

    def look_up(self, words: Sequence[str]) -> None:
        """Postings and rarity of words not looked up before."""
        unknown = [word for word in dict.fromkeys(words) if word not in self.rarity]
        postings = self._known.postings(unknown)
        for word in unknown:
            address = postings.address.get(word, np.empty(0, dtype=np.int64))
            self.rarity[word] = self._idf_of(len(address))
            if len(address):
                self._where[word] = self._index[address], postings.count[word].astype(np.float64)

    def bm25(self, words: Sequence[str], of: Sequence[str] | None = None) -> Column:
        """(N,) BM25 of words looked up, as a share of what all words of `of` could give."""
        total = np.zeros(len(self._view.slots))
        for word in words:
            if word in self._where:
                index, count = self._where[word]
                total[index] += self.rarity[word] * count / (count + self._damping[index])
        bound = sum(self.rarity[word] for word in (words if of is None else of))
        return total / max(bound, 1e-9)

    def held(self, parts: Sequence[str], inside: set[str]) -> float:
        """Share of a name's words, weighed by rarity, that are inside."""
        found = sum(self._rarity(word) for word in parts if word in inside)
        return found / sum(self._rarity(word) for word in parts) if found else 0.0

    def holders(self, parts: Sequence[str]) -> Column:
        """(N,) the same share for every memory."""
        share = np.zeros(len(self._view.slots))
        total = sum(self._rarity(word) for word in parts) or 1.0
        for word in parts:
            if word in self._where:
                share[self._where[word][0]] += self.rarity[word] / total
        return share

    def telling(self, parts: Sequence[str]) -> float:
        """Rarity of a name's rarest word, 0–1: everyone speaks of "today", few of "Theodred"."""
        return max((self.rarity.get(word, 0.0) for word in parts), default=0.0) / self._rarest

    def _guess_common(self, words: set[str]) -> None:
        """Guess the rarity of words that many fetched texts hold: their long lists of places tell a hop nothing."""
        texts = list(self._texts.values())[:_SAMPLE]
        if len(texts) < _SAMPLE:
            return
        for word in words:
            share = sum(word in text for text in texts) / len(texts)
            if share > _COMMON:
                self.rarity[word] = self._idf_of(int(share * len(self._view.slots)))

    def _rarity(self, word: str) -> float:
        return self.rarity.get(word, _UNKNOWN * self._rarest)

    def _idf_of(self, frequency: int) -> float:
        return float(inverse_document_frequency(len(self._view.slots) + _UNSEEN, frequency))

    def _compare(self, indices: Sequence[int]) -> None:
        unknown = [index for index in indices if index not in self._cosines]
        if not unknown:
            return
        cosines = self._view.cosines_with(np.array(unknown))
        self._cosines.update(zip(unknown, cosines.astype(np.float64), strict=True))
