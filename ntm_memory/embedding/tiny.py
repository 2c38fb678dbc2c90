"""A tiny deterministic embedder for unit tests. It knows no language, so it refuses to serve anywhere else."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence

import numpy as np

from ntm_memory.embedding.base import Vectors, clean, split_passages
from ntm_memory.errors import EmbedderError

ALLOWED = "NTM_MEMORY_TESTING"


class TinyEmbedder:
    """Sums of hashed words and character trigrams: texts that share words are alike.

    Raises:
        EmbedderError: outside tests (`NTM_MEMORY_TESTING=1` is not set).
    """

    name = "tiny"
    revision = "1"
    dim = 64
    prior = None

    def __init__(self) -> None:
        if os.environ.get(ALLOWED) != "1":
            raise EmbedderError("the tiny embedder is for unit tests only", "set embedder.backend to e5")

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(B, 64) float32, unit norm."""
        return self.encode_memories(texts)

    def encode_memories(self, texts: Sequence[str]) -> Vectors:
        """(B, 64) float32, unit norm."""
        vectors = np.stack([self._sum(clean(text).casefold()) for text in texts])
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit.astype(np.float32)

    def split_passages(self, text: str) -> list[str]:
        """As the real embedders do."""
        return split_passages(text)

    def _sum(self, text: str) -> Vectors:
        features = re.findall(r"\w+", text) + [text[i : i + 3] for i in range(len(text) - 2)]
        total = np.full(self.dim, 1e-3, dtype=np.float32)
        for feature in features:
            seed = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "big")
            total += np.random.default_rng(seed).standard_normal(self.dim, dtype=np.float32)
        return total
