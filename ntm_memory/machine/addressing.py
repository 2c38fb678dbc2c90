"""Addressing (paper, section 3.3): where a head looks.

    similarity → content_focus → interpolate → shift → sharpen → weighting
        K            β               g           s        γ          w

Every function takes leading batch dimensions (written `…`) and keeps the float type it is given. Below each one stands
its backward: the gradients of its inputs, given the gradient of its output. Weightings are over N locations; the same
functions serve a dense N × M memory and a sparse set of candidates.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

NORM_EPSILON = 1e-6
LOG_EPSILON = 1e-16


class Cosine(NamedTuple):
    """Similarities and what their backward needs."""

    similarity: Array  # (…, H, N), from −1 to 1
    key_norm: Array  # (…, H, 1)
    row_norm: Array  # (…, 1, N)


def cosine_similarity(keys: Array, memory: Array) -> Cosine:
    """Cosine between the keys of H heads and every location (section 3.3.1, equation 6).

    Args:
        keys: (…, H, M), k.
        memory: (…, M, N): locations are columns, so that the sums over M run over whole rows of the array.

    Returns:
        K with its norms, √(Σ² + 1e-6), so that a zero key or location is like nothing instead of NaN.
    """
    key_norm = np.sqrt(np.vecdot(keys, keys) + NORM_EPSILON)[..., None]
    squares = np.matmul(np.ones(memory.shape[-2], memory.dtype), memory * memory)  # a sum over M, at BLAS's speed
    row_norm = np.sqrt(squares + NORM_EPSILON)[..., None, :]
    similarity = keys / key_norm @ memory
    similarity /= row_norm
    return Cosine(similarity, key_norm, row_norm)


def cosine_similarity_backward(keys: Array, memory: Array, cosine: Cosine, grad: Array) -> tuple[Array, Array]:
    """Gradients of (keys, memory) from that of the similarity."""
    unit = keys / cosine.key_norm
    scaled = grad / cosine.row_norm
    d_keys = scaled @ memory.swapaxes(-1, -2)
    d_keys -= unit * np.vecdot(grad, cosine.similarity)[..., None]
    d_keys /= cosine.key_norm
    d_memory = unit.swapaxes(-1, -2) @ scaled
    scaled *= cosine.similarity
    d_memory -= memory * (np.add.reduce(scaled, axis=-2, keepdims=True) / cosine.row_norm)
    return d_keys, d_memory


def content_focus(similarity: Array, beta: Array | float) -> Array:
    """Softmax of β·K over the locations (equation 5).

    Args:
        similarity: (…, N), K; −inf marks a location that must not be looked at.
        beta: (…) or one number, β ≥ 0; above 0 where a location is marked so.

    Returns:
        (…, N) weighting, ≥ 0, sums to 1.
    """
    weights: Array = _column(beta, similarity) * similarity
    weights -= np.maximum.reduce(weights, axis=-1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= np.add.reduce(weights, axis=-1, keepdims=True)
    return weights


def content_focus_backward(similarity: Array, beta: Array | float, weights: Array, grad: Array) -> tuple[Array, Array]:
    """Gradients of (similarity, beta) from that of the weighting."""
    inner = grad - np.vecdot(weights, grad)[..., None]
    inner *= weights
    d_beta = np.vecdot(inner, similarity)
    inner *= _column(beta, similarity)
    return inner, d_beta


def interpolate(content: Array, previous: Array, gate: Array | float) -> Array:
    """g·content + (1 − g)·previous (equation 7).

    Args:
        content: (…, N) weighting by content.
        previous: (…, N) weighting of the step before.
        gate: (…) or one number, g from 0 to 1.
    """
    gated = content - previous
    gated *= _column(gate, content)
    gated += previous
    return gated


def interpolate_backward(
    content: Array, previous: Array, gate: Array | float, grad: Array
) -> tuple[Array, Array, Array]:
    """Gradients of (content, previous, gate) from that of the gated weighting."""
    d_content = _column(gate, content) * grad
    return d_content, grad - d_content, np.vecdot(content - previous, grad)


def shift(weights: Array, kernel: Array, *, wrap: bool = True) -> Array:
    """Convolution with a distribution over steps (equation 8): mass moves forward by `offset` with kernel[S + offset].

    Args:
        weights: (…, N).
        kernel: (…, 2S + 1), s over the steps −S…+S; +1 moves the focus to the next location.
        wrap: locations form a ring, as in the paper; else what moves past an end is lost.

    Returns:
        (…, N); sums to 1 if both do and `wrap` is set.
    """
    moved: Array = np.add.reduce(kernel[..., ::-1, None] * _sources(weights, kernel, wrap=wrap), axis=-2)
    return moved


def shift_backward(weights: Array, kernel: Array, grad: Array, *, wrap: bool = True) -> tuple[Array, Array]:
    """Gradients of (weights, kernel) from that of the shifted weighting."""
    d_kernel = np.vecdot(_sources(weights, kernel, wrap=wrap), grad[..., None, :])[..., ::-1]
    return shift(grad, kernel[..., ::-1], wrap=wrap), d_kernel


def shift_sparse(weights: Array, kernel: Array, neighbours: NDArray[np.int64]) -> Array:
    """`shift` over n locations that are some of many: who stands next to whom is told, not counted.

    Args:
        weights: (…, n).
        kernel: (…, 2S + 1) over the steps −S…+S, or one for all.
        neighbours: (n, 2S + 1), neighbours[i, S + offset] is the location `offset` steps after i, −1 where none is.

    Returns:
        (…, n); mass that moves to where no location is, is lost.
    """
    moved: Array = np.matmul(_arriving(weights, neighbours), kernel[..., None])[..., 0]
    return moved


def shift_sparse_backward(
    weights: Array, kernel: Array, neighbours: NDArray[np.int64], grad: Array
) -> tuple[Array, Array]:
    """Gradients of (weights, kernel), both with the same batch dimensions, from that of the shifted weighting."""
    sources = neighbours[:, ::-1]
    real = sources >= 0
    d_kernel = np.matmul(grad[..., None, :], _arriving(weights, neighbours))[..., 0, :]
    given = (grad[..., None] * kernel[..., None, :])[..., real].reshape(-1, int(real.sum()))
    d_weights = np.stack([np.bincount(sources[real], each, minlength=weights.shape[-1]) for each in given])
    return d_weights.reshape(weights.shape).astype(weights.dtype), d_kernel


def _arriving(weights: Array, neighbours: NDArray[np.int64]) -> Array:
    """(…, n, 2S + 1) what stands where each offset comes from: `offset` steps before; 0 where no location is."""
    beside = np.concatenate([weights, np.zeros_like(weights[..., :1])], axis=-1)  # −1 finds the 0
    arriving: Array = beside[..., neighbours[:, ::-1]]
    return arriving


def sharpen(weights: Array, gamma: Array | float) -> Array:
    """w^γ, normalised (equation 9), computed as softmax(γ·log(w + 1e-16)).

    Args:
        weights: (…, N), ≥ 0; need not sum to 1.
        gamma: (…) or one number, γ ≥ 1.
    """
    return content_focus(np.log(weights + LOG_EPSILON), gamma)


def sharpen_backward(weights: Array, gamma: Array | float, sharpened: Array, grad: Array) -> tuple[Array, Array]:
    """Gradients of (weights, gamma) from that of the sharpened weighting."""
    above_zero = weights + LOG_EPSILON
    d_weights, d_gamma = content_focus_backward(np.log(above_zero), gamma, sharpened, grad)
    d_weights /= above_zero
    return d_weights, d_gamma


def _column(parameter: Array | float, like: Array) -> Array:
    """(…, 1): a parameter of every head beside its locations, in their float type."""
    column: Array = np.asarray(parameter, dtype=like.dtype)[..., None]
    return column


def _sources(weights: Array, kernel: Array, *, wrap: bool) -> Array:
    """(…, 2S + 1, N), a view: at [j, i] the location from which offset S − j arrives at i."""
    size, width = weights.shape[-1], kernel.shape[-1]
    padded = np.ascontiguousarray(_pad(weights, width // 2, wrap=wrap))
    strides = (*padded.strides, padded.itemsize)
    overlapping: Array = np.ndarray((*weights.shape[:-1], width, size), padded.dtype, padded, strides=strides)
    return overlapping


def _pad(weights: Array, reach: int, *, wrap: bool) -> Array:
    """(…, N + 2·reach): the locations with their ring neighbours, or zeros, on both sides."""
    size = weights.shape[-1]
    if not wrap:
        return np.pad(weights, [(0, 0)] * (weights.ndim - 1) + [(reach, reach)])
    if 0 < reach <= size:
        return np.concatenate((weights[..., size - reach :], weights, weights[..., :reach]), axis=-1)
    around: Array = np.take(weights, np.arange(-reach, size + reach) % size, axis=-1)
    return around
