"""All that names what a question asks all about: the index knows how much that is, whatever drew attention.

What a question is about is told by the same network that tells that it asks for all there is. Of that only what the
likeliest answers name too is believed, and counted as `list --about` counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.answering.at_times import BY_CONTENT
from ntm_memory.answering.looks import Looks
from ntm_memory.controller.asking import LEAST, LIKELY, SURE
from ntm_memory.operations.requests import LEAST_SEEN
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, Reading
from ntm_memory.store.records import About
from ntm_memory.text.folding import spaced_key
from ntm_memory.text.words import STOP_WORDS, WORD, index_words
from ntm_memory.text.writing_systems import is_cjk

OF_ANSWERS = 0.8
"""Share of the chances of what was read that must be of memories with the name."""
MOST_WORDS, MOST_LETTERS = 2, 4
"""A question of more words, or Chinese characters, is not looked at as a name alone."""
_BESIDE = " ?？!！.。"
Mask = NDArray[np.bool_]


class AllNamed(NamedTuple):
    """What a question asks all about.

    Args:
        name: as the question has it.
        there: (N,) which memories it may see name it.
        whole: whether it is all that the question is about, nothing else of it.
    """

    name: str
    there: Mask
    whole: bool

    def counted(self, shown: int) -> dict[str, Any] | None:
        """How many of them there are, and are shown; None of one alone, which counts nothing."""
        total = int(self.there.sum())
        return None if total < 2 else {"name": self.name, "total": total, "shown": shown}


def name_alone(corpus: Corpus, query: Query) -> Query:
    """A query that is nothing but a name, "Ines?", as one that asks all about it.

    That it is one is told by memories: some hold all its words, and the network takes no part of it for something else.
    """
    asked, text = query.asked, query.text.strip(_BESIDE)
    if asked is None or query.key is None or asked.anchor not in ("", text) or not _is_short(text):
        return query
    words = dict.fromkeys(index_words(text))
    held = corpus.holding([*words])
    if STOP_WORDS & set(words) or len(held) < len(words) or not np.all([*held.values()], axis=0).any():
        return query
    return replace(query, asked=asked._replace(steps=BY_CONTENT, anchor=text, all=max(asked.all, SURE)))


def _is_short(text: str) -> bool:
    most = MOST_LETTERS if is_cjk(text) else MOST_WORDS
    return 0 < len(text if is_cjk(text) else text.split()) <= most


def named(corpus: Corpus, query: Query, parts: Sequence[Query], reading: Reading) -> AllNamed | None:
    """What a question asks all about, where memories name it; None where it asks for something else, or none does."""
    asked, chances = query.asked, reading.chances
    if asked is None or chances is None or parts or query.times or query.place > LEAST or not corpus.is_now:
        return None
    is_name = bool(asked.anchor) and query.text.strip(_BESIDE) == asked.anchor
    read = ~np.isnan(chances)
    if not asked.anchor or not (is_name or query.everything > LIKELY) or not chances[read].sum() > 0:
        return None
    index, sure = reading.index[read], chances[read] / chances[read].sum()

    def is_common(there: Mask) -> bool:
        return float(sure[there[index]].sum()) >= OF_ANSWERS

    name, whole = _name_in(corpus, asked.anchor, is_common)
    there = corpus.naming(About(index_words(name), spaced_key(name))) if name else np.zeros(0, dtype=bool)
    if not name or not is_common(there):
        return None
    there = there if query.allowed is None else there & query.allowed
    return AllNamed(name, there, whole)


def gathered(looks: Looks, query: Query, reading: Reading, all_of: AllNamed, top_k: int, least: float) -> Reading:
    """A reading of what names what is asked all about, and of what else answers with a chance of `least`.

    Where more can be shown than was read, more of it is read.
    """
    assert reading.chances is not None
    chance = dict(zip(reading.index.tolist(), reading.chances.tolist(), strict=True))
    weight = dict(zip(reading.index.tolist(), reading.weights.tolist(), strict=True))
    order = [i for i, sure in chance.items() if not np.isnan(sure)]
    left = all_of.there.copy()
    left[order] = False
    if all_of.whole and left.any() and all_of.there[order].sum() < top_k:
        more = looks.by_content(replace(query, allowed=left))
        sure = np.full(len(more.index), np.nan) if more.chances is None else more.chances
        chance |= {i: each for i, each in zip(more.index.tolist(), sure.tolist(), strict=True) if not np.isnan(each)}
        order += [i for i in chance if not np.isnan(chance[i]) and i not in order]
        order.sort(key=lambda i: -chance[i])
    kept = [i for i in order if chance[i] >= (LEAST_SEEN if all_of.there[i] else least)]
    if all_of.whole:  # what names it is asked for, read or not
        rest = set(np.flatnonzero(all_of.there).tolist()) - set(kept)
        kept += sorted(rest - set(order), key=lambda i: -weight.get(i, 0.0))
    named_all = query.everything if all_of.whole else 0.0  # what is asked for is there: all that names it
    confidence = named_all + (1 - named_all) * reading.confidence
    weights = np.array([weight.get(i, 0.0) for i in kept])
    return replace(
        reading,
        index=np.array(kept, dtype=np.int64),
        weights=weights,
        logits=np.log(weights + 1e-16),
        confidence=confidence,
        chances=np.array([chance.get(i, np.nan) for i in kept]),
        steps=_steps(reading, kept),
    )


def _steps(reading: Reading, kept: Sequence[int]) -> tuple[Any, ...]:
    steps = dict(zip(reading.index.tolist(), reading.steps, strict=True)) if reading.steps else {}
    return tuple(steps.get(i, {}) for i in kept) if steps else ()


def _name_in(corpus: Corpus, anchor: str, is_common: Any) -> tuple[str, bool]:
    """The longest stretch of words of an anchor that the answers have in common, and whether that is all of it.

    Where words are written apart nothing less than all of them is a name.
    """
    cjk = is_cjk(anchor)
    spans = [(at, at + 2) for at in range(len(anchor) - 1)] if cjk else _words(anchor)
    there = corpus.holding([word for start, end in spans for word in index_words(anchor[start:end])])
    held = [
        all(word in there and is_common(there[word]) for word in index_words(anchor[start:end])) for start, end in spans
    ]
    if not spans or not any(held) or not (cjk or all(held)):
        return "", False
    if not cjk:
        return anchor[spans[0][0] : spans[-1][1]], True
    marks = "".join("x" if each else " " for each in held)
    longest = max(marks.split(), key=len)
    start = marks.index(longest)
    return anchor[start : start + len(longest) + 1], all(held)


def _words(anchor: str) -> list[tuple[int, int]]:
    """Where the words of a text stand that are no stop words."""
    return [match.span() for match in WORD.finditer(anchor) if match[0].casefold() not in STOP_WORDS]
