"""BERT layers in NumPy (Vaswani et al. 2017; Devlin et al. 2019): what the embedder and the pair reader both run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ntm_memory.embedding.base import Vectors
from ntm_memory.embedding.weights import Sizes, Weights
from ntm_memory.machine.addressing import content_focus

GELU_BLOCK = 32768
MATRICES = ("qkv", "out", "inner", "outer")
"""The matrices of a layer, each (inputs, outputs)."""


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
    """One layer's tensors, matrices transposed for `x @ w`; called, it runs.

    Args:
        qkv, out, inner, outer: the matrices; queries, keys and values side by side.
        norms: scale and bias of both layer norms.
        heads: of attention.
        epsilon: layer norm's ε.
    """

    qkv: Vectors
    qkv_bias: Vectors
    out: Vectors
    out_bias: Vectors
    inner: Vectors
    inner_bias: Vectors
    outer: Vectors
    outer_bias: Vectors
    norms: tuple[Vectors, Vectors, Vectors, Vectors]
    heads: int
    epsilon: float

    def __call__(self, x: Vectors, batch: Batch) -> Vectors:
        """(B, L, H) states → the next ones."""
        return self._feed(self._attend(x, batch.hidden))

    def _attend(self, x: Vectors, hidden: Vectors | None) -> Vectors:
        count, longest, width = x.shape
        qkv = (x.reshape(-1, width) @ self.qkv + self.qkv_bias).reshape(count, longest, 3, self.heads, -1)
        q, k, v = qkv.transpose(2, 0, 3, 1, 4)  # each (B, heads, L, H / heads)
        scores = q @ k.transpose(0, 1, 3, 2)
        if hidden is not None:
            scores += hidden
        mixed = (content_focus(scores, (width // self.heads) ** -0.5) @ v).transpose(0, 2, 1, 3).reshape(-1, width)
        x = x + (mixed @ self.out + self.out_bias).reshape(x.shape)
        return normalise(x, *self.norms[:2], self.epsilon)

    def _feed(self, x: Vectors) -> Vectors:
        flat = x.reshape(-1, x.shape[-1])
        inner = flat @ self.inner
        inner += self.inner_bias
        outer = gelu(inner) @ self.outer
        outer += self.outer_bias
        outer += flat
        return normalise(outer.reshape(x.shape), *self.norms[2:], self.epsilon)


def read_layers(weights: Weights) -> list[BertLayer]:
    """All layers of a weights file, dequantised."""
    return [_read_layer(weights, f"l{i}.", weights.sizes) for i in range(weights.sizes.layers)]


def _read_layer(w: Weights, at: str, sizes: Sizes) -> BertLayer:
    h = sizes.width
    return BertLayer(
        qkv=np.concatenate([w.transposed(f"{at}{name}.w", h) for name in "qkv"], axis=1),
        qkv_bias=np.concatenate([w.floats(f"{at}{name}.b") for name in "qkv"]),
        out=w.transposed(f"{at}ao.w", h),
        out_bias=w.floats(f"{at}ao.b"),
        inner=w.transposed(f"{at}fi.w", h),
        inner_bias=w.floats(f"{at}fi.b"),
        outer=w.transposed(f"{at}fo.w", sizes.inner),
        outer_bias=w.floats(f"{at}fo.b"),
        norms=(w.floats(f"{at}aln.w"), w.floats(f"{at}aln.b"), w.floats(f"{at}oln.w"), w.floats(f"{at}oln.b")),
        heads=sizes.heads,
        epsilon=sizes.epsilon,
    )


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
    x = x - x.mean(axis=-1, keepdims=True)
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
