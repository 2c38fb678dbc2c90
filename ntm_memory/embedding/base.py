"""What every embedder can do, and how a store names the one that wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors whose cosine says how alike they are."""

    @property
    def name(self) -> str:
        """Which model, e.g. `multilingual-e5-small-q4`."""
        ...

    @property
    def revision(self) -> str:
        """Which weights: vectors of different revisions never meet."""
        ...

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        ...

    @property
    def prior(self) -> Vectors | None:
        """(2, dim) mean vector of memories in spaced scripts and in CJK, None if not known."""
        ...

    @property
    def query_adapter(self) -> Vectors | None:
        """(2, dim, r) learned map of centred questions towards their answers, x + B·Aᵀx; None if not learned."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(B, dim) float32, unit norm, for questions."""
        ...

    def encode_memories(self, texts: Sequence[str]) -> Vectors:
        """(B, dim) float32, unit norm, for what is stored."""
        ...

    def split_passages(self, text: str) -> list[str]:
        """The passages of a text, 1 to `text.MAX_PASSAGES`, each short enough to be read whole."""
        ...
