"""Words → key vectors. Backends, and the libraries they need, are imported when they are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ntm_memory.embedding.base import Embedder
from ntm_memory.errors import EmbedderError
from ntm_memory.paths import expanded

__all__ = ["BACKENDS", "Embedder", "load_embedder"]

BACKENDS = ("e5", "sentence-transformers", "tiny")


def load_embedder(settings: Mapping[str, Any], *, cache_dir: Path | None = None) -> Embedder:
    """The configured embedder.

    Args:
        settings: `backend`, `model`, `device`, `query_prompt`, `memory_prompt`, `batch_size`, as in config.json. For
            `e5`, `model` is the path of the weights file (null: where it was installed); the others have no effect.
        cache_dir: folder in which to remember that a weights file was checked; it need not exist or be writable. None:
            the file is checked each time.

    Raises:
        EmbedderError: unknown backend, or its library or weights are missing.
    """
    backend, model = settings.get("backend", "e5"), settings.get("model")
    if backend == "e5":
        from ntm_memory.embedding.e5 import E5Embedder

        return E5Embedder(expanded(model) if model else None, cache_dir=cache_dir)
    if backend == "sentence-transformers":
        from ntm_memory.embedding.st import SentenceTransformersEmbedder

        if not model:
            raise EmbedderError("embedder.model is not set", "name a sentence-transformers model or a local folder")
        known = ("device", "query_prompt", "memory_prompt", "batch_size")
        return SentenceTransformersEmbedder(model, **{name: settings[name] for name in known if name in settings})
    if backend == "tiny":
        from ntm_memory.embedding.tiny import TinyEmbedder

        return TinyEmbedder()
    raise EmbedderError(f"unknown embedder backend {backend!r}", f"backends are: {', '.join(BACKENDS)}")
