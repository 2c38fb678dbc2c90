"""The default embedder: multilingual-e5-small in 4-bit weights, run by NumPy.

Twelve BERT layers, mean pooling, unit norm; `query: ` and `passage: ` before the texts (Wang et al. 2024, arXiv
2402.05672).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ntm_memory.embedding.base import Vectors
from ntm_memory.embedding.tokenizer import Tokenizer
from ntm_memory.embedding.weights import SHA256, Weights
from ntm_memory.machine.addressing import content_focus
from ntm_memory.text.passages import clean, split_passages

BATCH_TOKENS = 1024
PRIOR = Path(__file__).with_name("e5_prior.npz")
QUERY_ADAPTER = Path(__file__).with_name("e5_query_adapter.npz")


@dataclass(frozen=True)
class _Layer:
    """One BERT layer's tensors, matrices transposed for `x @ w`."""

    qkv: Vectors
    qkv_bias: Vectors
    out: Vectors
    out_bias: Vectors
    inner: Vectors
    inner_bias: Vectors
    outer: Vectors
    outer_bias: Vectors
    norms: tuple[Vectors, Vectors, Vectors, Vectors]


class E5Embedder:
    """multilingual-e5-small, 384 dimensions, about 100 languages.

    Args:
        path: the weights file; None: where the installation put it.
        cache_dir: folder in which to remember that the file was checked, see `weights.check`.

    Raises:
        EmbedderError: the weights are missing or damaged.
    """

    name = "multilingual-e5-small-q4"
    revision = SHA256[:12]

    def __init__(self, path: Path | None = None, *, cache_dir: Path | None = None) -> None:
        self._weights = Weights(path, cache_dir)
        self._sizes = self._weights.sizes
        self.dim = self._sizes.width

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(B, 384) float32, unit norm."""
        return self._encode([f"query: {clean(text)}" for text in texts])

    def encode_memories(self, texts: Sequence[str]) -> Vectors:
        """(B, 384) float32, unit norm; a text is cut at 512 tokens, see `split_passages`."""
        return self._encode([_memory(text) for text in texts])

    def split_passages(self, text: str) -> list[str]:
        """The passages of a text, each within 512 tokens."""
        return split_passages(text, fits=self._fits)

    def _fits(self, passage: str) -> bool:
        text = _memory(passage)
        room = self._sizes.longest
        # No piece is shorter than a character: begin mark, leading space and end mark come on top.
        return len(text) + 3 <= room or len(self._tokenizer.encode(text)) <= room

    @cached_property
    def prior(self) -> Vectors | None:
        """(2, 384) mean memory in spaced scripts and in CJK, measured on everyday sentences (bench/prior.py)."""
        return read_prior(PRIOR)

    @cached_property
    def query_adapter(self) -> Vectors | None:
        """(2, 384, r) learned on nine data sets (bench/query_adapter.py)."""
        return read_query_adapter(QUERY_ADAPTER)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer(self._weights.pieces)

    @cached_property
    def _layers(self) -> list[_Layer]:
        return [self._layer(f"l{i}.") for i in range(self._sizes.layers)]

    def _layer(self, at: str) -> _Layer:
        w, h, f = self._weights, self._sizes.width, self._sizes.inner
        return _Layer(
            qkv=np.concatenate([w.matrix(f"{at}{name}.w", h) for name in "qkv"]).T,
            qkv_bias=np.concatenate([w.floats(f"{at}{name}.b") for name in "qkv"]),
            out=w.matrix(f"{at}ao.w", h).T,
            out_bias=w.floats(f"{at}ao.b"),
            inner=w.matrix(f"{at}fi.w", h).T,
            inner_bias=w.floats(f"{at}fi.b"),
            outer=w.matrix(f"{at}fo.w", f).T,
            outer_bias=w.floats(f"{at}fo.b"),
            norms=(w.floats(f"{at}aln.w"), w.floats(f"{at}aln.b"), w.floats(f"{at}oln.w"), w.floats(f"{at}oln.b")),
        )

    def _encode(self, texts: Sequence[str]) -> Vectors:
        """Texts of about the same length go through the network together."""
        tokens = [self._tokenizer.encode(text, self._sizes.longest) for text in texts]
        vectors = np.empty((len(tokens), self.dim), dtype=np.float32)
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        start = 0
        while start < len(order):
            end = start + 1
            while end < len(order) and len(tokens[order[end]]) * (end + 1 - start) <= BATCH_TOKENS:
                end += 1
            vectors[order[start:end]] = self._forward([tokens[i] for i in order[start:end]])
            start = end
        return vectors

    def _forward(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        """(B, H) unit vectors of B token sequences, the last of which is the longest."""
        lengths = np.array([len(each) for each in tokens])
        count, longest = len(tokens), int(lengths[-1])
        real = np.arange(longest) < lengths[:, None]  # (B, L)
        ids = np.full((count, longest), 1, dtype=np.int64)
        ids[real] = np.concatenate([np.asarray(each) for each in tokens])
        x = self._embed(ids)
        hidden = None if real.all() else np.where(real, 0, -1e9).astype(np.float32)[:, None, None, :]
        for layer in self._layers:
            x = self._attend(layer, x, hidden)
            x = self._feed(layer, x)
        x[~real] = 0
        pooled = x.sum(axis=1) / lengths[:, None].astype(np.float32)
        unit: Vectors = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return unit

    def _embed(self, ids: NDArray[np.int64]) -> Vectors:
        w, h = self._weights, self._sizes.width
        distinct, where = np.unique(ids, return_inverse=True)
        x = w.rows("emb.word", h, distinct)[where.reshape(ids.shape)]
        x += w.floats("emb.pos").reshape(-1, h)[: ids.shape[1]] + w.floats("emb.type")[:h]
        return self._normalise(x, w.floats("emb.ln.w"), w.floats("emb.ln.b"))

    def _attend(self, layer: _Layer, x: Vectors, hidden: Vectors | None) -> Vectors:
        count, longest, width = x.shape
        heads = self._sizes.heads
        qkv = (x.reshape(-1, width) @ layer.qkv + layer.qkv_bias).reshape(count, longest, 3, heads, -1)
        q, k, v = qkv.transpose(2, 0, 3, 1, 4)  # each (B, heads, L, H / heads)
        scores = q @ k.transpose(0, 1, 3, 2)
        if hidden is not None:
            scores += hidden
        mixed = (content_focus(scores, (width // heads) ** -0.5) @ v).transpose(0, 2, 1, 3).reshape(-1, width)
        x = x + (mixed @ layer.out + layer.out_bias).reshape(x.shape)
        return self._normalise(x, *layer.norms[:2])

    def _feed(self, layer: _Layer, x: Vectors) -> Vectors:
        flat = x.reshape(-1, x.shape[-1])
        inner = flat @ layer.inner
        inner += layer.inner_bias
        outer = _gelu(inner) @ layer.outer
        outer += layer.outer_bias
        outer += flat
        return self._normalise(outer.reshape(x.shape), *layer.norms[2:])

    def _normalise(self, x: Vectors, scale: Vectors, bias: Vectors) -> Vectors:
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt(np.einsum("...h,...h->...", x, x)[..., None] / x.shape[-1] + np.float32(self._sizes.epsilon))
        x *= scale
        x += bias
        return x


def read_prior(file: Path) -> Vectors:
    """(2, dim) float32, what the fit of the prior wrote; how it was made stands beside it in a .json file."""
    with np.load(file, allow_pickle=False) as learned:
        means: Vectors = learned["means"]
    return means


def read_query_adapter(file: Path) -> Vectors:
    """(2, dim, r) float32, what the fit of the adapter wrote; how it was made stands beside it in a .json file."""
    with np.load(file, allow_pickle=False) as learned:
        return np.stack((learned["into"], learned["back"])).astype(np.float32)


def _memory(text: str) -> str:
    return f"passage: {clean(text)}"


def _gelu(x: Vectors) -> Vectors:
    """x·Φ(x), with erf as in Abramowitz and Stegun 7.1.26 (error below 2e-7)."""
    z: Vectors = np.abs(x)
    z *= np.float32(0.7071067811865476)
    t = 1 / (1 + np.float32(0.3275911) * z)
    tail: Vectors = np.float32(1.061405429) * t
    for c in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail += np.float32(c)
        tail *= t
    np.square(z, out=z)
    np.negative(z, out=z)
    np.exp(z, out=z)
    tail *= z
    tail *= np.float32(0.5)  # Φ(−|x|)
    np.subtract(1, tail, out=tail, where=x > 0)
    tail *= x
    return tail
