"""Keys as one bit a number: of very many the few that are nearest to a question, to be compared exactly then.

The bits are the signs of what is left of a key once a reference is taken away, the mean key of its script when the
codes were begun (random hyperplanes: Charikar 2002). Vectors at an angle differ in so large a share of their bits; what
differs in few is near. Means move as memories come, the codes stay: they only choose what is compared exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 32_768
"""Rows at a time: what is counted of them stays in the cache."""
SAMPLED = 16
"""From one row in so many it is estimated how near the nearest ones are."""
CLOSE = 6
"""So many times as many rows as are asked for are read again by how much a bit counts."""
PLANES = 3
"""Bits to which a question's sizes are rounded."""
_MOST = 255
_EPSILON = 1e-12
_AT_ONCE = 3  # columns of 64 bits
_WORD = 64
Floats = NDArray[np.float32]
Bits = NDArray[np.uint64]


class SignCodes:
    """Codes of key rows, in the order in which they were added.

    Args:
        reference: (2, dim) float32, what is taken away from the keys of each script.
        first: (⌈dim / 64⌉, n) uint64, codes to begin with, a column a key row; they are not copied.
    """

    def __init__(self, reference: Floats, first: Bits | None = None) -> None:
        self.reference = reference
        width = -(-reference.shape[1] // _WORD)
        self._first = np.empty((width, 0), dtype=np.uint64) if first is None else first
        self._added = np.empty((width, 0), dtype=np.uint64)
        self._size = int(self._first.shape[1])

    def __len__(self) -> int:
        return self._size

    def add(self, keys: Floats, script: NDArray[np.integer]) -> None:
        """Add codes of key rows (n, dim) float32; `script` (n,) says which reference is taken away from each."""
        used = self._size - self._first.shape[1]
        size = used + len(keys)
        if size > self._added.shape[1]:
            grown = np.empty((len(self._added), max(size, self._added.shape[1] * 5 // 4)), dtype=np.uint64)
            grown[:, :used] = self._added[:, :used]
            self._added = grown
        for start in range(0, len(keys), BLOCK):
            block = slice(start, start + BLOCK)
            bits = packed(keys[block] - self.reference[script[block]] > 0)
            self._added[:, used + start : used + start + len(bits)] = bits.T
        self._size += len(keys)

    def of_rows(self, rows: NDArray[np.int64]) -> Bits:
        """(⌈dim / 64⌉, n) the codes of some rows, in the order asked."""
        first = self._first.shape[1]
        is_added = rows >= first
        found = self._first.take(np.where(is_added, 0, rows), axis=1) if first else self._added.take(rows, axis=1)
        if first and is_added.any():
            found[:, is_added] = self._added[:, rows[is_added] - first]
        return found

    def nearest(self, direction: Floats, count: int, counted: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """(≤ count,) rows that are likest to a question by their codes, rising; fewer only where fewer count.

        Of those that differ from it in few bits those stay that differ by little, a bit counting the more the larger
        the question's number is that it is the sign of (as RaBitQ reads a question: Gao & Long 2024).

        Args:
            direction: (dim ≤ 4096,) the centred question.
            count: ≥ 1.
            counted: (R,) which rows count; None: all.
        """
        near = _least(self.apart(direction), CLOSE * count, counted)
        differ = self.of_rows(near) ^ packed(direction[None] > 0).T
        return near[_smallest(weighed(differ, direction), count)]

    def apart(self, direction: Floats) -> NDArray[np.uint8]:
        """(R,) in how many bits each row differs from a question; 255 stands for more.

        Args:
            direction: (dim,) the centred question.
        """
        asked = packed(direction[None] > 0)[0]
        found = np.empty(self._size, dtype=np.uint8)
        end = self._first.shape[1]
        self._count(self._first, asked, found[:end])
        self._count(self._added, asked, found[end:])
        return found

    def _count(self, bits: Bits, asked: Bits, found: NDArray[np.uint8]) -> None:
        for start in range(0, len(found), BLOCK):
            here = found[start : start + BLOCK]
            columns = bits[:, start : start + len(here)]
            here[:] = self._differing(columns[:_AT_ONCE], asked[:_AT_ONCE])
            for first in range(_AT_ONCE, len(asked), _AT_ONCE):
                some = slice(first, first + _AT_ONCE)
                more = self._differing(columns[some], asked[some])
                here += np.minimum(more, _MOST - here, out=more)

    @staticmethod
    def _differing(columns: Bits, asked: Bits) -> NDArray[np.uint8]:
        """(n,) in how many bits n rows differ in as many columns as one byte can count."""
        bits = columns[0] ^ asked[0]
        found: NDArray[np.uint8] = np.bitwise_count(bits)
        counts = np.empty_like(found)
        for column, other in zip(columns[1:], asked[1:], strict=True):
            np.bitwise_count(np.bitwise_xor(column, other, out=bits), out=counts)
            found += counts
        return found


def weighed(differ: Bits, direction: Floats) -> NDArray[np.uint16]:
    """(n,) the sum of a question's sizes over the bits in which n codes differ from its own.

    Args:
        differ: (⌈dim / 64⌉, n) those bits.
        direction: (dim ≤ 4096,) the centred question; its sizes are rounded to 0…2^PLANES − 1.
    """
    sizes = np.abs(direction)
    steps = np.rint(sizes * (2**PLANES - 1) / max(float(sizes.max()), _EPSILON)).astype(np.uint8)
    found = np.zeros(differ.shape[1], dtype=np.uint16)
    for plane in range(PLANES):
        counts = np.bitwise_count(differ & packed((steps[None] >> plane & 1) > 0).T)
        found += counts.sum(axis=0, dtype=np.uint16) << plane
    return found


def _least(apart: NDArray[np.uint8], count: int, counted: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """(about count,) rising, where numbers that count are least: how many are so is estimated, all equal ones come."""
    total = len(apart) if counted is None else int(np.count_nonzero(counted))
    if total <= count:
        return np.arange(total) if counted is None else np.flatnonzero(counted)
    if counted is not None:
        apart[~counted] = _MOST
    step = SAMPLED if count >= 64 * SAMPLED and counted is None else 1
    seen = np.cumsum(np.bincount(apart[::step], minlength=_MOST + 1)) * step
    least = int(np.searchsorted(seen, count))
    if step > 1 and least and seen[least] - count > count - seen[least - 1]:
        least -= 1  # nearer to what is asked for
    near = np.flatnonzero(apart <= least)
    return near if counted is None else near[counted[near]]


def _smallest(values: NDArray[Any], count: int) -> NDArray[np.int64]:
    """(≤ count,) rising, where the smallest values are."""
    if len(values) <= count:
        return np.arange(len(values))
    return np.sort(np.argpartition(values, count - 1)[:count])


def packed(bits: NDArray[np.bool_]) -> Bits:
    """(n, ⌈dim / 64⌉) rows of bits (n, dim), 64 in one number; those that fill up the last one are 0."""
    whole = np.packbits(bits, axis=1)
    spare = -whole.shape[1] % (_WORD // 8)
    if spare:
        whole = np.pad(whole, ((0, 0), (0, spare)))
    return np.ascontiguousarray(whole).view(np.uint64)
