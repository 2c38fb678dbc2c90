"""What is derived of a large namespace's memories once, and carried from each of its states to the next.

Beside the store it is kept as arrays, so that a process begins where another ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.codes.sign_codes import SignCodes
from ntm_memory.codes.word_lists import Segment, WordLists
from ntm_memory.large_memory.dates import Dates
from ntm_memory.large_memory.entries import Entries, Numbers
from ntm_memory.large_memory.kept_order import KeptOrder, Layout
from ntm_memory.large_memory.sample import Sample, known, named
from ntm_memory.recall.bm25 import PASSAGE
from ntm_memory.recall.centred_matrix import digests
from ntm_memory.recall.centring import KeySums, centre, scripts_among
from ntm_memory.slots.columns import places_among
from ntm_memory.store.records import MemoryMatrix

STALE = 0.2
"""Share of what is kept that may have been changed or erased since; beyond it everything is made anew."""
UNSEEN = 16
"""Where more than one in so many was written since the sample was drawn, another one is."""
CODED = 65_536
"""So many memories at a time are coded."""
DRAWN = 20_000
"""Of so many memories the means are taken that codes refer to: where these lie exactly matters little."""
_NONE, _NO_DIGEST = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)
WordsOf = Callable[[Numbers], Iterable[Sequence[str]]]
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Totals:
    """Sums over all that is kept, dead entries too: they are few.

    Args:
        keys: (2, dim) float64, of key rows by script.
        rows: (2,) int64, how many key rows these are.
        words: of the memories' lengths.
        passages: of the same, each counted as one passage's at most.
        memories: how many.
    """

    keys: NDArray[np.float64]
    rows: Numbers
    words: float
    passages: float
    memories: int


class KeptIndex:
    """Codes, words, order and dates of entries, see `entries.Entries`.

    Args:
        arrays: of the first E entries, as `arrays_of` has them.
    """

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self.position = arrays["position"]
        self.layout, self.dates = known(Layout, "layout", arrays), known(Dates, "dates", arrays)
        self.sample = Sample.kept(arrays)
        self.signs = SignCodes(arrays["reference"], arrays["signs"])
        self.words = WordLists(known(Segment, "words", arrays), len(self.position))
        self._owner, self._later_owner = arrays["owner"], _NONE
        self._digest, self._later_digest = arrays["digest"], _NO_DIGEST
        words, passages, memories = arrays["totals"].tolist()
        self.totals = Totals(arrays["key_sums"], arrays["key_counts"], words, passages, int(memories))
        self.size = len(self.position)
        self._gone, self._put, self._entry = _NONE, _NONE, _NONE
        self._unseen = 0

    @property
    def lag(self) -> int:
        """How much was written since the arrays were made."""
        return self.size - len(self.position) + len(self._gone)

    def owner(self, rows: Numbers) -> Numbers:
        """(n,) the entry of each of some coded key rows."""
        first = len(self._owner) or len(self.position)
        found, later = rows.astype(np.int64), rows >= first
        if len(self._owner):  # else each of the first ones has one
            found[~later] = self._owner[rows[~later]]
        found[later] = self._later_owner[rows[later] - first]
        return found

    def digest(self, entries: Numbers) -> NDArray[np.uint64]:
        """(n,) a number for the first key of each of some entries: the same for the same, and hardly ever for others.

        0 for one of nothing.
        """
        first = len(self._digest)
        if not len(self._later_digest):
            return self._digest[entries]
        found, later = np.empty(len(entries), dtype=np.uint64), entries >= first
        found[~later] = self._digest[entries[~later]]
        found[later] = self._later_digest[entries[later] - first]
        return found

    def followed(self, slots: MemoryMatrix, positions: Numbers, words_of: WordsOf) -> Entries | None:
        """The entries of a state, with what is new in it added; None: too much has changed.

        Args:
            slots: its N memories.
            positions: (n,) rising, when memories were written that changed since the state before, live or not.
            words_of: slot numbers → the index words and marks of each.
        """
        self._gone = np.union1d(self._gone, _places(positions, self.position))
        stays = ~np.isin(self._put, positions)
        now = slots.find(positions)
        new = positions[now >= 0]
        entry = self.size + np.arange(len(new))
        put = np.concatenate([self._put[stays], new])
        order = np.argsort(put, kind="stable")
        self._put, self._entry = put[order], np.concatenate([self._entry[stays], entry])[order]
        if self.lag > STALE * len(self.position) or len(self.position) - len(self._gone) + len(put) != len(slots):
            return None
        self._add(slots, now[now >= 0], words_of)
        entries = Entries(len(self.position), self._gone, slots.find(self._put), self._entry)
        self._unseen += len(positions)
        if self._unseen * UNSEEN > len(slots):
            laid = KeptOrder(self.layout, entries, slots, self.position)
            self.sample, self._unseen = Sample.drawn(slots, laid.at, words_of), 0
        return entries

    def forget_totals(self, slots: MemoryMatrix) -> None:
        """Sum anew, over the memories of a state: of what was removed for good not even that stays."""
        self.totals = totals_of(slots)

    def missing(self, slots: MemoryMatrix) -> Numbers:
        """(n,) rising, when memories were written that are kept here and are not among those of a state."""
        here = np.union1d(np.delete(self.position, self._gone), self._put)
        return here[slots.find(here) < 0]

    def _add(self, slots: MemoryMatrix, index: Numbers, words_of: WordsOf) -> None:
        if not len(index):
            return
        keys, first = slots.passages_of(index)
        owner = np.repeat(np.arange(len(index)), np.diff(np.append(first, len(keys))))
        self._later_owner = np.concatenate([self._later_owner, self.size + owner])
        self._later_digest = np.concatenate([self._later_digest, digests(keys[first])])
        script = scripts_among(slots, index, first, len(keys))
        self.signs.add(keys, script)
        self.words.add(words_of(slots.at("address", index)))
        self.totals = _with(self.totals, keys, script, slots.at("length", index))
        self.size += len(index)

    def arrays(self, slots: MemoryMatrix, entries: Entries, words_of: WordsOf) -> dict[str, NDArray[Any]]:
        """What is kept of a state, without what is gone from it: to be mapped by other processes.

        Args:
            slots: the state's memories.
            entries: of it.
            words_of: as of `followed`.
        """
        if not self.lag:
            return {**self._arrays, **_told(self.totals)}  # these may have been forgotten since
        every = np.arange(len(slots))
        own, rows = entries.entries(every), np.arange(len(self.signs))
        memory = entries.memories(self.owner(rows))
        kept = np.flatnonzero(memory >= 0)
        kept = kept[np.argsort(memory[kept], kind="stable")]
        place = np.full(self.size, -1, dtype=np.int64)
        place[own] = every
        totals = self.totals if self.totals.memories <= (1 + STALE) * len(slots) else totals_of(slots)
        of_keys: dict[str, NDArray[Any]] = {
            "reference": self.signs.reference,
            "signs": self.signs.of_rows(kept),
            "owner": (memory[kept] if len(kept) != len(slots) else _NONE).astype(np.int32),
            "digest": self.digest(own),
        }
        return of_keys | _arrays(slots, self.words.in_order(place), totals, words_of)


def arrays_of(slots: MemoryMatrix, words_of: WordsOf) -> dict[str, NDArray[Any]]:
    """What is kept of the N memories of a state, made anew.

    Args:
        slots: the memories.
        words_of: slot numbers → the index words and marks of each.
    """
    reference, digest = _reference(slots), [_NO_DIGEST]
    signs, words, totals = SignCodes(reference), WordLists(), _nothing(reference.shape[1])
    for index, keys, first, script in _in_blocks(slots):
        signs.add(keys, script)
        digest.append(digests(keys[first]))
        words.add(words_of(slots.at("address", index)))
        totals = _with(totals, keys, script, slots.at("length", index))
    of_keys: dict[str, NDArray[Any]] = {
        "reference": reference,
        "signs": signs.of_rows(np.arange(len(signs))),
        "owner": (_NONE if len(signs) == len(slots) else slots.owner).astype(np.int32),
        "digest": np.concatenate(digest),
    }
    return of_keys | _arrays(slots, words.in_order(np.arange(len(slots))), totals, words_of)


def _arrays(slots: MemoryMatrix, lists: Segment, totals: Totals, words_of: WordsOf) -> dict[str, NDArray[Any]]:
    layout = Layout.of(slots)
    return {
        "position": np.asarray(slots.position, dtype=np.int64),
        **_told(totals),
        **named("words", lists),
        **named("layout", layout),
        **named("dates", Dates.of(slots)),
        **Sample.drawn(slots, layout.at, words_of).arrays(),
    }


def _told(totals: Totals) -> dict[str, NDArray[Any]]:
    return {
        "totals": np.array([totals.words, totals.passages, totals.memories], dtype=np.float64),
        "key_sums": totals.keys,
        "key_counts": totals.rows,
    }


def totals_of(slots: MemoryMatrix) -> Totals:
    """Sums over the memories of a state."""
    totals = _nothing(slots.passages_of(_NONE)[0].shape[1])
    for index, keys, _, script in _in_blocks(slots):
        totals = _with(totals, keys, script, slots.at("length", index))
    return totals


def _in_blocks(slots: MemoryMatrix) -> Iterator[tuple[Numbers, NDArray[np.float32], Numbers, Numbers]]:
    """(memories, their key rows, where each one's begin, the script of each row), `CODED` memories at a time."""
    for start in range(0, len(slots), CODED):
        index = np.arange(start, min(start + CODED, len(slots)))
        keys, first = slots.passages_of(index)
        yield index, keys, first, scripts_among(slots, index, first, len(keys))


def _nothing(dim: int) -> Totals:
    return Totals(np.zeros((2, dim)), np.zeros(2, dtype=np.int64), 0.0, 0.0, 0)


def _with(totals: Totals, keys: NDArray[np.float32], script: Numbers, length: Numbers) -> Totals:
    whole = keys.sum(axis=0, dtype=np.float64)
    second = keys[script == 1].sum(axis=0, dtype=np.float64) if script.any() else np.zeros_like(whole)
    return Totals(
        totals.keys + np.stack([whole - second, second]),
        totals.rows + np.bincount(script, minlength=2),
        totals.words + float(length.sum()),
        totals.passages + float(np.minimum(length, PASSAGE).sum()),
        totals.memories + len(length),
    )


def _reference(slots: MemoryMatrix) -> NDArray[np.float32]:
    """(2, dim) what codes refer to: the mean keys by script of memories that are drawn."""
    index = np.linspace(0, len(slots) - 1, min(len(slots), DRAWN)).astype(np.int64)
    keys, first = slots.passages_of(index)
    script = slots.at("cjk", index).astype(np.int64)
    drawn = _with(_nothing(keys.shape[1]), keys[first], script, script)
    return centre(slots, sums=KeySums(drawn.keys, drawn.rows)).means


def _places(positions: Numbers, among: Numbers) -> Numbers:
    at = places_among(positions, among)
    return at[at >= 0]
