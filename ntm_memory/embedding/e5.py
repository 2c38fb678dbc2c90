"""The default embedder: multilingual-e5-small in 4-bit weights, run by NumPy.

Twelve BERT layers, mean pooling, unit norm; `query: ` and `passage: ` before the texts (Wang et al. 2024, arXiv
2402.05672).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.embedding.base import Vectors
from ntm_memory.embedding.tokenizer import Tokenizer
from ntm_memory.embedding.transformer import Batch, BertLayer, embed, mean_states, read_layers
from ntm_memory.embedding.weights import SHA256, Weights
from ntm_memory.text.passages import clean, split_passages

BATCH_TOKENS = 1024
LOOKED_AT = 8
"""The layer whose states are handed out: words in their context, not yet the one meaning of the text."""
PRIOR = Path(__file__).with_name("e5_prior.npz")
QUERY_ADAPTER = Path(__file__).with_name("e5_query_adapter.npz")


class ReadText(NamedTuple):
    """A text as a layer in the middle has read it.

    Args:
        states: (T, 384) of its pieces.
        places: (L,) of each character, the number of its piece.
    """

    states: Vectors
    places: NDArray[np.int64]


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
        return self._encode([_query(text) for text in texts])

    def read_queries(self, texts: Sequence[str]) -> tuple[Vectors, list[ReadText]]:
        """What `encode_queries` gives, and what a layer in the middle made of each text's pieces."""
        kept: dict[int, Vectors] = {}
        vectors = self._encode([_query(text) for text in texts], kept)
        return vectors, [ReadText(kept[i], self._places(text, _query)) for i, text in enumerate(texts)]

    def encode_memories(self, texts: Sequence[str]) -> Vectors:
        """(B, 384) float32, unit norm; a text is cut at 512 tokens, see `split_passages`."""
        return self._encode([_memory(text) for text in texts])

    def read_memories(self, texts: Sequence[str]) -> tuple[Vectors, list[ReadText]]:
        """What `encode_memories` gives, and what a layer in the middle made of each text's pieces."""
        kept: dict[int, Vectors] = {}
        vectors = self._encode([_memory(text) for text in texts], kept)
        return vectors, [ReadText(kept[i], self._places(text, _memory)) for i, text in enumerate(texts)]

    def _places(self, text: str, told: Callable[[str], str]) -> NDArray[np.int64]:
        """(L,) of each character of a text as it was told, the piece in which it was read."""
        folded = [unicodedata.normalize("NFKC", each) for each in text]
        before = told("")
        at = np.cumsum([0, *(len(each) for each in folded[:-1])]) + len(before)
        places = self.tokenizer.places(before + "".join(folded), self._sizes.longest)
        here: NDArray[np.int64] = places[np.minimum(at, len(places) - 1)]
        return here

    def split_passages(self, text: str) -> list[str]:
        """The passages of a text, each within 512 tokens."""
        return split_passages(text, fits=self._fits)

    def _fits(self, passage: str) -> bool:
        text = _memory(passage)
        room = self._sizes.longest
        # No piece is shorter than a character: begin mark, leading space and end mark come on top.
        return len(text) + 3 <= room or len(self.tokenizer.encode(text)) <= room

    @cached_property
    def prior(self) -> Vectors | None:
        """(2, 384) mean memory in spaced scripts and in CJK, measured on everyday sentences (bench/prior.py)."""
        return read_prior(PRIOR)

    @cached_property
    def query_adapter(self) -> Vectors | None:
        """(2, 384, r) learned on nine data sets (bench/query_adapter.py)."""
        return read_query_adapter(QUERY_ADAPTER)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """Texts to piece ids."""
        return Tokenizer(self._weights.pieces)

    @cached_property
    def layers(self) -> list[BertLayer]:
        """The network's layers, dequantised when first asked for."""
        return read_layers(self._weights)

    @property
    def weights(self) -> Weights:
        """The opened weights file."""
        return self._weights

    def _encode(self, texts: Sequence[str], kept: dict[int, Vectors] | None = None) -> Vectors:
        """Texts of about the same length go through the network together; `kept` takes the states of each."""
        tokens = [self.tokenizer.encode(text, self._sizes.longest) for text in texts]
        vectors = np.empty((len(tokens), self.dim), dtype=np.float32)
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        start = 0
        while start < len(order):
            end = start + 1
            while end < len(order) and len(tokens[order[end]]) * (end + 1 - start) <= BATCH_TOKENS:
                end += 1
            vectors[order[start:end]], states = self._forward([tokens[i] for i in order[start:end]])
            if kept is not None:
                kept |= {i: states[row, : len(tokens[i])] for row, i in enumerate(order[start:end])}
            start = end
        return vectors

    def _forward(self, tokens: Sequence[Sequence[int]]) -> tuple[Vectors, Vectors]:
        """(B, H) unit vectors of B token sequences, the last of which is the longest; (B, L, H) states on the way."""
        batch = Batch.of(tokens)
        x = embed(self._weights, batch)
        for layer in self.layers[:LOOKED_AT]:
            x = layer(x, batch)
        states = x
        for layer in self.layers[LOOKED_AT:]:
            x = layer(x, batch)
        pooled = mean_states(x, batch)
        unit: Vectors = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return unit, states


def read_prior(file: Path) -> Vectors:
    """(2, dim) float32, what the fit of the prior wrote; how it was made stands beside it in a .json file."""
    with np.load(file, allow_pickle=False) as learned:
        means: Vectors = learned["means"]
    return means


def read_query_adapter(file: Path) -> Vectors:
    """(2, dim, r) float32, what the fit of the adapter wrote; how it was made stands beside it in a .json file."""
    with np.load(file, allow_pickle=False) as learned:
        return np.stack((learned["into"], learned["back"])).astype(np.float32)


def _query(text: str) -> str:
    return f"query: {clean(text)}"


def _memory(text: str) -> str:
    return f"passage: {clean(text)}"
