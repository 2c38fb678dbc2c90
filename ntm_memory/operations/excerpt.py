"""Fitting an answer into a prompt: short memories whole, long ones cut to an equal share around what was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ntm_memory.operations.results import RecalledMemory

_MARK = "…"
_ECHO = 500
_WORDS = 64
_PLACES = 500


def fit_contents(answers: Sequence[RecalledMemory], max_chars: int, words: Sequence[str]) -> list[RecalledMemory]:
    """Cut the contents so that together they have at most `max_chars` characters.

    Args:
        answers: best first.
        max_chars: ≥ 1; what the short ones leave is shared evenly by the long ones.
        words: index words of the question; a cut text shows the part that has most of them.
    """
    lengths = sorted(len(answer.content) for answer in answers)
    left, share = max_chars, max_chars
    for i, length in enumerate(lengths):
        share = left // (len(lengths) - i)
        if length > share:
            break
        left -= length
    else:
        return list(answers)
    return [
        answer
        if len(answer.content) <= share
        else replace(answer, content=excerpt(answer.content, share, words), truncated=True)
        for answer in answers
    ]


def echoed(query: str) -> str:
    """The question as the answer repeats it, bounded as all output is."""
    return query if len(query) <= _ECHO else query[: _ECHO - len(_MARK)] + _MARK


def excerpt(text: str, size: int, words: Sequence[str]) -> str:
    """At most `size` characters of a longer text: the window that holds most of the question's words."""
    inner = max(size - 2 * len(_MARK), 1)
    start = _best_start(text, inner, words)
    before = _MARK if start else ""
    after = _MARK if start + inner < len(text) else ""
    return (before + text[start : start + inner] + after)[:size]


def _best_start(text: str, inner: int, words: Sequence[str]) -> int:
    """Where the window of `inner` characters begins that has most distinct words; of equals the first.

    Words are looked for by plain search, so that a text of megabytes costs milliseconds: an index word is a stem, and
    its beginning stands in the text.
    """
    lowered = text.lower()
    plain = lowered if len(lowered) == len(text) else text  # a few letters grow when lowered and would shift the places
    step = max(inner // 2, 1)
    found: dict[int, set[str]] = {}
    for word in dict.fromkeys(words[:_WORDS]):
        for half in _halves(plain, word[: max(len(word) - 2, 3)], step):
            found.setdefault(half, set()).add(word)
    windows = {half - 1 for half in found} | set(found) | {0}
    best = max(
        (half for half in sorted(windows) if half >= 0),
        key=lambda half: len(found.get(half, set()) | found.get(half + 1, set())),
    )
    return max(min(best * step, len(text) - inner), 0)


def _halves(text: str, beginning: str, step: int) -> Iterator[int]:
    """The half windows in which a beginning of a word occurs, the first ones."""
    place = text.find(beginning)
    for _ in range(_PLACES):
        if place < 0:
            return
        yield place // step
        place = text.find(beginning, (place // step + 1) * step)
