"""A convolution along a sequence, its taps apart by a dilation (Yu & Koltun 2016, arXiv 1511.07122)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def convolved(x: Array, taps: Array, bias: Array, dilation: int) -> Array:
    """(L, C) → (L, D): a convolution of the same length; past the ends there are zeros.

    Args:
        x: (L, C).
        taps: (K, C, D), K odd.
        bias: (D,).
        dilation: places between two taps, ≥ 1.
    """
    reach = len(taps) // 2 * dilation
    padded = np.pad(x, ((reach, reach), (0, 0)))
    out: Array = bias + padded[: len(x)] @ taps[0]
    for number in range(1, len(taps)):
        out += padded[number * dilation : number * dilation + len(x)] @ taps[number]
    return out
