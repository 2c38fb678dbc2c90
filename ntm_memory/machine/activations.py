"""Squashing functions and their inverses, written so that nothing overflows.

The softmax is not among them: it is `addressing.content_focus`, with β = 1 where nothing else is said.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


def softplus(x: Array, out: Array | None = None) -> Array:
    """log(1 + eˣ).

    Args:
        x: (…).
        out: where to put the result; may be `x`.
    """
    positive: Array = np.logaddexp(0, x, out=out)
    return positive


def inverse_softplus(y: float) -> float:
    """The x whose softplus is y ≥ 0 (−40 for 0)."""
    return y + float(np.log(-np.expm1(-y))) if y > 1e-17 else -40.0


def logistic(x: Array) -> Array:
    """1 / (1 + e⁻ˣ) = ½ + ½·tanh(x/2).

    Args:
        x: (…).
    """
    share: Array = 0.5 + 0.5 * np.tanh(0.5 * x)
    return share


def inverse_logistic(y: float) -> float:
    """The x whose logistic is y, 0–1 (±40 at the ends)."""
    y = min(max(y, 1e-17), 1 - 1e-16)
    return float(np.log(y) - np.log1p(-y))


def squash(numbers: Array, shares: slice) -> None:
    """`logistic` of the numbers of a slice and tanh of all others, in place: one call of tanh for both.

    Args:
        numbers: (…, P).
        shares: of the last dimension.
    """
    logistics = numbers[..., shares]
    logistics *= 0.5
    np.tanh(numbers, out=numbers)
    logistics *= 0.5
    logistics += 0.5


def log_sum_exp(x: Array) -> Array:
    """Log Σ eˣ over the last dimension.

    Args:
        x: (…, n); of no numbers, n = 0, it is −∞.
    """
    if not x.shape[-1]:
        return np.full(x.shape[:-1], -np.inf)
    most = np.maximum.reduce(x, axis=-1, keepdims=True)
    total: Array = most[..., 0] + np.log(np.add.reduce(np.exp(x - most), axis=-1))
    return total
