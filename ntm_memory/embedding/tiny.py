"""A tiny deterministic embedder for unit tests. It knows no language, so it refuses to serve anywhere else."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence

import numpy as np

from ntm_memory.embedding.base import Vectors
from ntm_memory.errors import EmbedderError
from ntm_memory.text.passages import clean, split_passages

ALLOWED = "NTM_MEMORY_TESTING"


class TinyEmbedder:
    """Sums of hashed words and character trigrams: texts that share words are alike.

    Raises:
        EmbedderError: outside tests (`NTM_MEMORY_TESTING=1` is not set).
    """

    name = "tiny"
    revision = "1"
    dim = 64
    prior = query_adapter = None

    def __init__(self) -> None:
        if os.environ.get(ALLOWED) != "1":
            raise EmbedderError("the tiny embedder is for unit tests only", "set embedder.backend to e5")

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(B, 64) float32, unit norm."""
        return self.encode_memories(texts)

    def encode_memories(self, texts: Sequence[str]) -> Vectors:
        """(B, 64) float32, unit norm."""
        sums = np.array([self._sum(clean(text).casefold()) for text in texts], dtype=np.float32).reshape(-1, self.dim)
        unit: Vectors = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return unit

    def split_passages(self, text: str) -> list[str]:
        """As the real embedders do."""
        return split_passages(text)

    def _sum(self, text: str) -> Vectors:
        """Each feature votes +1 or −1 on every dimension, by the bits of its hash."""
        features = re.findall(r"\w+", text) + [text[i : i + 3] for i in range(len(text) - 2)]
        digests = b"".join(hashlib.blake2b(each.encode(), digest_size=self.dim // 8).digest() for each in features)
        bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8)).reshape(-1, self.dim)
        votes: Vectors = 2.0 * bits.sum(axis=0, dtype=np.float32) - np.float32(len(features) - 1e-3)
        return votes
