"""A network in the form of the default embedder's, small and of random numbers, which reads single characters."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ntm_memory.embedding.e5 import E5Embedder
from ntm_memory.embedding.tiny import TinyEmbedder
from ntm_memory.embedding.tokenizer import Tokenizer
from ntm_memory.embedding.transformer import read_layers
from ntm_memory.embedding.weights import Pieces, Sizes

SIZES = Sizes(width=32, layers=12, heads=2, inner=64, longest=512, epsilon=1e-12)
LETTERS = ("<s>", "<pad>", "</s>", "<unk>", "▁", *(chr(code) for code in range(33, 127)), *"我喜欢茶住在哪里北京")


class TinyWeights:
    """Random numbers by the names of the real file; whatever file is named, they are the same."""

    def __init__(self, path: Path = Path("tiny.bin"), cache_dir: Path | None = None) -> None:
        self.path, self.sizes = path, SIZES
        starts = np.cumsum([0, *(len(letter.encode()) for letter in LETTERS)]).astype(np.uint32)
        scores = np.full(len(LETTERS), -1, dtype=np.float32)
        self.pieces = Pieces("".join(LETTERS).encode(), starts, scores, begin=0, end=2, unknown=3, normal={})

    def floats(self, name: str) -> np.ndarray:
        sizes = {"emb.pos": SIZES.longest * SIZES.width, "emb.type": 2 * SIZES.width}
        size = sizes.get(name, SIZES.inner if ".fi." in name else SIZES.width)
        return self._drawn(name, size) + np.float32(name.endswith("ln.w"))

    def transposed(self, names: Sequence[str], out: np.ndarray) -> None:
        columns = out.shape[0] * out.shape[1]
        count = SIZES.inner if names[0].endswith("fi.w") else SIZES.width
        out[...] = np.concatenate([self._drawn(name, (count, columns)) for name in names]).T.reshape(out.shape)

    def rows(self, name: str, columns: int, which: np.ndarray) -> np.ndarray:
        return self._drawn(name, (len(LETTERS), columns))[which]

    @staticmethod
    def _drawn(name: str, shape: int | tuple[int, ...]) -> np.ndarray:
        seed = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big")
        return np.random.default_rng(seed).normal(0, 0.15, shape).astype(np.float32)


class TinyNetwork(E5Embedder):
    """The default embedder over these numbers."""

    prior = query_adapter = None

    def __init__(self) -> None:
        self._weights, self._sizes, self.dim = TinyWeights(), SIZES, SIZES.width


class TinyReadable(TinyEmbedder):
    """The embedder of tests, with a network for the pair reader beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = TinyWeights()
        self.tokenizer, self.layers = Tokenizer(self.weights.pieces), read_layers(self.weights)
