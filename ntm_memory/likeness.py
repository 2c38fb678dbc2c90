"""Whether two texts say nearly the same, to the letter: twins that differ in a number, a date, a name, a negation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

LIKE = 0.8
_PHRASE = 3
_HALF = 0.5
_READ = 2_000
_UNITS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


def likeness(one: str, other: str) -> float:
    """The share of the text they have in common, 0–1; 0 unless it is at least `LIKE` or all but one short phrase.

    Args:
        one: a text; of a long one the first 2,000 characters are compared.
        other: another.
    """
    one, other = one[:_READ].casefold(), other[:_READ].casefold()
    units, others = _UNITS.findall(one), _UNITS.findall(other)
    if units and units == others:
        return 1.0
    shared = _around(units, others)
    longer = max(len(units), len(others))
    phrase = shared / longer if longer - shared <= _PHRASE and shared >= _HALF * longer else 0.0
    return max(phrase, _by_letters(one, other))


def _around(units: Sequence[str], others: Sequence[str]) -> int:
    """How many words (characters in CJK) both have before and after the one place where they differ."""
    least = min(len(units), len(others))
    before = next((i for i in range(least) if units[i] != others[i]), least)
    after = next((i for i in range(least - before) if units[-1 - i] != others[-1 - i]), least - before)
    return before + after


def _by_letters(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    # two upper bounds, each cheaper than the ratio itself, which is quadratic
    if matcher.real_quick_ratio() < LIKE or matcher.quick_ratio() < LIKE:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= LIKE else 0.0
