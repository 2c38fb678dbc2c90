"""What every embedder can do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

PASSAGE = 1200
WIDE = 3
_WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af]")
_BREAKS = re.compile(r"(?<=\n)\s*|(?<=[.!?;])\s+|(?<=[。！？；…])")


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

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(B, dim) float32, unit norm, for questions."""
        ...

    def encode_memories(self, texts: Sequence[str]) -> Vectors:
        """(B, dim) float32, unit norm, for what is stored."""
        ...

    def split_passages(self, text: str) -> list[str]:
        """The passages of a text, at least one, each short enough to be read whole."""
        ...


def clean(text: str) -> str:
    """Unicode NFKC without NULs and lone surrogates."""
    return unicodedata.normalize("NFKC", text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8"))


def split_passages(text: str, size: int = PASSAGE) -> list[str]:
    """Split a text at line ends and sentence ends into passages of about equal size.

    Args:
        text: any text.
        size: characters of a passage at most; a CJK character counts as `WIDE`, as it takes about that many times the tokens.

    Returns:
        One or more passages that together say everything; a text of up to 1.5 × `size` is one passage.
    """
    weight = _weight(text)
    if weight <= 1.5 * size:
        return [text]
    target = weight / -(-weight // size)
    passages, current, held = [], "", 0.0
    for piece in _pieces(text, size):
        heavy = _weight(piece)
        if current and held + heavy / 2 > target:
            passages.append(current)
            current, held = "", 0.0
        current, held = current + piece, held + heavy
    return [passage for passage in (*passages, current) if passage.strip()] or [text[:size]]


def _pieces(text: str, size: int) -> list[str]:
    """Sentences with their white space; one without any end is cut by force."""
    cuts = [0, *(match.end() for match in _BREAKS.finditer(text)), len(text)]
    sentences = [text[a:b] for a, b in zip(cuts, cuts[1:], strict=False) if b > a]
    step = size // WIDE
    return [
        sentence[i : i + step] if _weight(sentence) > size else sentence
        for sentence in sentences
        for i in (range(0, len(sentence), step) if _weight(sentence) > size else (0,))
    ]


def _weight(text: str) -> int:
    return len(text) + (WIDE - 1) * len(_WIDE.findall(text))
