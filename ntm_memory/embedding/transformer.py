"""BERT layers in NumPy (Vaswani et al. 2017; Devlin et al. 2019): what the embedder and the pair reader both run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.embedding.base import Vectors
from ntm_memory.embedding.matrices import BlockMatrix, blank_matrices, usual_cut
from ntm_memory.embedding.weights import Weights
from ntm_memory.machine.addressing import content_focus

GELU_BLOCK = 32768
MATRICES = {"qkv": ("q", "k", "v"), "out": ("ao",), "inner": ("fi",), "outer": ("fo",)}
"""The matrices of a layer, and what of the file stands side by side in each."""


@dataclass(frozen=True)
class Batch:
    """B sequences of piece ids, padded to L.

    Args:
        ids: (B, L).
        real: (B, L) what is no padding.
        lengths: (B,).
        hidden: (B, 1, 1, L) added to attention's scores; None where nothing is padding.
    """

    ids: NDArray[np.int64]
    real: NDArray[np.bool_]
    lengths: NDArray[np.int64]
    hidden: Vectors | None

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> Batch:
        """Sequences of any length, each of at least one piece."""
        lengths = np.array([len(each) for each in sequences])
        real = np.arange(int(lengths.max())) < lengths[:, None]
        ids = np.full(real.shape, 1, dtype=np.int64)
        ids[real] = np.concatenate([np.asarray(each) for each in sequences])
        hidden = None if real.all() else np.where(real, 0, -1e9).astype(np.float32)[:, None, None, :]
        return cls(ids, real, lengths, hidden)


@dataclass(frozen=True)
class BertLayer:
    """One layer's tensors, matrices (inputs, outputs); called, it runs.

    Args:
        qkv, out, inner, outer: the matrices; queries, keys and values side by side.
        norms: scale and bias of both layer norms.
        heads: of attention.
        epsilon: layer norm's ε.
    """

    qkv: BlockMatrix
    qkv_bias: Vectors
    out: BlockMatrix
    out_bias: Vectors
    inner: BlockMatrix
    inner_bias: Vectors
    outer: BlockMatrix
    outer_bias: Vectors
    norms: tuple[Vectors, Vectors, Vectors, Vectors]
    heads: int
    epsilon: float

    def __call__(self, x: Vectors, batch: Batch) -> Vectors:
        """(B, L, H) states → the next ones."""
        return self._feed(self._attend(x, batch.hidden))

    def _attend(self, x: Vectors, hidden: Vectors | None) -> Vectors:
        count, longest, width = x.shape
        qkv = self.qkv.times(x.reshape(-1, width))
        qkv += self.qkv_bias
        # each (B, heads, L, H / heads)
        q, k, v = qkv.reshape(count, longest, 3, self.heads, -1).transpose(2, 0, 3, 1, 4)
        scores = q @ k.transpose(0, 1, 3, 2)
        if hidden is not None:
            scores += hidden
        mixed = (content_focus(scores, (width // self.heads) ** -0.5) @ v).transpose(0, 2, 1, 3).reshape(-1, width)
        out = self.out.times(mixed)
        out += self.out_bias
        out += x.reshape(-1, width)
        return normalise(out.reshape(x.shape), *self.norms[:2], self.epsilon)

    def _feed(self, x: Vectors) -> Vectors:
        flat = x.reshape(-1, x.shape[-1])
        inner = self.inner.times(flat)
        inner += self.inner_bias
        outer = self.outer.times(gelu(inner))
        outer += self.outer_bias
        outer += flat
        return normalise(outer.reshape(x.shape), *self.norms[2:], self.epsilon)


def read_layers(weights: Weights) -> list[BertLayer]:
    """All layers of a weights file, dequantised."""
    h, f, count = weights.sizes.width, weights.sizes.inner, weights.sizes.layers
    shapes = {"qkv": (h, 3 * h), "out": (h, h), "inner": (h, f), "outer": (f, h)}
    matrices = iter(blank_matrices([*shapes.values()] * count, usual_cut()))
    return [_read_layer(weights, f"l{i}.", dict(zip(shapes, matrices, strict=False))) for i in range(count)]


def _read_layer(w: Weights, at: str, matrices: dict[str, BlockMatrix]) -> BertLayer:
    for name, parts in MATRICES.items():
        w.transposed([f"{at}{part}.w" for part in parts], matrices[name].by_place)
    tensors: dict[str, Any] = {
        f"{name}_bias": np.concatenate([w.floats(f"{at}{part}.b") for part in parts])
        for name, parts in MATRICES.items()
    }
    tensors |= matrices
    norms = (w.floats(f"{at}aln.w"), w.floats(f"{at}aln.b"), w.floats(f"{at}oln.w"), w.floats(f"{at}oln.b"))
    return BertLayer(**tensors, norms=norms, heads=w.sizes.heads, epsilon=w.sizes.epsilon)


def embed(weights: Weights, batch: Batch, marks: Vectors | None = None) -> Vectors:
    """(B, L, H) states before the first layer: word, place and type; `marks` (B, L, H) are added to them."""
    h = weights.sizes.width
    distinct, where = np.unique(batch.ids, return_inverse=True)
    x = weights.rows("emb.word", h, distinct)[where.reshape(batch.ids.shape)]
    x += weights.floats("emb.pos").reshape(-1, h)[: batch.ids.shape[1]] + weights.floats("emb.type")[:h]
    if marks is not None:
        x += marks
    return normalise(x, weights.floats("emb.ln.w"), weights.floats("emb.ln.b"), weights.sizes.epsilon)


def mean_states(x: Vectors, batch: Batch) -> Vectors:
    """(B, H) mean of each sequence's states; those of padding become 0."""
    x[~batch.real] = 0
    means: Vectors = x.sum(axis=1) / batch.lengths[:, None].astype(np.float32)
    return means


def normalise(x: Vectors, scale: Vectors, bias: Vectors, epsilon: float) -> Vectors:
    """Layer norm over the last axis."""
    x = x - np.add.reduce(x, axis=-1, keepdims=True) / x.shape[-1]
    x /= np.sqrt(np.einsum("...h,...h->...", x, x)[..., None] / x.shape[-1] + np.float32(epsilon))
    x *= scale
    x += bias
    return x


def gelu(x: Vectors) -> Vectors:
    """x·Φ(x), with erf as in Abramowitz and Stegun 7.1.26 (error below 2e-7); a contiguous x is overwritten."""
    flat = x.reshape(-1)
    for start in range(0, len(flat), GELU_BLOCK):
        _gelu_block(flat[start : start + GELU_BLOCK])
    return flat.reshape(x.shape)


def _gelu_block(x: Vectors) -> None:
    """max(x, 0) − |x|·Φ(−|x|) in place; so few numbers at a time stay in a processor's cache."""
    size: Vectors = np.abs(x)
    t: Vectors = size * np.float32(0.3275911 * 0.7071067811865476)
    t += np.float32(1)
    np.reciprocal(t, out=t)
    tail: Vectors = t * np.float32(0.5 * 1.061405429)
    for c in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail += np.float32(0.5 * c)
        tail *= t
    tail *= size
    size *= size
    size *= np.float32(-0.5)
    np.exp(size, out=size)
    tail *= size
    np.maximum(x, 0, out=x)
    x -= tail
