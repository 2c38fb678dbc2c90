"""Questions that ask for several things, or come wrapped in talk: each question within is looked for on its own.

One key for "where does my brother live? And which phone do I have?" points between both answers, and the memories that
are a little like both stand before the one that tells the second. So every question within a text is read by itself
besides the whole, and a memory counts by the read that wants it most.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ntm_memory.recall.intent import parse_intent
from ntm_memory.recall.reader import Reading
from ntm_memory.recall.words import STOP_WORDS, index_words, is_cjk

MOST = 3  # each costs an embedding
_LEAST = 3  # words, or pairs of Chinese characters: "and his?" says nothing without the rest
_SENTENCES = re.compile(r"(?<=[？！。\n])|(?<=[?!])(?![a-zA-Z0-9=&/%\"'”’』」)）])|(?<=[^\W\d_]{2}\.)\s+")
_SHORTENED = re.compile(r"\b(?:mrs?|ms|dr|prof|st|jr|sr|vs|no|approx|e\.g|i\.e)\.$", re.IGNORECASE)
_QUESTION = re.compile(r"[?？][\s\"'”’』」)）]*$")


def questions_within(text: str) -> tuple[str, ...]:
    """The last `MOST` questions of a text that says more than one thing, in order; none where it is one question.

    What asks by place ("what came right after …?", "然后呢？") is no question of its own.
    """
    sentences: list[str] = []
    for piece in _SENTENCES.split(text):
        if sentences and _SHORTENED.search(sentences[-1]):
            sentences[-1] += f" {piece}"
        else:
            sentences.append(piece)
    found = [sentence.strip() for sentence in sentences if _QUESTION.search(sentence)]
    usable = [each for each in found if each != text.strip() and _speaks(each) and parse_intent(each) is None]
    return tuple(usable[-MOST:])


def _speaks(question: str) -> bool:
    """Whether a question can be looked for by what it says."""
    words = [word for word in index_words(question) if word not in STOP_WORDS]
    return bool(words) and (len(words) if is_cjk(question) else len(question.split())) >= _LEAST


def together(readings: Sequence[Reading], asked: Sequence[str]) -> Reading:
    """One reading of several: a memory's weight is the largest that any of them gives it, times how sure that one is.

    Args:
        readings: at least one; of the whole question and of each question within.
        asked: what each of them asked.

    Returns:
        Weights sum to as much as those of the reading that kept most; the confidence is the surest one's.
    """
    full = [reading for reading in readings if len(reading.index)]
    if len(full) < 2:
        return full[0] if full else readings[0]
    best: dict[int, tuple[float, int, int]] = {}
    for number, reading in enumerate(readings):
        for place, (index, weight) in enumerate(zip(reading.index.tolist(), reading.weights.tolist(), strict=True)):
            best[index] = max(best.get(index, (-1.0, 0, 0)), (weight * reading.confidence, -number, place))
    index = np.array(list(best), dtype=np.int64)
    weights = np.array([weight for weight, _, _ in best.values()])
    weights *= max(reading.weights.sum() for reading in full) / max(weights.sum(), 1e-16)
    ranked = np.argsort(-weights, kind="stable")
    steps = [
        {**readings[-number].steps[place], "asked": asked[-number]} for _, number, place in best.values()
    ] if readings[0].steps else []  # fmt: skip
    return replace(
        readings[0],
        index=index[ranked],
        weights=weights[ranked],
        score=np.log(weights[ranked] + 1e-16),
        confidence=max(reading.confidence for reading in full),
        steps=tuple(steps[i] for i in ranked) if steps else (),
    )
