"""A few memories with a sample of all: a small memory of their own, to which recall's formulas are applied.

What is usual in the whole memory is taken from the sample: means and spreads of likeness, of sessions, of kinds.
"""

from __future__ import annotations

from collections.abc import Sequence as Several
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.large_memory.found import AskedWords, counts_of, fits_of
from ntm_memory.large_memory.large_view import KeyRows, LargeView
from ntm_memory.recall import question_cues as cues
from ntm_memory.recall.centred_matrix import WINDOW, CentredMatrix
from ntm_memory.recall.first_look import Query
from ntm_memory.recall.question_cues import Marks, QuestionCues
from ntm_memory.recall.sequence import Sequence
from ntm_memory.slots.columns import places_among, refuse
from ntm_memory.store.records import MemoryMatrix
from ntm_memory.text.question_names import names_within

_EPSILON = 1e-6
_OF_FEW = ("occurred", "told", "importance", "superseded", "reads")
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class LocalView(CentredMatrix):
    """l memories of a large one, rising, and behind them its sample.

    Args:
        slots: of the columns that are read here theirs, of some the sample's behind them.
        whole: the large memory.
        index: (l,) the memories 0…N−1, rising; with each that is a candidate its neighbours.
        rows: their keys.
    """

    whole: LargeView | None = None
    index: NDArray[np.int64] | None = None
    rows: KeyRows | None = None

    @classmethod
    def of(cls, whole: LargeView, index: NDArray[np.int64]) -> LocalView:
        """A view of some memories, rising."""
        taken: dict[str, Any] = {each.name: np.empty(0) for each in fields(MemoryMatrix)}
        taken |= {name: whole.slots.at(name, index) for name in _OF_FEW}
        if len(index):
            refuse(not (taken["importance"].min() >= 0 and taken["importance"].max() <= 1))
        length = np.concatenate([whole.slots.at("length", index), whole.sample.length])
        taken |= {"length": length, "address": np.zeros(len(length), dtype=np.int64)}
        slots, rows = MemoryMatrix(**taken), whole.rows_of(index)
        return cls(slots, whole.prior, whole.query_adapter, whole=whole, index=index, rows=rows)

    @property
    def of_all(self) -> LargeView:
        """The large memory."""
        assert self.whole is not None
        return self.whole

    @property
    def here(self) -> NDArray[np.int64]:
        """(l,) the memories 0…N−1."""
        assert self.index is not None
        return self.index

    @property
    def sample(self) -> slice:
        """Where the sample stands."""
        return slice(len(self.here), None)

    def cosines_of(self, directions: Floats) -> Floats:
        """(q, l + s) centred cosines with q directions (q, dim) of unit length."""
        assert self.rows is not None
        both: Floats = np.concatenate([rows.likeness(directions) for rows in (self.rows, self.of_all.sample_keys)])
        turned: Floats = both.T
        return turned

    @cached_property
    def sequence(self) -> Sequence:
        """The sessions; those of the sample are others. Who stands beside whom is told by the whole."""
        _, mine = np.unique(self.of_all.slots.at("session", self.here), return_inverse=True)
        theirs = self.of_all.sample.session
        first = int(theirs.max()) + 1
        places = np.arange(len(mine) + len(theirs))
        if self.of_all.sequence.sessions == 1:
            return Sequence(places, places, np.zeros(len(places), dtype=np.int64), 1)
        return Sequence(places, places, np.concatenate([first + mine, theirs]), first + int(mine.max(initial=-1)) + 1)

    @cached_property
    def usual_sessions(self) -> NDArray[np.int64]:
        """The sessions of the sample."""
        return np.arange(int(self.of_all.sample.session.max()) + 1)

    def neighbours(self, index: NDArray[np.int64], reach: int) -> NDArray[np.int64]:
        """(n, 2·reach + 1) places here of what stands around some places; −1 where nothing does, or it is not here."""
        around = self.of_all.sequence.neighbours(self.here[index], reach)
        found = places_among(around, self.here)
        return np.where(around < 0, -1, found)

    def window_norms(self, index: NDArray[np.int64]) -> Floats:
        """(n,) lengths of the sums of centred unit keys of memories and their neighbours, as of the whole."""
        assert self.rows is not None
        firsts = self.rows.firsts()
        keys = np.concatenate([firsts, np.zeros_like(firsts[:1])])  # the last one stands for "no memory"
        first, *others = self.neighbours(index, WINDOW).T
        total = keys[first]
        for column in others:
            total += keys[column]
        norms: Floats = np.sqrt(np.vecdot(total, total) + np.float32(_EPSILON))
        return norms

    def coherence(self, spoken: float) -> float:
        """How much the order of writing means in the whole memory."""
        return self.of_all.coherence(spoken)

    def context(self, spoken: float) -> NDArray[np.float64]:
        """What kind of memory the whole is."""
        return self.of_all.context(spoken)

    def counts(self, asked: AskedWords) -> Floats:
        """(T, l + s) how often the words of a question occur."""
        of_sample = self.of_all.sample.words
        usual = np.zeros((len(asked.words), len(self.of_all.sample)), dtype=np.float32)
        for row, word in zip(usual, asked.words, strict=True):
            for where, count in of_sample.held(word).parts:
                row[where] = count
        return np.concatenate([counts_of(self.of_all, asked.held, self.here), usual], axis=1)

    def cues(self, query: Query, asked: AskedWords, counts: Floats) -> QuestionCues:
        """What a question asks for, put to these memories; of the sample nothing is asked."""
        here, whole = len(self.here), self.of_all
        fits = fits_of(whole, query, self.here) if query.priors and query.times else np.zeros(here, dtype=np.float32)
        return QuestionCues(
            marks=self._marks(query),
            names=self._padded(_names_among(names_within(query.text), asked, counts[:, :here], whole)),
            asks_when=cues.asks_when(query.text),
            asks_how_many=cues.asks_how_many(query.text),
            now=query.now,
            date_match=self._padded(fits),
            spoken=whole.sample.spoken,
        )

    def _marks(self, query: Query) -> Marks:
        lists = self.of_all.kept.words

        def column(*terms: str) -> Floats:
            held = tuple(each for each in map(lists.held, terms) if len(each))
            marked: NDArray[np.bool_] = np.any(counts_of(self.of_all, held, self.here) > 0, axis=0)
            return self._padded(marked.astype(np.float32))

        return cues.marks_by(column, query.terms)

    def _padded(self, values: Floats) -> Floats:
        return np.concatenate([values, np.zeros(len(self.of_all.sample), dtype=np.float32)])


def _names_among(names: Several[tuple[str, ...]], asked: AskedWords, counts: Floats, whole: LargeView) -> Floats:
    """(l,) share, 0–1, of a question's names that each memory holds, as of `names_held`."""
    row = {word: i for i, word in enumerate(asked.words)}
    share, total = np.zeros(counts.shape[1], dtype=np.float32), 0.0
    for name in names:
        if not all(word in row for word in name):
            continue
        rows = [row[word] for word in name]
        holding = _holding(asked, rows, whole)
        if holding:
            rarity = float(np.log1p(len(whole.slots) / holding))
            share[(counts[rows] > 0).all(axis=0)] += np.float32(rarity)
            total += rarity
    if total:
        share /= np.float32(total)
    return share


def _holding(asked: AskedWords, rows: Several[int], whole: LargeView) -> float:
    """About how many memories hold some words of a question."""
    first, *rest = sorted(rows)
    holding = len(asked.held[first])
    read, _ = asked.held[first].newest(asked.most)
    for other in rest:
        read = read[asked.held[other].counts_at(read) > 0]
    return len(read) * holding / min(holding, asked.most)
