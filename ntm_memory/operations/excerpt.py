"""Fitting an answer into a prompt: what says the same once, short memories whole, long ones cut to an equal share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ntm_memory.operations.results import RecalledMemory, Shown
from ntm_memory.recall.corpus import Corpus
from ntm_memory.store.records import Memory
from ntm_memory.text.excerpts import MARK, excerpt
from ntm_memory.text.folding import word_for_word

_ECHO = 500


def fold_in(folded: dict[str, RecalledMemory], answer: RecalledMemory) -> None:
    """Add a memory to those of an answer, by what they say; two that say the same are told as one."""
    said = word_for_word(answer.content)
    folded[said] = as_one(folded[said], answer) if said in folded else answer


def as_one(known: Shown, other: Shown) -> Shown:
    """Two memories that say the same, told as one: of both the attention, and how often and when it was last told.

    One that was perhaps revised since stands behind one that was told again.
    """
    told_again = known.superseded_by is not None and other.superseded_by is None
    shown, hidden = (other, known) if told_again else (known, other)
    return replace(
        shown,
        weight=round(known.weight + other.weight, 6),
        score=known.score,
        chance=known.chance,
        steps=known.steps,
        told=known.told + other.told,
        last_told=max(_last(known), _last(other)),
        also=(*known.also, hidden.id),
    )


def with_tellings(
    corpus: Corpus,
    answers: Sequence[Shown],
    allowed: NDArray[np.bool_] | None,
    index: NDArray[np.int64],
    weights: NDArray[np.floating],
) -> list[Shown]:
    """The memories of an answer, each with all others that say the same, whether they were looked at or not.

    Args:
        corpus: where they are.
        answers: each text once, uncut.
        allowed: (N,) what filters leave; None: everything.
        index: (n,) those that were looked at.
        weights: (n,) the attention that they drew.
    """
    complete = []
    spellings = [dict.fromkeys((answer.content, *_contents(corpus, answer.also))) for answer in answers]
    saying = corpus.saying_each([each for spelled in spellings for each in spelled])
    for answer, spelled in zip(answers, spellings, strict=True):
        known = {answer.id, *answer.also}
        same = [memory for spelling in spelled for memory in saying[spelling]]
        others = {memory.id: memory for memory in same if memory.id not in known}
        for id, place in corpus.places(list(others)).items() if others else ():
            if allowed is None or allowed[place]:
                drew = float(weights[index == place].sum())
                answer = as_one(answer, type(answer).of(others[id], drew, 0.0))
        complete.append(answer)
    return complete


def _contents(corpus: Corpus, ids: Sequence[str]) -> list[str]:
    """What memories say that were folded into one: the same, with other pauses."""
    places = np.array(list(corpus.places(list(ids)).values()), dtype=np.int64)
    return [memory.content for memory in corpus.memories(places) if memory is not None] if len(places) else []


def others_among(answers: Iterable[RecalledMemory], cut: Iterable[Memory | None]) -> int:
    """How many things those memories say that were cut from an answer, besides what it says."""
    said = {word_for_word(answer.content) for answer in answers}
    return len({word_for_word(memory.content) for memory in cut if memory is not None} - said)


def _last(memory: RecalledMemory) -> str:
    """When something was last told, as far as it is known, or happened."""
    return memory.last_told or memory.occurred_at or memory.updated_at or memory.created_at


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
