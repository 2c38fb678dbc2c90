"""The part of a long text that says most of what was asked."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from ntm_memory.text.writing_systems import CJK

MARK = "…"
"""Stands where something was left out."""
_WORDS = 64
_PLACES = 500
_WINDOWS = 64
_LETTER = rf"[^\W_{CJK}]"  # Chinese puts no space between a number and what is counted


def excerpt(text: str, size: int, words: Sequence[str]) -> str:
    """At most `size` characters of a longer text: the window that holds most of the question's words."""
    inner = max(size - 2 * len(MARK), 1)
    start = _best_start(text, inner, words)
    before = MARK if start else ""
    after = MARK if start + inner < len(text) else ""
    return (before + text[start : start + inner] + after)[:size]


def _best_start(text: str, inner: int, words: Sequence[str]) -> int:
    """Where the window of `inner` characters begins that says most of what was asked, with as much before as after it.

    A word counts by how few half windows hold it, one with digits twice: in a list of a thousand numbers it is the one
    that was asked for, not the words around each of them. Of equal windows the one where the words stand closest
    together. Linear in the text: one of megabytes costs milliseconds.
    """
    lowered = text.lower()
    plain = lowered if len(lowered) == len(text) else text  # a few letters grow when lowered and would shift the places
    step = max(inner // 2, 1)
    patterns = {word: _pattern(word) for word in dict.fromkeys(words[:_WORDS])}
    found: dict[int, set[str]] = {}
    weight: dict[str, float] = {}
    for word, pattern in patterns.items():
        halves = list(_halves(plain, pattern, step))
        weight[word] = math.log1p(len(plain) / step / max(len(halves), 1)) * (2 if _is_exact(word) else 1)
        for half in halves:
            found.setdefault(half, set()).add(word)
    windows = sorted(({half - 1 for half in found} | set(found) | {0}) - {-1})
    held = {half: found.get(half, set()) | found.get(half + 1, set()) for half in windows}
    score = {half: round(sum(weight[word] for word in held[half]), 9) for half in windows}
    most = max(score.values())
    best = [half for half in windows if score[half] == most][:_WINDOWS]
    spans = [_closest(plain, half * step, inner, {word: patterns[word] for word in held[half]}) for half in best]
    first, last = min(spans, key=lambda span: span[1] - span[0])
    return max(min((first + last) // 2 - inner // 2, len(text) - inner), 0)


def _closest(text: str, start: int, inner: int, patterns: Mapping[str, re.Pattern[str]]) -> tuple[int, int]:
    """(first, last) place of the shortest stretch of a window that holds all of these words."""
    places = sorted(
        (match.start(), word)
        for word, pattern in patterns.items()
        for match in itertools.islice(pattern.finditer(text, start, start + inner + 1), _PLACES)
    )
    latest: dict[str, int] = {}
    best = (start, start + inner)
    for place, word in places:
        latest[word] = place
        if len(latest) == len(patterns) and place - min(latest.values()) < best[1] - best[0]:
            best = (min(latest.values()), place)
    return best if places else (start, start)


def _is_exact(word: str) -> bool:
    """Whether a word is a number or holds one: it is meant as it is written."""
    return any(map(str.isdigit, word))


def _pattern(word: str) -> re.Pattern[str]:
    """An index word is a stem, and its beginning stands in the text; what holds digits stands there whole."""
    exact = _is_exact(word)
    before = f"(?<!{_LETTER})" if word[:1].isascii() else ""
    return re.compile(before + re.escape(word if exact else word[: max(len(word) - 2, 3)]) + f"(?!{_LETTER})" * exact)


def _halves(text: str, pattern: re.Pattern[str], step: int) -> Iterator[int]:
    """The half windows in which a word occurs, the first ones."""
    match = pattern.search(text)
    for _ in range(_PLACES):
        if match is None:
            return
        yield match.start() // step
        match = pattern.search(text, (match.start() // step + 1) * step)
