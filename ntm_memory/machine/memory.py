"""Reading and writing (paper, sections 3.1 and 3.2). Memory is (B, M, N): N locations as columns of width M."""

from __future__ import annotations

import numpy as np

from ntm_memory.machine.addressing import content_focus
from ntm_memory.machine.settings import Array, MachineSettings

CONSTANT_START = 1e-2
LEARNED_HEAD_LOCATIONS = 8
_WAVELENGTHS = (4, 8, 16, 32, 64, 128, 256)
POSITION_FEATURES = 1 + 2 * len(_WAVELENGTHS)


def read(memory: Array, weights: Array) -> Array:
    """Σ w(i)·M(i) (equation 2).

    Args:
        memory: (B, M, N).
        weights: (B, R, N).

    Returns:
        (B, R, M).
    """
    vectors: Array = weights @ memory.swapaxes(1, 2)
    return vectors


def read_backward(memory: Array, weights: Array, grad: Array) -> tuple[Array, Array]:
    """Gradients of (memory, weights) from that of the read vectors."""
    return outer(grad, weights), grad @ memory


def write(memory: Array, weights: Array, erasing: Array, adding: Array, out: Array | None = None) -> Array:
    """Erase, then add: M(i)·∏(1 − w(i)·e) + Σ w(i)·a over the write heads (equations 3 and 4).

    Args:
        memory: (B, M, N), M_{t−1}; left as it is.
        weights: (B, W, N).
        erasing: (B, W, M), e from 0 to 1.
        adding: (B, W, M), a.
        out: where to put the result.

    Returns:
        (B, M, N), M_t.
    """
    kept, last = memory, weights.shape[1] - 1
    for j in range(last):
        kept = _erased(kept, weights[:, j], erasing[:, j])
    change = kept * erasing[:, last, :, None]
    change -= adding[:, last, :, None]
    change *= weights[:, last, None, :]
    written: Array = np.subtract(kept, change, out=out)
    if last:
        written += outer(adding[:, :last], weights[:, :last])
    return written


def write_backward(
    memory: Array, weights: Array, erasing: Array, adding: Array, grad: Array
) -> tuple[Array, Array, Array, Array]:
    """Gradients of (memory, weights, erasing, adding) from that of the memory written to."""
    d_adding, d_weights = weights @ grad.swapaxes(1, 2), adding @ grad
    d_erasing, heads = np.empty_like(erasing), weights.shape[1]
    before = [memory]
    for j in range(heads - 1):
        before.append(_erased(before[-1], weights[:, j], erasing[:, j]))
    for j in reversed(range(heads)):
        w, e = weights[:, j], erasing[:, j]
        lost = grad * before[j]
        np.negative((w[:, None] @ lost.swapaxes(1, 2))[:, 0], out=d_erasing[:, j])
        d_weights[:, j] -= (e[:, None] @ lost)[:, 0]
        grad = _erased(grad, w, e)
    return grad, d_weights, d_erasing, d_adding


def _erased(memory: Array, weights: Array, erasing: Array) -> Array:
    """What one head leaves, memory · (1 − w·e), with (B, N) and (B, M)."""
    kept = memory * erasing[:, :, None]
    kept *= weights[:, None]
    np.subtract(memory, kept, out=kept)
    return kept


def outer(vectors: Array, weights: Array) -> Array:
    """Σ over heads of vector × weighting: (B, H, M) and (B, H, N) make (B, M, N)."""
    if vectors.shape[1] == 1:  # BLAS is not used for an inner dimension of 1: five times slower than this
        product: Array = vectors[:, 0, :, None] * weights[:, 0, None, :]
        return product
    summed: Array = vectors.swapaxes(1, 2) @ weights
    return summed


def start_memory(settings: MachineSettings, learned: Array | None) -> Array:
    """M_0, (M, N).

    Args:
        settings: `memory_start`: `constant` is 1e-2 everywhere; `small_random` gives every location its own
            fingerprint, the first N rows of a stream that depends on `memory_seed` alone; `learned` is a smooth learned
            function of the location's number, so that it fits any N.
        learned: (POSITION_FEATURES, M), for `learned` only.
    """
    dtype = np.dtype(settings.dtype)
    if settings.memory_start == "constant":
        return np.full((settings.memory_dim, settings.memory_size), CONSTANT_START, dtype)
    if settings.memory_start == "small_random":
        rows = np.random.default_rng(settings.memory_seed).normal(size=(settings.memory_size, settings.memory_dim))
        return np.ascontiguousarray(rows.T * 0.1).astype(dtype)
    assert learned is not None
    return np.ascontiguousarray((position_features(settings.memory_size, dtype) @ learned).T)


def start_memory_backward(settings: MachineSettings, grad: Array) -> Array:
    """Gradient of `learned` from that of M_0, (M, N)."""
    found: Array = position_features(settings.memory_size, grad.dtype).T @ grad.T
    return found


def position_features(size: int, dtype: np.dtype[np.floating]) -> Array:
    """(N, POSITION_FEATURES): 1, then sines and cosines of the location's number at wavelengths of 4 to 256."""
    angles = 2 * np.pi * np.arange(size)[:, None] / np.array(_WAVELENGTHS)
    return np.concatenate([np.ones((size, 1)), np.sin(angles), np.cos(angles)], axis=1).astype(dtype)


def start_weights(settings: MachineSettings, learned: Array | None) -> Array:
    """w_0, (H, N).

    Args:
        settings: `head_start`: `onehot` on location 0, `uniform` over all, or `learned` over the first eight.
        learned: (H, LEARNED_HEAD_LOCATIONS), for `learned` only: logits.
    """
    weights = np.zeros((settings.heads, settings.memory_size), settings.dtype)
    if settings.head_start == "uniform":
        weights[:] = 1 / settings.memory_size
    elif settings.head_start == "onehot":
        weights[:, 0] = 1
    else:
        assert learned is not None
        weights[:, :LEARNED_HEAD_LOCATIONS] = content_focus(learned[:, : settings.memory_size], 1.0)
    return weights


def start_weights_backward(settings: MachineSettings, weights: Array, grad: Array) -> Array:
    """Gradient of `learned` from that of w_0, (H, N)."""
    found = np.zeros((settings.heads, LEARNED_HEAD_LOCATIONS), grad.dtype)
    reach = min(LEARNED_HEAD_LOCATIONS, settings.memory_size)
    inner = weights * grad
    inner -= weights * inner.sum(axis=1, keepdims=True)
    found[:, :reach] = inner[:, :reach]
    return found
