"""A text before it meets a model: cleaned, and cut into passages where it is longer than a model reads."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable

from ntm_memory.text.writing_systems import WIDE

PASSAGE = 1200
WIDTH = 3
MAX_PASSAGES = 64
_BREAKS = re.compile(r"(?<=\n)\s*|(?<=[.!?;])\s+|(?<=[。！？；…])")


def clean(text: str) -> str:
    """Unicode NFKC without NULs, lone surrogates and outer white space; the empty text stays empty."""
    return unicodedata.normalize("NFKC", text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")).strip()


def split_passages(text: str, size: int = PASSAGE, fits: Callable[[str], bool] | None = None) -> list[str]:
    """Split a text at line ends and sentence ends into passages of about equal size.

    Args:
        text: any text.
        size: characters of a passage; a CJK character counts as `WIDTH`, as it takes about that many times the tokens.
        fits: whether a model reads a passage whole; one that it does not is halved until it does.

    Returns:
        1 to `MAX_PASSAGES` passages. Up to that number they together say everything (at the default size about 77,000
        characters, 26,000 in CJK); what follows has no passage. A text of up to 1.5 × `size` that fits is one passage.
    """
    passages = _by_sentences(text[: 2 * MAX_PASSAGES * size], size)  # no more work than the cap can use
    if fits is None:
        return passages[:MAX_PASSAGES]
    return [part for passage in passages[:MAX_PASSAGES] for part in _halve(passage, fits)][:MAX_PASSAGES]


def _by_sentences(text: str, size: int) -> list[str]:
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
    step = max(1, size // WIDTH)
    pieces: list[str] = []
    for sentence in sentences:
        whole = _weight(sentence) <= size
        pieces += [sentence] if whole else [sentence[i : i + step] for i in range(0, len(sentence), step)]
    return pieces


def _halve(passage: str, fits: Callable[[str], bool]) -> list[str]:
    if len(passage) < 2 or fits(passage):
        return [passage]
    middle = len(passage) // 2
    space = passage.rfind(" ", middle // 2, middle) + 1  # 0: no white space near the middle
    return _halve(passage[: space or middle], fits) + _halve(passage[space or middle :], fits)


@functools.cache
def _wide() -> re.Pattern[str]:
    # compiled when a text is first cut: it takes as long as ten ordinary patterns, and a question is never cut
    return re.compile(f"[{WIDE}]")


def _weight(text: str) -> int:
    return len(text) + (WIDTH - 1) * len(_wide().findall(text))
