"""Words → key vectors. Backends are imported when they are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntm_memory.errors import EmbedderError

if TYPE_CHECKING:
    from ntm_memory.embedding.base import Embedder

__all__ = ["BACKENDS", "load_embedder"]

BACKENDS = ("e5", "sentence-transformers", "tiny")


def load_embedder(settings: Mapping[str, Any], seen: Path | None = None) -> Embedder:
    """The configured embedder.

    Args:
        settings: `backend`, `model`, `device`, `query_prompt`, `memory_prompt`, `batch_size`, as in config.json.
        seen: where to remember that a weights file was checked.

    Raises:
        EmbedderError: unknown backend, or its library or weights are missing.
    """
    backend = settings.get("backend", "e5")
    if backend == "e5":
        from ntm_memory.embedding.e5 import E5Embedder

        return E5Embedder(Path(settings["model"]) if settings.get("model") else None, seen)
    if backend == "sentence-transformers":
        from ntm_memory.embedding.st import SentenceTransformersEmbedder

        if not settings.get("model"):
            raise EmbedderError("embedder.model is not set", "name a sentence-transformers model or a local folder")
        options = {name: value for name, value in settings.items() if name not in ("backend", "model")}
        return SentenceTransformersEmbedder(settings["model"], **options)
    if backend == "tiny":
        from ntm_memory.embedding.tiny import TinyEmbedder

        return TinyEmbedder()
    raise EmbedderError(f"unknown embedder backend {backend!r}", f"backends are: {', '.join(BACKENDS)}")
