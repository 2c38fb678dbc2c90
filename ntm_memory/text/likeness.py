"""Whether two texts say nearly the same, word by word: twins that differ in a number, a date, a name, a negation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ntm_memory.text.writing_systems import CJK

LIKE = 0.8
_PHRASE = 3
_HALF = 0.5
_READ = 10_000
_UNITS = re.compile(rf"[{CJK}]|[^\W{CJK}]+")


def likeness(one: str, other: str) -> float:
    """The share of their words that two texts have in common, 0–1; 0 for texts that are no twins.

    Twins have `LIKE` of their words in common, whatever the order, or all but one short phrase at one place. In
    Chinese, Japanese and Korean each character is a word. Linear in the length of the texts, unlike edit distances.

    Args:
        one: a text; of a long one the first 10,000 characters are compared.
        other: another.
    """
    words, others = (_UNITS.findall(text[:_READ].casefold()) for text in (one, other))
    if not words or not others:
        return float(one == other)
    bag = 2 * sum((Counter(words) & Counter(others)).values()) / (len(words) + len(others))
    if bag >= LIKE:
        return bag
    around, longer = _around(words, others), max(len(words), len(others))
    return around / longer if longer - around <= _PHRASE and around >= _HALF * longer else 0.0


def _around(words: Sequence[str], others: Sequence[str]) -> int:
    """How many words both have before and after the one place where they differ."""
    least = min(len(words), len(others))
    before = next((i for i in range(least) if words[i] != others[i]), least)
    after = next((i for i in range(least - before) if words[-1 - i] != others[-1 - i]), least - before)
    return before + after
