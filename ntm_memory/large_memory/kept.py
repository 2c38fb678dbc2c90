"""Codes and words of a namespace's memories, carried from one state of the memory matrix to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ntm_memory.codes.sign_codes import SignCodes
from ntm_memory.codes.word_lists import WordLists
from ntm_memory.recall.bm25 import index_of
from ntm_memory.store.records import MemoryMatrix

STALE = 0.2
"""Share of what is kept that may have been changed or erased since; beyond it everything is made anew."""
CODED = 65_536
"""So many memories, or key rows, at a time are coded."""
DRAWN = 20_000
"""Of so many key rows the means are taken that codes refer to: where these lie exactly matters little."""
CHECKED = 64
"""So many codes are compared with the keys they were made of when something was written."""
WordsOf = Callable[[NDArray[np.int64]], Iterable[Sequence[str]]]


@dataclass(frozen=True)
class CodedState:
    """What is kept of the memories of one state.

    An entry is a memory as it was told once. Where memories were only added entries are memories, in the same order.

    Args:
        kept: codes and words of all entries.
        memory: (E,) int64, memory 0…N−1 of each entry, −1 where it was changed or erased since; None: its number.
        entry: (N,) int64, the reverse; None likewise.
        there: (R,) bool, whether each coded key row is of an entry that is still so; None: all are.
    """

    kept: KeptCodes
    memory: NDArray[np.int64] | None
    entry: NDArray[np.int64] | None
    there: NDArray[np.bool_] | None

    def memories(self, entries: NDArray[np.integer]) -> NDArray[np.int64]:
        """Memories 0…N−1 of entries, in their order; −1 where there is none any more."""
        return entries.astype(np.int64) if self.memory is None else self.memory[entries]

    def entries(self, memories: NDArray[np.int64]) -> NDArray[np.int64]:
        """Entries of memories 0…N−1."""
        return memories if self.entry is None else self.entry[memories]


class KeptCodes:
    """Codes of keys and lists of words, an entry a memory, in the order in which they were added."""

    def __init__(self, slots: MemoryMatrix) -> None:
        drawn = np.linspace(0, len(slots.owner) - 1, min(len(slots.owner), DRAWN)).astype(np.int64)
        script = slots.cjk[slots.owner[drawn]].astype(np.int64)
        sums, counts = _sums(slots.key_rows(drawn), script), np.bincount(script, minlength=2)
        reference = (sums / np.maximum(counts, 1)[:, None]).astype(np.float32)
        reference[counts == 0] = reference[counts > 0][:1]
        self.sums, self.counts = np.zeros_like(sums), np.zeros(2, dtype=np.int64)
        self.signs = SignCodes(reference)
        self.words = WordLists()
        self.address = np.empty(0, dtype=np.int64)
        self.told = np.empty(0, dtype=np.float64)
        self.owner = np.empty(0, dtype=np.int64)

    def known(self, slots: MemoryMatrix, words_of: WordsOf) -> CodedState | None:
        """What is kept of a state of memory, with what is new in it added; None: too much has changed.

        Args:
            slots: its N memories.
            words_of: slot numbers → the index words and marks of each.
        """
        size = len(self.address)
        if len(slots) >= size and _starts_with(slots.address, self.address) and _starts_with(slots.told, self.told):
            if not self._are_codes_of(slots, np.arange(size)):
                return None
            self._add(slots, np.arange(size, len(slots)), words_of)
            return CodedState(self, None, None, None)
        at = _lookup(index_of(slots), self.address)
        at[slots.told[at] != self.told] = -1
        if (at < 0).sum() > STALE * size or not self._are_codes_of(slots, at):
            return None
        new = np.ones(len(slots), dtype=bool)
        new[at[at >= 0]] = False
        added = np.flatnonzero(new)
        self._add(slots, added, words_of)
        memory = np.concatenate([at, added])
        entry = np.full(len(slots) + 1, -1, dtype=np.int64)
        entry[memory] = np.arange(len(memory))
        return CodedState(self, memory, entry[:-1], (memory >= 0)[self.owner])

    def _are_codes_of(self, slots: MemoryMatrix, at: NDArray[np.int64]) -> bool:
        """Whether codes fit the keys of today, of some that are drawn: all keys may have been written anew.

        Args:
            slots: the memories of today.
            at: (E,) which of them each entry is, −1 for none.
        """
        there = np.flatnonzero(at >= 0)
        entries = there[np.linspace(0, len(there) - 1, min(len(there), CHECKED)).astype(np.int64)]
        rows = np.searchsorted(slots.owner, at[entries])
        script = slots.cjk[at[entries]].astype(np.int64)
        return self.signs.are_of(np.searchsorted(self.owner, entries), slots.key_rows(rows), script)

    def _add(self, slots: MemoryMatrix, index: NDArray[np.int64], words_of: WordsOf) -> None:
        """Add memories 0…N−1 of a state."""
        if not len(index):
            return
        first = len(self.address)
        for start in range(0, len(index), CODED):
            self.words.add(words_of(slots.address[index[start : start + CODED]]))
        place = np.full(len(slots), -1, dtype=np.int64)
        place[index] = np.arange(first, first + len(index))
        owner = place[slots.owner]
        rows = np.flatnonzero(owner >= 0)
        script = slots.cjk[slots.owner[rows]].astype(np.int64)
        for start in range(0, len(rows), CODED):
            some, kinds = slots.key_rows(rows[start : start + CODED]), script[start : start + CODED]
            self.signs.add(some, kinds)
            self.sums += _sums(some, kinds)
        self.counts += np.bincount(script, minlength=2)
        self.owner = np.concatenate([self.owner, owner[rows]])
        self.address = np.concatenate([self.address, slots.address[index]])
        self.told = np.concatenate([self.told, slots.told[index]])


def _starts_with(whole: NDArray[np.generic], part: NDArray[np.generic]) -> bool:
    return bool(np.array_equal(whole[: len(part)], part))


def _lookup(index: NDArray[np.int64], address: NDArray[np.int64]) -> NDArray[np.int64]:
    """(E,) memory 0…N−1 in each slot, −1 where there is none."""
    inside = address < len(index)
    return np.where(inside, index[np.where(inside, address, 0)], -1)


def _sums(keys: NDArray[np.float32], script: NDArray[np.int64]) -> NDArray[np.float64]:
    """(2, dim) sums of key rows by script."""
    whole = keys.sum(axis=0, dtype=np.float64)
    second = keys[script == 1].sum(axis=0, dtype=np.float64) if script.any() else np.zeros_like(whole)
    return np.stack([whole - second, second])
