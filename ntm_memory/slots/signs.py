"""One bit a dimension of each key: which ones are worth a look, in a thirtieth of what reading the keys costs.

Two keys are the likelier alike the more signs they share, once what all keys have in common is taken away (Charikar
2002, with the axes for its random directions). Whoever looks compares the few that are left by the keys themselves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ntm_memory.slots.columns import MemoryMatrix

_WORD = 64


class Signs:
    """The signs of all keys of a namespace, against one vector that stays the same while the memory changes.

    Args:
        common: (dim,) what all keys have in common, more or less.
    """

    def __init__(self, common: NDArray[np.float32]) -> None:
        self._common = common

    def likest(self, slots: MemoryMatrix, key: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """At most `count` key rows 0…R−1 that share most signs with a key (dim,), rising.

        Args:
            slots: always of the same namespace: signs of rows that were there before are kept.
            key: not centred.
            count: ≥ 1.
        """
        codes: NDArray[np.uint64] = slots.of_keys("signs", self._codes)
        differ = np.bitwise_count(codes ^ self._codes(key[None]))
        apart = differ.astype(np.float32) @ np.ones(differ.shape[1], dtype=np.float32)
        if count >= len(apart):
            return np.arange(len(apart))
        return np.sort(np.argpartition(apart, count)[:count])

    def _codes(self, keys: NDArray[np.float32]) -> NDArray[np.uint64]:
        """(n, ⌈dim / 64⌉) the signs of key rows (n, dim)."""
        return packed(keys > self._common)


def packed(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """(n, ⌈dim / 64⌉) rows of bits (n, dim), 64 in one number; those that fill up the last one are 0."""
    whole = np.packbits(bits, axis=1)
    spare = -whole.shape[1] % (_WORD // 8)
    if spare:
        whole = np.pad(whole, ((0, 0), (0, spare)))
    return np.ascontiguousarray(whole).view(np.uint64)
