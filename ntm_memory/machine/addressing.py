"""Addressing (paper, section 3.3): where a head looks.

    similarity → content_focus → interpolate → shift → sharpen → weighting
        K            β               g           s        γ          w

Every function takes leading batch dimensions (written `…`) and keeps the float type it is given. Below each one stands its
backward: the gradients of its inputs, given the gradient of its output. Weightings are over N locations; the same functions
serve a dense N × M memory and a sparse set of candidates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

NORM_EPSILON = 1e-6
LOG_EPSILON = 1e-16


def cosine_similarity(key: Array, memory: Array) -> Array:
    """Cosine between a key and every row of memory (section 3.3.1, equation 6).

    Args:
        key: (…, M), k.
        memory: (…, N, M).

    Returns:
        (…, N), from −1 to 1. Norms are √(Σ² + 1e-6), so that a zero key or row is like nothing instead of NaN.
    """
    dot = np.einsum("...nm,...m->...n", memory, key)
    return dot / (_norm(memory) * _norm(key)[..., None])


def cosine_similarity_backward(key: Array, memory: Array, similarity: Array, grad: Array) -> tuple[Array, Array]:
    """Gradients of (key, memory) from that of the similarity."""
    key_norm, row_norm = _norm(key)[..., None], _norm(memory)
    scaled = grad / (row_norm * key_norm)  # (…, N)
    own = grad * similarity
    d_key = np.einsum("...n,...nm->...m", scaled, memory) - key * (own.sum(-1, keepdims=True) / key_norm**2)
    d_memory = scaled[..., None] * key[..., None, :] - memory * (own / row_norm**2)[..., None]
    return d_key, d_memory


def content_focus(similarity: Array, strength: Array | float) -> Array:
    """Softmax of β·K over the locations (equation 5).

    Args:
        similarity: (…, N), K; −inf marks a location that must not be looked at.
        strength: (…) or one number, β ≥ 0.

    Returns:
        (…, N) weighting, ≥ 0, sums to 1.
    """
    scaled = np.asarray(strength)[..., None] * similarity
    raised = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    weights: Array = raised / raised.sum(axis=-1, keepdims=True)
    return weights


def content_focus_backward(
    similarity: Array, strength: Array | float, weights: Array, grad: Array
) -> tuple[Array, Array]:
    """Gradients of (similarity, strength) from that of the weighting."""
    inner = weights * (grad - (weights * grad).sum(axis=-1, keepdims=True))
    return inner * np.asarray(strength)[..., None], (inner * similarity).sum(axis=-1)


def interpolate(content: Array, previous: Array, gate: Array | float) -> Array:
    """g·content + (1 − g)·previous (equation 7).

    Args:
        content: (…, N) weighting by content.
        previous: (…, N) weighting of the step before.
        gate: (…) or one number, g from 0 to 1.
    """
    g = np.asarray(gate)[..., None]
    gated: Array = g * content + (1 - g) * previous
    return gated


def interpolate_backward(
    content: Array, previous: Array, gate: Array | float, grad: Array
) -> tuple[Array, Array, Array]:
    """Gradients of (content, previous, gate) from that of the gated weighting."""
    g = np.asarray(gate)[..., None]
    return g * grad, (1 - g) * grad, ((content - previous) * grad).sum(axis=-1)


def shift(weights: Array, kernel: Array, *, wrap: bool = True) -> Array:
    """Convolution with a distribution over steps (equation 8): mass moves forward by `offset` with kernel[S + offset].

    Args:
        weights: (…, N).
        kernel: (…, 2S + 1), s over the steps −S…+S; +1 moves the focus to the next location.
        wrap: locations form a ring, as in the paper; else what moves past an end is lost.

    Returns:
        (…, N); sums to 1 if both do and `wrap` is set.
    """
    padded = _pad(weights, kernel.shape[-1] // 2, wrap=wrap)
    size, width = weights.shape[-1], kernel.shape[-1]
    moved = np.zeros(np.broadcast_shapes(weights.shape[:-1], kernel.shape[:-1]) + (size,), dtype=weights.dtype)
    for j in range(width):
        # mass of offset j − S arrives at i from i − (j − S), which is padded[i + 2S − j]
        moved += kernel[..., j, None] * padded[..., width - 1 - j : width - 1 - j + size]
    return moved


def shift_backward(weights: Array, kernel: Array, grad: Array, *, wrap: bool = True) -> tuple[Array, Array]:
    """Gradients of (weights, kernel) from that of the shifted weighting."""
    width, size = kernel.shape[-1], weights.shape[-1]
    padded = _pad(weights, width // 2, wrap=wrap)
    d_kernel = np.stack(
        [(grad * padded[..., width - 1 - j : width - 1 - j + size]).sum(axis=-1) for j in range(width)], axis=-1
    )
    return shift(grad, kernel[..., ::-1], wrap=wrap), d_kernel


def shift_sparse(weights: Array, kernel: Array, neighbours: NDArray[np.int64]) -> Array:
    """`shift` over n locations that are some of many: who stands next to whom is told, not counted.

    Args:
        weights: (…, n).
        kernel: (2S + 1,) over the steps −S…+S.
        neighbours: (n, 2S + 1), neighbours[i, S + offset] is the location `offset` steps after i, −1 where there is none.

    Returns:
        (…, n); mass that moves to where no location is, is lost.
    """
    sources = neighbours[:, ::-1]  # what arrives at i with `offset` stood `offset` steps before i
    arriving = np.where(sources >= 0, weights[..., sources], 0)
    moved: Array = arriving @ kernel
    return moved


def shift_sparse_backward(
    weights: Array, kernel: Array, neighbours: NDArray[np.int64], grad: Array
) -> tuple[Array, Array]:
    """Gradients of (weights, kernel), each without batch dimensions, from that of the shifted weighting (n,)."""
    sources = neighbours[:, ::-1]
    real = sources >= 0
    d_kernel = grad @ np.where(real, weights[sources], 0)
    d_weights = np.bincount(sources[real], (grad[:, None] * kernel)[real], minlength=len(weights))
    return d_weights, d_kernel


def sharpen(weights: Array, gamma: Array | float) -> Array:
    """w^γ, normalised (equation 9), computed as softmax(γ·log(w + 1e-16)).

    Args:
        weights: (…, N), ≥ 0; need not sum to 1.
        gamma: (…) or one number, γ ≥ 1.
    """
    return content_focus(np.log(weights + LOG_EPSILON), gamma)


def sharpen_backward(weights: Array, gamma: Array | float, sharpened: Array, grad: Array) -> tuple[Array, Array]:
    """Gradients of (weights, gamma) from that of the sharpened weighting."""
    d_log, d_gamma = content_focus_backward(np.log(weights + LOG_EPSILON), gamma, sharpened, grad)
    return d_log / (weights + LOG_EPSILON), d_gamma


def _norm(vectors: Array) -> Array:
    squared: Array = np.einsum("...m,...m->...", vectors, vectors)
    return np.sqrt(squared + NORM_EPSILON)


def _pad(weights: Array, reach: int, *, wrap: bool) -> Array:
    """(…, N + 2·reach): the locations with their ring neighbours, or zeros, on both sides."""
    size = weights.shape[-1]
    if wrap:
        return np.take(weights, np.arange(-reach, size + reach) % size, axis=-1)
    return np.pad(weights, [(0, 0)] * (weights.ndim - 1) + [(reach, reach)])
