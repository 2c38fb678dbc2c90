"""A convolution along a sequence, its taps apart by a dilation (Yu & Koltun 2016, arXiv 1511.07122)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def residual_convolutions(x: Array, weights: Mapping[str, Array], dilations: Sequence[int]) -> Array:
    """(L, C): one convolution after the other, each adding what is positive of it.

    Args:
        x: (L, C).
        weights: `conv0.w` (K, C, C), `conv0.b` (C,) and so on, one of each for a dilation.
        dilations: of each, in order.
    """
    for number, dilation in enumerate(dilations):
        x = x + np.maximum(convolved(x, weights[f"conv{number}.w"], weights[f"conv{number}.b"], dilation), 0)
    return x
