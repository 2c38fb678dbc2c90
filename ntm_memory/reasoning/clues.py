"""What each hop can go by: likeness, words and names, of a memory to the question and to the memory just read.

Every clue is one column, scaled to lie about between 0 and 1, and 0 where there is nothing to say. Stored keys are used
again: no hop after the first asks the embedder, and each memory's text, words and cosines are fetched once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.reasoning.names import name_of, occurs
from ntm_memory.recall.evidence import Scores, standard
from ntm_memory.recall.keywords import K1, B, index_of
from ntm_memory.recall.reader import Reading
from ntm_memory.recall.view import View
from ntm_memory.recall.words import index_words
from ntm_memory.store.base import Store
from ntm_memory.store.records import Memory

FIRST = ("recall", "cosine", "cosine_z", "words", "words_z", "name", "name_share")
# Among notes of a few words any shared name or rare word is telling; paragraphs often only mention each other. The last
# clues count as far as the memories are short.
NEXT = (
    *("words", "left", "new", "new_z", "name", "name_share", "back", "back_share", "link"),
    *("short", "new_short", "back_short"),
)
Path = tuple[int, ...]
Column = NDArray[np.float64]
Index = NDArray[np.int64]

START = 40  # candidates of the first hop by each kind of likeness
STEP = 16  # candidates of a further hop by each kind of likeness
NEW_WORDS = 24  # the rarest words of a memory that the next hop asks with
MOST_WORDS = 64
SHORT_WORDS = 16  # a memory of so many index words counts as half short
FAINT = -8.0  # log weight that counts as none
_SHARE, _SPREAD = 5.0, 3.0
_UNSEEN = 30  # other memories, as it were, so that in a handful of them a word of two is still rare
_UNKNOWN = 0.7  # rarity of a word nobody looked up, as a share of the rarest


@dataclass(frozen=True)
class Block:
    """What one read can choose from.

    Args:
        candidates: (n,) int64 memories 0…N−1.
        features: (n, d) clues, columns as in `FIRST` or `NEXT`.
        likeness: (n, h) cosines with the question and with what was read after it, in order; empty for the first hop.
    """

    candidates: Index
    features: Column
    likeness: Column


def brightness(log_weight: Column) -> Column:
    """Attention as a clue: 1 for all of it, −1 for (nearly) none."""
    bright: Column = 1 - 2 * np.maximum(log_weight, FAINT) / FAINT
    return bright


class Clues:
    """The clues of one question.

    Args:
        store: where texts, words and links are looked up, in one snapshot.
        namespace: whose memories `view` shows.
        view: N ≥ 1 memories.
        words: index words of the question.
        text: the question.
        scores: its likeness to all memories.
        reading: what recall makes of it.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        view: View,
        words: Sequence[str],
        text: str,
        scores: Scores,
        reading: Reading,
    ) -> None:
        self._store = store
        self._namespace = namespace
        self._view = view
        self._scores = scores
        self._reading = reading
        self._asked = list(dict.fromkeys(words))[:MOST_WORDS]
        self._text = text.casefold()
        self._index = index_of(view.slots)
        self._rarest = self._idf_of(1)
        length = float(view.slots.length.mean())
        self._short = 1 / (1 + (length / SHORT_WORDS) ** 2)
        self._damping = K1 * (1 - B + B * view.slots.length / max(length, 1.0))
        self._where: dict[str, tuple[Index, Column]] = {}
        self._idf: dict[str, float] = {}
        self._memories: dict[int, Memory | None] = {}
        self._names: dict[int, tuple[str, tuple[str, ...]]] = {}
        self._folded: dict[int, str] = {}
        self._own_words: dict[int, list[str]] = {}
        self._cosines: dict[int, Column] = {}
        self._look_up(self._asked)

    def fetch(self, chosen: Sequence[int]) -> Index:
        """Fetch texts and names; returns those of the chosen that are still there."""
        unknown = [index for index in chosen if index not in self._memories]
        addresses = self._view.slots.address[unknown].tolist()
        found = {memory.address: memory for memory in self._store.get_many(addresses)}
        for index, address in zip(unknown, addresses, strict=True):
            memory = self._memories[index] = found.get(address)
            if memory is not None:
                name = name_of(memory.content)
                self._folded[index] = memory.content.casefold()
                self._names[index] = name, tuple(dict.fromkeys(index_words(name))) if name else ()
        return np.array([index for index in chosen if self._memories[index] is not None], dtype=np.int64)

    def memory(self, index: int) -> Memory | None:
        """A memory some block offered; None where another process erased it."""
        return self._memories.get(index)

    def first(self) -> Block:
        """What the first hop can choose from: the best of recall, by key and by words."""
        scores, reading = self._scores, self._reading
        chosen = {*_best(scores.cosine, START), *_best(scores.words, START), *reading.index[:START].tolist()}
        candidates = self.fetch(sorted(chosen))
        weight = np.full(len(self._view.slots), FAINT)
        weight[reading.index] = np.log(np.maximum(reading.weights, 1e-16))
        columns: list[NDArray[Any]] = [
            brightness(weight[candidates]),
            scores.cosine[candidates],
            standard(scores.cosine, 0.05)[candidates] / _SPREAD,
            scores.words[candidates] * _SHARE,
            standard(scores.words, 0.02)[candidates] / _SPREAD,
            *self._names_in(self._text, self._asked, candidates),
        ]
        return Block(candidates, np.stack(columns, axis=1).astype(np.float64), np.empty((len(candidates), 0)))

    def next(self, paths: Sequence[Path]) -> list[Block]:
        """What can be read after each of these paths; words, keys and texts are fetched for all of them together."""
        read = list(dict.fromkeys(index for path in paths for index in path))
        self._read_words(read)
        self._compare(read)
        plans = [self._plan(path) for path in paths]
        self.fetch(sorted({i for chosen, *_ in plans for i in chosen}))
        return [self._block(path, *plan) for path, plan in zip(paths, plans, strict=True)]

    @property
    def words(self) -> list[str]:
        """The distinct index words of the question."""
        return self._asked

    @property
    def rarity(self) -> Mapping[str, float]:
        """Rarity of every word looked up so far."""
        return self._idf

    def new_words(self, index: int) -> list[str]:
        """The words of a memory just read with which the next hop asks: the rarest that the question has not."""
        fresh = [word for word in self._own_words[index] if word not in self._asked]
        return sorted(fresh, key=lambda word: -self._idf[word])[:NEW_WORDS]

    def _plan(self, path: Path) -> tuple[list[int], Column, Column]:
        """(candidates, BM25 of the new words, BM25 of the question's words that the path leaves open)."""
        here = path[-1]
        covered = {word for index in path for word in self._own_words[index]}
        left = [word for word in self._asked if word not in covered]
        new, rest = self._bm25(self.new_words(here)), self._bm25(left, of=self._asked)
        asked = self._scores.cosine + self._cosines[here]
        chosen = {*_best(new, STEP), *_best(rest, STEP), *_best(new + rest, STEP), *_best(asked, STEP)}
        chosen |= set(self._links(here))
        return sorted(chosen - set(path)), new, rest

    def _block(self, path: Path, chosen: list[int], new: Column, rest: Column) -> Block:
        candidates = self.fetch(chosen)
        here = path[-1]
        links = self._links(here)
        told_back = self._named_by(here, candidates)
        columns: list[NDArray[Any]] = [
            self._scores.words[candidates] * _SHARE,
            rest[candidates] * _SHARE,
            new[candidates] * _SHARE,
            standard(new, 0.02)[candidates] / _SPREAD,
            *self._names_in(self._folded[here], self._own_words[here], candidates),
            *told_back,
            np.array([links.get(int(i), 0.0) for i in candidates]),
            np.full(len(candidates), self._short),
            new[candidates] * _SHARE * self._short,
            told_back[0] * self._short,
        ]
        likeness: list[NDArray[Any]] = [self._scores.cosine, *(self._cosines[index] for index in path)]
        return Block(
            candidates,
            np.stack(columns, axis=1).astype(np.float64),
            np.stack([values[candidates] for values in likeness], axis=1).astype(np.float64),
        )

    def _names_in(self, text: str, words: Sequence[str], candidates: Index) -> list[Column]:
        """How telling the candidates' names are where the text speaks of them; the squared share of them it holds."""
        inside = set(words)
        whole, part = np.zeros(len(candidates)), np.zeros(len(candidates))
        for row, index in enumerate(candidates.tolist()):
            name, parts = self._names[index]
            part[row] = self._held(parts, inside) ** 2
            if part[row] and occurs(name, text):
                whole[row] = self._telling(parts)
        return [whole, part]

    def _named_by(self, here: int, candidates: Index) -> list[Column]:
        """The other way round: the name of the memory just read, in the candidates' texts."""
        name, parts = self._names[here]
        telling = self._telling(parts)
        whole = np.array([telling if telling and occurs(name, self._folded[i]) else 0.0 for i in candidates.tolist()])
        held = np.zeros(len(self._view.slots))
        total = sum(self._rarity(word) for word in parts) or 1.0
        for word in parts:
            if word in self._where:
                held[self._where[word][0]] += self._idf[word] / total
        return [whole, held[candidates] ** 2]

    def _held(self, parts: Sequence[str], inside: set[str]) -> float:
        """Share of a name's words, weighed by rarity, that are inside."""
        found = sum(self._rarity(word) for word in parts if word in inside)
        return found / sum(self._rarity(word) for word in parts) if found else 0.0

    def _telling(self, parts: Sequence[str]) -> float:
        """Rarity of a name's rarest word, 0–1: everyone speaks of "today", few of "Theodred"."""
        return max((self._idf.get(word, 0.0) for word in parts), default=0.0) / self._rarest

    def _rarity(self, word: str) -> float:
        return self._idf.get(word, _UNKNOWN * self._rarest)

    def _bm25(self, words: Sequence[str], of: Sequence[str] | None = None) -> Column:
        """(N,) BM25 of some words, as a share of what all words of `of` could give."""
        total = np.zeros(len(self._view.slots))
        for word in words:
            if word in self._where:
                index, count = self._where[word]
                total[index] += self._idf[word] * count / (count + self._damping[index])
        bound = sum(self._idf[word] for word in (words if of is None else of))
        return total / max(bound, 1e-9)

    def _links(self, index: int) -> Mapping[int, float]:
        memory = self._memories[index]
        return {} if memory is None else self._targets(memory)

    def _targets(self, memory: Memory) -> dict[int, float]:
        """Index → strength of the live memories of this namespace that a memory is linked with."""
        found: dict[int, float] = {}
        for link in memory.links:
            address = self._store.get(link.target).address
            index = -1 if address is None or address >= len(self._index) else int(self._index[address])
            if index >= 0:
                found[index] = max(link.weight, found.get(index, 0.0))
        return found

    def _read_words(self, indices: Sequence[int]) -> None:
        for index in indices:
            memory = self._memories[index]
            if memory is not None and index not in self._own_words:
                words, _ = self._store.words_of(memory.id)
                self._own_words[index] = [word for word in dict.fromkeys(words) if word[:1] != "@"][:MOST_WORDS]
        self._look_up([word for index in indices for word in self._own_words[index]])

    def _look_up(self, words: Sequence[str]) -> None:
        """Postings and rarity of words not looked up before."""
        unknown = [word for word in dict.fromkeys(words) if word not in self._idf]
        postings = self._store.postings(self._namespace, unknown)
        for word in unknown:
            address = postings.address.get(word, np.empty(0, dtype=np.int64))
            self._idf[word] = self._idf_of(len(address))
            if len(address):
                self._where[word] = self._index[address], postings.count[word].astype(np.float64)

    def _idf_of(self, frequency: int) -> float:
        return float(np.log1p((len(self._view.slots) + _UNSEEN - frequency + 0.5) / (frequency + 0.5)))

    def _compare(self, indices: Sequence[int]) -> None:
        """Cosines of memories just read with all memories, centred; the best passage speaks for its memory."""
        unknown = [index for index in indices if index not in self._cosines]
        if not unknown:
            return
        centre, slots = self._view.centre, self._view.slots
        keys = self._view.centred(np.array(unknown))
        rows = slots.keys @ keys.T - (centre.means @ keys.T)[centre.offset]
        rows *= centre.inverse_norm[:, None]
        if len(rows) != len(slots):
            rows = np.maximum.reduceat(rows, centre.starts, axis=0)
        self._cosines.update(zip(unknown, rows.T.astype(np.float64), strict=True))


def _best(values: NDArray[Any], count: int) -> list[int]:
    """The best ones, as far as there is anything to say for them."""
    best = np.arange(len(values)) if count >= len(values) else np.argpartition(values, -count)[-count:]
    return [int(i) for i in best if values[i] > 0]
