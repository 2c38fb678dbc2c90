"""Any sentence-transformers model, by name or local folder."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from ntm_memory.embedding.base import Vectors
from ntm_memory.embedding.text import clean, split_passages
from ntm_memory.errors import EmbedderError


class SentenceTransformersEmbedder:
    """A model of the sentence-transformers library, on the CPU unless told otherwise.

    Args:
        model: name on the model hub, or a local folder.
        device: torch device.
        query_prompt, memory_prompt: put before the texts; None: the model's own `query` and `passage` (or `document`)
            prompts, if it has any.
        batch_size: texts encoded together.

    Raises:
        EmbedderError: the library is not installed or the model cannot be loaded.
    """

    prior = None

    def __init__(
        self,
        model: str,
        *,
        device: str = "cpu",
        query_prompt: str | None = None,
        memory_prompt: str | None = None,
        batch_size: int = 32,
    ) -> None:
        self.name = model
        self._model = _load(model, device)
        self._batch_size = batch_size
        self._query_prompt = self._prompt(query_prompt, "query")
        self._memory_prompt = self._prompt(memory_prompt, "passage", "document")
        self.dim: int = self._model.get_embedding_dimension()
        self.revision = self._fingerprint()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(B, dim) float32, unit norm."""
        return self._encode(self._query_prompt, texts)

    def encode_memories(self, texts: Sequence[str]) -> Vectors:
        """(B, dim) float32, unit norm."""
        return self._encode(self._memory_prompt, texts)

    def split_passages(self, text: str) -> list[str]:
        """Passages that fit the model's longest input, at about three characters a token."""
        longest: int = self._model.max_seq_length or 512
        return split_passages(text, size=min(1200, 2 * longest))

    def _encode(self, prompt: str, texts: Sequence[str]) -> Vectors:
        vectors = self._model.encode(
            [prompt + clean(text) for text in texts],
            batch_size=self._batch_size,
            normalize_embeddings=True,
            show_progress_bar=False,
            prompt="",
        )
        return np.asarray(vectors, dtype=np.float32)

    def _prompt(self, given: str | None, *names: str) -> str:
        if given is not None:
            return given
        prompts: dict[str, str] = getattr(self._model, "prompts", None) or {}
        return next((prompts[name] for name in names if prompts.get(name)), "")

    def _fingerprint(self) -> str:
        """Twelve hexadecimal digits that change with the weights and the prompts."""
        digest = hashlib.sha256(f"{self._query_prompt}\0{self._memory_prompt}".encode())
        for name, tensor in sorted(self._model.state_dict().items()):
            flat = tensor.detach().flatten()
            digest.update(f"{name} {tuple(tensor.shape)} {flat[:8].tolist()} {flat[-8:].tolist()}".encode())
        return digest.hexdigest()[:12]


def _load(model: str, device: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EmbedderError(
            f"the backend sentence-transformers is not installed ({error.name or error})",
            "run: python3 scripts/install.py --with sentence-transformers",
        ) from error
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    try:
        return SentenceTransformer(model, device=device)
    except Exception as error:  # the library raises OSError, ValueError, RuntimeError and its hub client's own
        raise EmbedderError(
            f"the model {model!r} cannot be loaded: {type(error).__name__}: {error}",
            "set embedder.model to a local folder or a model that is downloaded already",
        ) from error
