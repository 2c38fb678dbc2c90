"""All states in which the memories of a namespace were live: entries that are only added, and what is derived of each.

A memory that is rewritten is a new entry, and its old one is dead: no reader of the old state sees anything change, and
nobody copies the others for it. Who is live, and in which order, is told by a list of entries (`slots.live_slots`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.slots.columns import OfKeys
from ntm_memory.slots.growable import Growable

Spans = Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]], tuple[NDArray[np.float64], ...]]
"""From when until when things happened, of (start, end, is_days) as a store keeps it, each (n,)."""


class Heap:
    """Entries of one namespace.

    Args:
        columns: of each entry; among them `passages`, its number of key rows, and what `spans` is made of: `occurred`,
            `ended`, `is_days`.
        keys: (P, dim) key rows of the entries, one entry after the other.
        first: the first key row of each entry.
        owner: the entry of each key row, or of the first ones.
        spans: how times are told apart; called once for each entry, when first asked.
    """

    def __init__(
        self, columns: Mapping[str, Growable], keys: Growable, first: Growable, owner: Growable, spans: Spans
    ) -> None:
        self._spans = spans
        self._columns = columns
        self._keys = keys
        self._first = first
        self._derived = {"owner": owner}

    @classmethod
    def of(cls, columns: Mapping[str, NDArray[Any]], keys: NDArray[np.float32], spans: Spans) -> Heap:
        """A heap of arrays, which are not copied."""
        first = Growable(np.cumsum(columns["passages"]) - columns["passages"])
        own = {name: Growable(array) for name, array in columns.items()}
        return cls(own, Growable(keys), first, Growable(np.empty(0, dtype=np.int64)), spans)

    def __len__(self) -> int:
        return len(self._first)

    @property
    def rows(self) -> int:
        """Key rows of all entries."""
        return len(self._keys)

    @property
    def names(self) -> tuple[str, ...]:
        """Of its columns."""
        return tuple(self._columns)

    def append(self, columns: Mapping[str, NDArray[Any]], keys: NDArray[np.float32]) -> NDArray[np.int64]:
        """Add entries; returns their numbers."""
        before, rows = len(self), len(self._keys)
        passages = columns["passages"]
        for name, column in self._columns.items():
            column.append(columns[name])
        self._keys.append(keys)
        self._first.append(rows + np.cumsum(passages) - passages)
        return np.arange(before, len(self))

    def column(self, name: str, count: int) -> NDArray[Any]:
        """(count,) a column of the first entries; `occurred` and `ended` as readers want them."""
        if name in ("occurred", "ended"):
            return self._span(count)[:, int(name == "ended")]
        return self.kept(name, count)

    def at(self, name: str, entries: NDArray[np.int64]) -> NDArray[Any]:
        """(n, …) what a column says of some entries; `occurred` and `ended` as readers want them."""
        if name not in ("occurred", "ended"):
            return self.kept(name, len(self))[entries]
        return self.spans_at(entries)[int(name == "ended")]

    def spans_at(self, entries: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
        """((n,) `occurred`, (n,) `ended`) of some entries, as readers want them."""
        return self._spans(*(self.kept(name, len(self))[entries] for name in ("occurred", "ended", "is_days")))

    def kept(self, name: str, count: int) -> NDArray[Any]:
        """(count,) a column of the first entries as the store keeps it."""
        return self._columns[name].view(0, count)

    def first(self, count: int) -> NDArray[np.int64]:
        """(count,) the first key row of the first entries."""
        return self._first.view(0, count)

    def keys(self, rows: int) -> NDArray[np.float32]:
        """(rows, dim) the first key rows."""
        return self._keys.view(0, rows)

    def owner(self, rows: int) -> NDArray[np.int64]:
        """(rows,) the entry of each of the first key rows."""
        grown = self._derived["owner"]
        if len(grown) < rows:
            start = int(grown.view()[-1]) + 1 if len(grown) else 0
            passages = self._columns["passages"].view(start)
            grown.append(np.repeat(np.arange(start, len(self)), passages))
        return grown.view(0, rows)

    def of_keys(self, name: str, derive: OfKeys, rows: int) -> NDArray[Any]:
        """(rows,) what is derived from each of the first key rows alone, see `MemoryMatrix.of_keys`."""
        kept = self._derived.get(f"of keys: {name}")
        if kept is None:
            kept = self._derived[f"of keys: {name}"] = Growable(derive(self._keys.view(0, 0)))
        if len(kept) < rows:
            kept.append(derive(self._keys.view(len(kept), rows)))
        return kept.view(0, rows)

    def compacted(self, entries: NDArray[np.int64]) -> Heap:
        """Another heap of some entries alone, in this order, with what was derived of their keys."""
        rows = rows_of(self._first.view()[entries], self._columns["passages"].view()[entries])
        columns = {name: column.view()[entries] for name, column in self._columns.items()}
        made = Heap.of(columns, self._keys.view()[rows], self._spans)
        for name, kept in self._derived.items():
            if name.startswith("of keys: ") and len(kept) == len(self._keys):
                made._derived[name] = Growable(kept.view()[rows])
        return made

    def _span(self, count: int) -> NDArray[np.float64]:
        kept = self._derived.setdefault("spans", Growable(np.empty((0, 2))))
        if len(kept) < count:
            told = (self._columns[name].view(len(kept), count) for name in ("occurred", "ended", "is_days"))
            kept.append(np.stack(self._spans(*told), axis=1))
        return kept.view(0, count)


def rows_of(first: NDArray[np.int64], passages: NDArray[np.int64]) -> NDArray[np.int64]:
    """The key rows of some entries, one entry after the other, from where each begins and how many each has."""
    within = np.arange(passages.sum()) - np.repeat(np.cumsum(passages) - passages, passages)
    rows: NDArray[np.int64] = np.repeat(first, passages) + within
    return rows


def are_owned(passages: NDArray[np.int64], rows: int) -> bool:
    """Whether entries that have so many key rows each own all there are; a wrong count would ask for all the RAM."""
    if not len(passages):
        return rows == 0
    return bool(passages.min() >= 1 and passages.max() <= rows and passages.sum() == rows)


def are_given_once(address: NDArray[np.int64], given: int) -> bool:
    """Whether memories lie in slots 0…given−1, each in one of its own."""
    if not len(address):
        return True
    return bool(0 <= address.min() and address.max() < given and np.bincount(address).max() == 1)
