"""What each hop can go by: likeness, words and names, of a memory to the question and to the memory just read.

Every feature is one column, scaled to lie about between 0 and 1, and 0 where there is nothing to say. Stored keys are
used again: no hop after the first asks the embedder, and each memory's text, words and cosines are fetched once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.multihop.lookups import MOST_WORDS, Known, Lookups
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.features import Scores, standard
from ntm_memory.recall.first_look import Query, Reading
from ntm_memory.text.memory_names import occurs

# Among notes of a few words any shared name or rare word is telling; paragraphs often only mention each other. What
# is called short counts as far as the memories are.
FIRST = ("recall", "cosine", "cosine_z", "words", "words_z", "name", "name_share", "words_short", "cosine_short")
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
SHORT_WORDS = 16  # a memory of so many index words counts as half short
FAINT = -8.0  # log weight that counts as none
_SHARE, _SPREAD = 5.0, 3.0


@dataclass(frozen=True)
class Block:
    """What one read can choose from.

    Args:
        candidates: (n,) int64 memories 0…N−1.
        features: (n, d) features, columns as in `FIRST` or `NEXT`.
        likeness: (n, h) cosines with the question and with what was read after it, in order; empty for the first hop.
    """

    candidates: Index
    features: Column
    likeness: Column


def brightness(log_weight: Column) -> Column:
    """Attention as a feature: 1 for all of it, −1 for (nearly) none."""
    bright: Column = 1 - 2 * np.maximum(log_weight, FAINT) / FAINT
    return bright


class HopFeatures:
    """The features of one question.

    Args:
        known: where texts, words and links are looked up, in one snapshot.
        view: N ≥ 1 memories.
        query: the question, with what filters leave to be read.
        scores: its likeness to all memories.
        reading: what recall makes of it.

    Attributes:
        words: the distinct index words of the question.
        lookups: the memories that some block offered, and the rarity of words.
    """

    def __init__(
        self,
        known: Known,
        view: CentredMatrix,
        query: Query,
        scores: Scores,
        reading: Reading,
    ) -> None:
        self.lookups = Lookups(known, view)
        self.words = list(dict.fromkeys(query.words))[:MOST_WORDS]
        self._view = view
        self._scores = scores
        self._reading = reading
        self._allowed = query.allowed
        self._text = query.text.casefold()
        self._short = 1 / (1 + (float(view.slots.length.mean()) / SHORT_WORDS) ** 2)
        self.lookups.look_up(self.words)

    def first(self) -> Block:
        """What the first hop can choose from: the best of recall, by key and by words."""
        scores, reading = self._scores, self._reading
        best = self._best(START, scores.about, scores.words)
        chosen = best | set(reading.index[:START].tolist())
        candidates = self.lookups.fetch(sorted(chosen))
        weight = np.full(len(self._view.slots), FAINT)
        weight[reading.index] = np.log(np.maximum(reading.weights, 1e-16))
        columns: list[NDArray[Any]] = [
            brightness(weight[candidates]),
            scores.about[candidates],
            scores.standard(scores.about, 0.05)[candidates] / _SPREAD,
            scores.words[candidates] * _SHARE,
            scores.standard(scores.words, 0.02)[candidates] / _SPREAD,
            *self._names_in(self._text, self.words, candidates),
            scores.words[candidates] * _SHARE * self._short,
            scores.about[candidates] * self._short,
        ]
        features = np.stack(columns, axis=1).astype(np.float64)
        return Block(candidates, features, np.empty((len(candidates), 0)))

    def next(self, paths: Sequence[Path]) -> list[Block]:
        """What can be read after each of these paths; words, keys and texts are fetched for all of them together."""
        self.lookups.read(list(dict.fromkeys(index for path in paths for index in path)))
        plans = [self._plan(path) for path in paths]
        self.lookups.fetch(sorted({i for chosen, *_ in plans for i in chosen}))
        return [self._block(path, *plan) for path, plan in zip(paths, plans, strict=True)]

    def new_words(self, index: int) -> list[str]:
        """The words of a memory just read with which the next hop asks: the rarest that the question has not."""
        fresh = [word for word in self.lookups.words(index) if word not in self.words]
        return sorted(fresh, key=lambda word: -self.lookups.rarity[word])[:NEW_WORDS]

    def _plan(self, path: Path) -> tuple[list[int], Column, Column]:
        """(candidates, BM25 of the new words, BM25 of the question's words that the path leaves open)."""
        here = path[-1]
        covered = {word for index in path for word in self.lookups.words(index)}
        left = [word for word in self.words if word not in covered]
        new, rest = self.lookups.bm25(self.new_words(here)), self.lookups.bm25(left, of=self.words)
        asked = self._scores.about + self.lookups.cosine(here)
        chosen = self._best(STEP, new, rest, new + rest, asked)
        chosen |= {index for index in self.lookups.links(here) if self._allowed is None or self._allowed[index]}
        return sorted(chosen - set(path)), new, rest

    def _block(self, path: Path, chosen: list[int], new: Column, rest: Column) -> Block:
        candidates = self.lookups.fetch(chosen)
        here = path[-1]
        links = self.lookups.links(here)
        told_back = self._named_by(here, candidates)
        columns: list[NDArray[Any]] = [
            self._scores.words[candidates] * _SHARE,
            rest[candidates] * _SHARE,
            new[candidates] * _SHARE,
            standard(new, 0.02)[candidates] / _SPREAD,
            *self._names_in(self.lookups.text(here), self.lookups.words(here), candidates),
            *told_back,
            np.array([links.get(int(i), 0.0) for i in candidates]),
            np.full(len(candidates), self._short),
            new[candidates] * _SHARE * self._short,
            told_back[0] * self._short,
        ]
        likeness: list[NDArray[Any]] = [self._scores.about, *(self.lookups.cosine(index) for index in path)]
        return Block(
            candidates,
            np.stack(columns, axis=1).astype(np.float64),
            np.stack([values[candidates] for values in likeness], axis=1).astype(np.float64),
        )

    def _best(self, count: int, *kinds: NDArray[Any]) -> set[int]:
        """The best by each kind of likeness, as far as there is anything to say for them."""
        chosen: set[int] = set()
        for values in kinds:
            values = values if self._allowed is None else np.where(self._allowed, values, 0)
            best = np.arange(len(values)) if count >= len(values) else np.argpartition(values, -count)[-count:]
            chosen.update(best[values[best] > 0].tolist())
        return chosen

    def _names_in(self, text: str, words: Sequence[str], candidates: Index) -> list[Column]:
        """How telling the candidates' names are where the text speaks of them; the squared share of them it holds."""
        inside = set(words)
        whole, part = np.zeros(len(candidates)), np.zeros(len(candidates))
        for row, index in enumerate(candidates.tolist()):
            name, parts = self.lookups.name(index)
            part[row] = self.lookups.held(parts, inside) ** 2
            if part[row] and occurs(name, text):
                whole[row] = self.lookups.telling(parts)
        return [whole, part]

    def _named_by(self, here: int, candidates: Index) -> list[Column]:
        """The other way round: the name of the memory just read, in the candidates' texts."""
        name, parts = self.lookups.name(here)
        telling = self.lookups.telling(parts)
        whole = np.array(
            [telling if telling and occurs(name, self.lookups.text(i)) else 0.0 for i in candidates.tolist()]
        )
        held = self.lookups.holders(parts)
        return [whole, held[candidates] ** 2]
