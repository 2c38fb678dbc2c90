"""Words that only present what was recalled, told from words that say something: a learned sum of weights.

`python -m bench.fit echoes` learns the weights; a word that it never saw counts as one that says something.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ntm_memory.errors import CheckpointError, why_unread
from ntm_memory.text.writing_systems import CJK

SHIPPED = Path(__file__).with_name("framing.json")
FORMAT, VERSION = "ntm-memory-system/framing", 1
UNKNOWN, TOLD, NUMBER, SHARE, ORDINAL = "<unknown>", "<told>", "<number>", "<share>", "<ordinal>"
STAMP, PAIR, ALONE = "<stamp>", "<pair>", "alone "
ASKED, ASKED_AFTER = "\ue000", "\ue001"
"""Signs for a question before memories, and for one after them."""
_SHARE = re.compile(r"0?\.\d+|1\.0+|\d{1,3}(?:\.\d+)?%")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dt\d\d:.*", re.IGNORECASE)
_CHARACTER = re.compile(f"[{CJK}]")


class Leftover(NamedTuple):
    """What of a text is left when the memories that it tells are cut out.

    Args:
        spans: the words between them, a list each.
        told: all words of these memories.
        memories: how many there are.
        words: how many words these have.
        is_print: whether the text has ids, tags or field names of our own printing.
    """

    spans: Sequence[Sequence[str]]
    told: Collection[str]
    memories: int
    words: int
    is_print: bool


@dataclass(frozen=True)
class Framing:
    """Learned weights.

    Args:
        weights: word or feature → how much it speaks for presenting.
        least: the sum from which on all of it only presents.
    """

    weights: Mapping[str, float]
    least: float

    def only_presents(self, leftover: Leftover) -> bool:
        """Whether these words only present memories."""
        return self.score(leftover) >= self.least

    def score(self, leftover: Leftover) -> float:
        """The sum of the weights of what is left; of the part between two memories that has least, if that is less.

        So what is said anew in one part is not made up for by what only presents in another.
        """
        parts = [leftover._replace(spans=[span]) for span in leftover.spans]
        return min(map(self._sum, [leftover, *parts])) if len(parts) > 1 else self._sum(leftover)

    def _sum(self, leftover: Leftover) -> float:
        found = features(leftover, self.weights)
        return sum(self.weights.get(name, 0.0) * value for name, value in found.items())


def features(leftover: Leftover, known: Collection[str]) -> dict[str, float]:
    """What is counted of a leftover: known words as themselves, others by their kind, and how much of each there is.

    What stands there several times counts once: it is what is put before each item of a list.
    """
    kinds = {word: _kind(word, leftover, known) for word in set(units(leftover.spans))}
    counts = Counter(kinds.values())
    count = len(kinds)
    return {
        **{name: min(float(n), 1.0) if name in (SHARE, ORDINAL, STAMP) else float(n) for name, n in counts.items()},
        "bias": 1.0,
        "*memories": math.log(max(leftover.memories, 1)),
        "*share": leftover.words / (leftover.words + count),
        "*printed": float(leftover.is_print),
    }


def units(spans: Sequence[Sequence[str]]) -> list[str]:
    """The words of what is left in small, pairs of Chinese characters, and marked those that stand alone."""
    found: list[str] = []
    for span in spans:
        small = [word.lower() for word in span]
        found += small
        if len(small) == 1:
            found.append(ALONE + small[0])
        found += [a + b for a, b in zip(small, small[1:], strict=False) if _CHARACTER.match(a) and _CHARACTER.match(b)]
    return found


def _kind(word: str, leftover: Leftover, known: Collection[str]) -> str:
    if word in known:
        return word
    if _SHARE.fullmatch(word):
        return SHARE
    if word.isdecimal() and len(word) < 4 and int(word) <= leftover.memories:
        return ORDINAL
    if word[:1].isdigit():
        return STAMP if _STAMP.fullmatch(word) else NUMBER
    if word.startswith(ALONE):
        return ALONE + _kind(word.removeprefix(ALONE), leftover, known)
    if len(word) == 2 and _CHARACTER.match(word):
        return PAIR if not set(word) <= set(leftover.told) else TOLD
    return TOLD if word in leftover.told else UNKNOWN


@functools.cache
def shipped() -> Framing:
    """The weights that ship.

    Raises:
        CheckpointError: their file is damaged.
    """
    return load(SHIPPED)


def load(file: Path) -> Framing:
    """Weights from a file.

    Raises:
        CheckpointError: it is unreadable or of another kind.
    """
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        weights = {str(name): float(value) for name, value in found["parameters"]["weights"].items()}
        least = float(found["parameters"]["least"])
        if (found["format"], found["version"]) != (FORMAT, VERSION) or not all(map(math.isfinite, weights.values())):
            raise ValueError("another format, or a weight that is no number")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{file} cannot be read: {why_unread(error)}", "install the package again") from error
    return Framing(weights, least)
