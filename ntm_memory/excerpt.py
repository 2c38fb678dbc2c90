"""Fitting an answer into a prompt: short memories whole, long ones cut to an equal share around what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ntm_memory.recall.words import index_words
from ntm_memory.results import RecalledMemory

_MARK = "…"


def fit(answers: Sequence[RecalledMemory], max_chars: int, words: Sequence[str]) -> list[RecalledMemory]:
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


def excerpt(text: str, size: int, words: Sequence[str]) -> str:
    """At most `size` characters of a longer text: the window that holds most of the question's words."""
    inner = max(size - 2 * len(_MARK), 1)
    wanted = set(words)
    starts = range(0, max(len(text) - inner, 0) + 1, max(inner // 2, 1))
    best = max(starts, key=lambda start: len(wanted.intersection(index_words(text[start : start + inner]))), default=0)
    before = _MARK if best else ""
    after = _MARK if best + inner < len(text) else ""
    return (before + text[best : best + inner] + after)[:size]
