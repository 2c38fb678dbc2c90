"""What addressing needs to know of the memories of a namespace: one array a column, and their keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import StoreCorruptError
from ntm_memory.text.occurrence import MOMENT

_BLOCK = 1024
LARGE = 20_000
"""Memories from which on not all are compared with a question, and the file of their matrix is mapped."""
OfKeys = Callable[[NDArray[np.float32]], NDArray[Any]]
"""What is derived from each of (n, dim) key rows by itself: (n,)."""


@dataclass(frozen=True)
class SlotColumns:
    """What addressing needs to know of N memories besides their keys.

    Args:
        address: (N,) int64 slot numbers.
        position: (N,) int64, place in the order of writing of the namespace.
        session: (N,) int64 code of the session, −1 for none; equal codes mean the same session.
        occurred: (N,) float64, unix seconds at which it began to happen, NaN where `occurred_at` was not told.
        ended: (N,) float64, until when it happened.
        created: (N,) float64, unix seconds of `created_at`.
        told: (N,) float64, of `updated_at`: when it was told in these words.
        importance: (N,) float32, 0–1.
        retention: (N,) float32, 0–1, never 0.
        length: (N,) int64, number of index words.
        cjk: (N,) bool.
        superseded: (N,) bool, marked as perhaps revised by a later memory: a hint.
        mentioned: (N, K, 3) float64, times that each tells: unix seconds from, until (−inf, inf where open, NaN for
            none), and its kind, as `times.kept` has it.
    """

    address: NDArray[np.int64]
    position: NDArray[np.int64]
    session: NDArray[np.int64]
    occurred: NDArray[np.float64]
    ended: NDArray[np.float64]
    created: NDArray[np.float64]
    told: NDArray[np.float64]
    importance: NDArray[np.float32]
    retention: NDArray[np.float32]
    length: NDArray[np.int64]
    cjk: NDArray[np.bool_]
    superseded: NDArray[np.bool_]
    mentioned: NDArray[np.float64]


SLOT_COLUMNS = tuple(SlotColumns.__dataclass_fields__)


@dataclass(frozen=True)
class MemoryMatrix(SlotColumns):
    """The memory matrix of one namespace in order of writing: positions are strictly rising.

    N memories, R ≥ N key rows (a long text has several passages).

    Args:
        keys: (R, dim) float32, as written (not centred).
        owner: (R,) int64, for each key row the index 0…N−1 of its memory; rising.
        reads: (N,) int64, how often each was recalled.
    """

    keys: NDArray[np.float32]
    owner: NDArray[np.int64]
    reads: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.address)

    @property
    def happened(self) -> NDArray[np.float64]:
        """(N,) unix seconds: when it began to happen, else when it was told in these words."""
        return _began(self.occurred, self.told)

    @property
    def over(self) -> NDArray[np.float64]:
        """(N,) unix seconds: until when it happened, [happened, over)."""
        return _until(self.occurred, self.ended, self.told)

    @property
    def starts(self) -> NDArray[np.int64]:
        """(N,) the first key row of each memory."""
        return np.searchsorted(self.owner, np.arange(len(self)))

    def at(self, name: str, index: NDArray[np.int64]) -> NDArray[Any]:
        """(n, …) what a column says of some memories 0…N−1, without making all of it; −1 stands for the last one."""
        found: NDArray[Any] = getattr(self, name)[index]
        return found

    def lasted(self, index: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """((n,), (n,)) `happened` and `over` of some memories 0…N−1."""
        (occurred, ended), told = self._spans_at(index), self.at("told", index)
        return _began(occurred, told), _until(occurred, ended, told)

    def _spans_at(self, index: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
        return self.at("occurred", index), self.at("ended", index)

    def find(self, position: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) the indices 0…N−1 of the memories with some places in the order of writing; −1 where none has."""
        return places_among(position, self.position)

    def passages_of(self, index: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """(key rows of some memories, one after the other, (n,) where each one's begin); −1 stands for the last one."""
        starts, index = self.starts, index % max(len(self), 1)
        length = np.append(starts[1:], len(self.owner))[index] - starts[index]
        first = np.cumsum(length) - length
        return self.key_rows(np.arange(length.sum()) + np.repeat(starts[index] - first, length)), first

    def products(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(R,) or (R, k) products of all key rows with a vector (dim,) or with several (dim, k)."""
        products: NDArray[np.float32] = self.keys @ vectors
        return products

    def key_rows(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, dim) some of the key rows, by their numbers 0…R−1."""
        return self.keys.take(rows, axis=0)  # half as dear as by an index

    def weighted_sums(self, weights: NDArray[np.float32]) -> NDArray[np.float64]:
        """(k, dim) sums of all key rows, each counted by a weight of its own: (k, R)."""
        return sums_of(self.keys, weights)

    def of_keys(self, name: str, derive: OfKeys) -> NDArray[Any]:
        """(R,) what is derived from each key row alone; of rows that were there before it is not derived again.

        Args:
            name: by which it is kept.
            derive: how it is derived; the same each time for the same name.
        """
        return derive(self.keys)

    def places(self, address: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) the indices 0…N−1 of the memories in some slots; −1 where none of this namespace is."""
        return places_in_any_order(address, self.address)

    def extends(self, older: MemoryMatrix) -> bool:
        """Whether it is another one with memories appended, or with none: its first rows are the other's, all of them.

        Args:
            older: what it may have become; False is no proof that it has not.
        """
        return self is older


def refuse(is_so: bool | np.bool_) -> None:
    """Refuse numbers that nobody can have written.

    Args:
        is_so: whether they are.

    Raises:
        StoreCorruptError: they are.
    """
    if is_so:
        raise StoreCorruptError("what is derived of the memories cannot be", "run: status.py --repair")


def _began(occurred: NDArray[np.float64], told: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isnan(occurred), told, occurred)


def _until(occurred: NDArray[np.float64], ended: NDArray[np.float64], told: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isnan(occurred), told + MOMENT, ended)


def places_among(numbers: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """(…) the place of each of some numbers among n others, −1 where it is not there.

    Args:
        numbers: (…) of them.
        among: (n,) rising.
    """
    if not len(among):
        return np.full(numbers.shape, -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(among, numbers), len(among) - 1)
    return np.where(among[at] == numbers, at, -1)


def places_in_any_order(numbers: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same among others (n,) that do not rise, each once."""
    order = np.argsort(among, kind="stable")
    return np.append(order, -1)[places_among(numbers, among[order])]


def first_from(
    held: NDArray[np.int64],
    entries: NDArray[np.integer[Any]],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    wanted: NDArray[np.int64],
) -> NDArray[np.int64]:
    """(n,) the first place in a part of a list of entries at which no less is held than is wanted; else the part's end.

    Args:
        held: what each entry holds; it rises along each part.
        entries: the list.
        low: (n,) where the parts begin.
        high: (n,) where they end.
        wanted: (n,) of each.
    """
    while (low < high).any():
        middle = (low + high) // 2
        is_less = (low < high) & (held[entries[np.minimum(middle, len(entries) - 1)]] < wanted)
        low, high = np.where(is_less, middle + 1, low), np.where(is_less, high, middle)
    return low


def sums_of(keys: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """(k, dim) sums of key rows (R, dim) by weights (k, R), in double precision: the same whatever came before what."""
    total = np.zeros((len(weights), keys.shape[1]))
    for start in range(0, len(keys), _BLOCK):
        block = slice(start, start + _BLOCK)
        total += weights[:, block].astype(np.float64) @ keys[block].astype(np.float64)
    return total
