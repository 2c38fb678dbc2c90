"""Any sentence-transformers model, by name or local folder. The library is imported when the embedder is made."""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from ntm_memory.embedding.base import Vectors
from ntm_memory.errors import EmbedderError
from ntm_memory.paths import expanded, setup_hint
from ntm_memory.text.passages import PASSAGE, clean, split_passages

_CHARACTERS_A_TOKEN = 2
_DOWNLOAD = """{python} -c "from sentence_transformers import SentenceTransformer as S; S('{model}')\""""


class SentenceTransformersEmbedder:
    """A model of the sentence-transformers library, on the CPU unless told otherwise.

    Args:
        model: a local folder, or the name of a model that is on this machine already: nothing is downloaded here.
        device: torch device.
        query_prompt, memory_prompt: put before the texts; None: the model's own `query` and `document` (or `passage`)
            prompts, else its default prompt, else nothing.
        batch_size: texts encoded together.

    Raises:
        EmbedderError: the library is not installed or the model cannot be loaded.
    """

    prior = query_adapter = None

    def __init__(
        self,
        model: str,
        *,
        device: str = "cpu",
        query_prompt: str | None = None,
        memory_prompt: str | None = None,
        batch_size: int = 32,
    ) -> None:
        folder = expanded(model)
        local = os.path.isdir(folder)
        if not local and os.path.lexists(folder):
            raise EmbedderError(
                f"{folder} is no folder", "set embedder.model to a folder that holds a model, or a name"
            )
        self.name = "/".join(folder.resolve().parts[-2:]) if local else model
        self._model = _load(str(folder) if local else model, device)
        self._batch_size = batch_size
        self._query_prompt = self._prompt(query_prompt, "query")
        self._memory_prompt = self._prompt(memory_prompt, "document", "passage")
        self.revision = self._fingerprint()
        self.dim = self.encode_queries([""]).shape[1]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(B, dim) float32, unit norm."""
        return self._encode(getattr(self._model, "encode_query", self._model.encode), self._query_prompt, texts)

    def encode_memories(self, texts: Sequence[str]) -> Vectors:
        """(B, dim) float32, unit norm; a text is cut at the model's longest input, see `split_passages`."""
        return self._encode(getattr(self._model, "encode_document", self._model.encode), self._memory_prompt, texts)

    def split_passages(self, text: str) -> list[str]:
        """Passages that fit the model's longest input, reckoned at two characters a token."""
        longest: int = self._model.max_seq_length or PASSAGE
        return split_passages(text, size=min(PASSAGE, _CHARACTERS_A_TOKEN * longest))

    def _encode(self, encode: Any, prompt: str, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        vectors = encode(
            [clean(text) for text in texts],
            prompt=prompt,
            batch_size=self._batch_size,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)

    def _prompt(self, given: str | None, *names: str) -> str:
        if given is not None:
            return given
        prompts: dict[str, str] = self._model.prompts or {}
        default = self._model.default_prompt_name
        return next((prompts[name] for name in (*names, default) if prompts.get(name)), "")

    def _fingerprint(self) -> str:
        """Twelve hexadecimal digits that change with the weights and the prompts, not with the library's version."""
        ends = []
        for tensor in self._model.state_dict().values():
            flat = tensor.detach().flatten()
            ends.append(f"{tuple(tensor.shape)} {flat[:8].tolist()} {flat[-8:].tolist()}")
        told = "\0".join([self._query_prompt, self._memory_prompt, *sorted(ends)])
        return hashlib.sha256(told.encode()).hexdigest()[:12]


def _load(model: str, device: str) -> Any:
    try:
        library: Any = importlib.import_module("sentence_transformers")
        progress: Any = importlib.import_module("transformers.utils.logging")
    except (ImportError, OSError) as error:  # OSError: a shared library of torch that does not load
        raise EmbedderError(
            f"the backend sentence-transformers is not usable: {error}",
            setup_hint("sentence-transformers"),
        ) from error
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    if not sys.stderr.isatty():
        progress.disable_progress_bar()
    try:
        return library.SentenceTransformer(model, device=device, local_files_only=True)
    except Exception as error:  # the library raises OSError, ValueError, RuntimeError and its hub client's own
        told = " ".join(str(error).split())
        raise EmbedderError(
            f"the model {model!r} cannot be loaded from this machine: {type(error).__name__}: {told}",
            "set embedder.model to a folder that holds one, or download it once: "
            + _DOWNLOAD.format(python=sys.executable, model=model),
        ) from error
