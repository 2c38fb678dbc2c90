"""Words → key vectors of the width the store has, and who made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.controller.asking import Asked, asked
from ntm_memory.embedding import Embedder
from ntm_memory.errors import ConfigError, EmbedderMismatchError
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.store.records import MemoryMatrix

RANDOM_PROJECTION_SEED = 1410_5401
Key = NDArray[np.float32]


class Passage(NamedTuple):
    """A passage, and how the embedder read it.

    Args:
        text: of it.
        states: (T, H) of its pieces in a layer in the middle; None where the embedder does not tell.
        places: (L,) of each character, the number of its piece.
    """

    text: str
    states: NDArray[np.float32] | None = None
    places: NDArray[np.int64] | None = None


class Encoder:
    """Encodes questions and memories, projected to `memory_dim` where config asks for fewer dimensions.

    Args:
        embedder: turns texts into unit vectors of `embedder.dim`.
        memory_dim: width of a slot; None: the embedder's own.
        max_passages: key rows that one memory may take at most; of a longer text the first so many passages are
            addressed by key, all of it by its words.

    Raises:
        ConfigError: `memory_dim` is larger than the embedder's width.
    """

    def __init__(self, embedder: Embedder, memory_dim: int | None, max_passages: int) -> None:
        if memory_dim is not None and memory_dim > embedder.dim:
            raise ConfigError(
                f"memory_dim is {memory_dim}, but {embedder.name} makes vectors of {embedder.dim}",
                f"set memory_dim to null or at most {embedder.dim}",
            )
        self.embedder = embedder
        self.dim = memory_dim or embedder.dim
        self.max_passages = max_passages

    @property
    def identity(self) -> dict[str, str | int]:
        """{name, revision, dim} as the store remembers it."""
        return {"name": self.embedder.name, "revision": self.embedder.revision, "dim": self.dim}

    def refuse_others(self, wrote: Mapping[str, Any] | None) -> None:
        """Two vector spaces never meet.

        Args:
            wrote: the identity of the embedder that wrote a store; None for a new one.

        Raises:
            EmbedderMismatchError: it is not this one.
        """
        if wrote is not None and dict(wrote) != self.identity:
            raise EmbedderMismatchError(
                f"this store was written by {_name(wrote)}, the configured embedder is {_name(self.identity)}",
                "run reembed.py to write all keys anew, or set the former embedder in config.json",
            )

    @property
    def prior(self) -> Key | None:
        """(2, dim) mean keys of memories in spaced scripts and in CJK, projected as keys are, or None."""
        prior = self.embedder.prior
        if prior is None or self.dim == self.embedder.dim:
            return prior
        projected: Key = prior @ self._random_projection
        return projected

    @property
    def query_adapter(self) -> Key | None:
        """(2, dim, r) how centred questions are turned towards their answers, projected as keys are, or None."""
        learned = self.embedder.query_adapter
        if learned is None or self.dim == self.embedder.dim:
            return learned
        projected: Key = self._random_projection.T @ learned
        return projected

    def view(self, slots: MemoryMatrix) -> CentredMatrix:
        """A memory matrix as this embedder's questions see it."""
        return CentredMatrix(slots, self.prior, self.query_adapter)

    def question(self, text: str) -> Key:
        """(dim,) float32, unit norm."""
        key: Key = self._project(self.embedder.encode_queries([text]))[0]
        return key

    def ask(self, text: str) -> tuple[Key, Asked | None]:
        """The key of a question, and what it asks for beside its content, where the embedder tells how it read it."""
        reads = getattr(self.embedder, "read_queries", None)
        if reads is None or not text:
            return self.question(text), None
        vectors, [(states, places)] = reads([text])
        return self._project(vectors)[0], asked(text, states, places)

    def memories(self, texts: Sequence[str]) -> list[Key]:
        """For each text its key rows (P, dim), one a passage, unit norm."""
        passages = [self._passages(text) for text in texts]
        return self._rows(passages, self.embedder.encode_memories([p for each in passages for p in each]))

    def read(self, texts: Sequence[str]) -> tuple[list[Key], list[list[Passage]]]:
        """The same rows, and how each passage was read, where the embedder tells it."""
        reads = getattr(self.embedder, "read_memories", None)
        if reads is None:
            return self.memories(texts), [[Passage(text) for text in self._passages(each)] for each in texts]
        passages = [self._passages(text) for text in texts]
        vectors, states = reads([p for each in passages for p in each])
        left = iter(states)
        return self._rows(passages, vectors), [[Passage(p, *next(left)) for p in each] for each in passages]

    def changed(self, text: str, read: Sequence[Passage], rows: Key) -> Key:
        """The key rows of a text that differs little from one that was read: its other passages are not embedded again.

        Args:
            text: it.
            read: the passages of the other text.
            rows: their keys.
        """
        known = {passage.text: row for passage, row in zip(read, rows, strict=True)}
        passages = self._passages(text)
        new = [each for each in passages if each not in known]
        made = iter(self._project(self.embedder.encode_memories(new)) if new else ())
        return np.stack([known[each] if each in known else next(made) for each in passages])

    def _passages(self, text: str) -> list[str]:
        return self.embedder.split_passages(text)[: self.max_passages]

    def _rows(self, passages: Sequence[Sequence[str]], vectors: Key) -> list[Key]:
        ends = np.cumsum([len(each) for each in passages])
        return np.split(self._project(vectors), ends[:-1])

    def _project(self, vectors: Key) -> Key:
        if self.dim == self.embedder.dim:
            return vectors
        projected = vectors @ self._random_projection
        unit: Key = projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-12)
        return unit

    @cached_property
    def _random_projection(self) -> Key:
        """(embedder.dim, dim) with orthonormal columns, the same in every process."""
        gaussian = np.random.default_rng(RANDOM_PROJECTION_SEED).standard_normal((self.embedder.dim, self.dim))
        return np.linalg.qr(gaussian)[0].astype(np.float32)


def _name(identity: Mapping[str, Any]) -> str:
    return f"{identity['name']} ({identity['dim']} dims, revision {identity['revision']})"
