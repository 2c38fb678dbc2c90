"""Fitting an answer into a prompt: short memories whole, long ones cut to an equal share around what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ntm_memory.operations.results import Shown
from ntm_memory.text.excerpts import MARK, excerpt

_ECHO = 500


def fit_contents(answers: Sequence[Shown], max_chars: int, words: Sequence[str]) -> list[Shown]:
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
    return query if len(query) <= _ECHO else query[: _ECHO - len(MARK)] + MARK
