"""Attention that falls on a revised memory moves on to what revised it, as a shift moves a focus to another place."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, Reading

_PAST = re.compile(
    r"\b(?:used to|previous(?:ly)?|former(?:ly)?|before|ever|originally|at first|in the past|back then|once)\b"
    r"|以前|之前|从前|曾|原来|过去|当初|当时|[^以之目]前(?:住|在|用|做|的)",
    re.IGNORECASE,
)
KEPT = 0.1
"""Share of its attention that a revised memory keeps: it is still told, below its successor."""
_LOOKED_AT = 12  # an answer holds six memories unless asked for more
_FARTHEST = 8


def asks_of_the_past(text: str) -> bool:
    """Whether a question is about how things were: its answer may well be a memory that was revised."""
    return _PAST.search(text) is not None


def to_successors(corpus: Corpus, reading: Reading, query: Query) -> Reading:
    """The reading with attention moved from revised memories to their successors, unless it is asked of the past."""
    return reading if asks_of_the_past(query.text) else move_on(corpus, reading, query.allowed)


def move_on(known: Corpus, reading: Reading, allowed: NDArray[np.bool_] | None) -> Reading:
    """The reading with the attention of revised memories moved to their successors.

    Args:
        known: the memories.
        reading: where the heads look.
        allowed: (N,) what filters leave; None: everything. A successor that is filtered out gets nothing.
    """
    revised = reading.index[:_LOOKED_AT][known.slots.superseded[reading.index[:_LOOKED_AT]]]
    latest = {i: j for i, j in _latest(known, revised).items() if allowed is None or allowed[j]}
    if not latest:
        return reading
    weight = dict(zip(reading.index.tolist(), reading.weights.tolist(), strict=True))
    score = dict(zip(reading.index.tolist(), reading.logits.tolist(), strict=True))
    steps = dict(zip(reading.index.tolist(), reading.steps, strict=True)) if reading.steps else {}
    for old, new in latest.items():
        moved = (1 - KEPT) * weight[old]
        weight[old] -= moved
        weight[new] = weight.get(new, 0.0) + moved
        score[new] = max(score.get(new, score[old]), score[old])
        score[old] += float(np.log(KEPT))
        if reading.steps:
            steps[new] = {**steps.get(new, {}), "moved_here": round(moved, 6)}
            steps[old] = {**steps[old], "moved_on": round(moved, 6)}
    index = np.array(list(weight), dtype=np.int64)
    index = index[np.argsort(-np.array(list(weight.values())), kind="stable")]
    return replace(
        reading,
        index=index,
        weights=np.array([weight[i] for i in index.tolist()]),
        logits=np.array([score[i] for i in index.tolist()]),
        steps=tuple(steps[i] for i in index.tolist()) if reading.steps else (),
    )


def _latest(known: Corpus, revised: NDArray[np.int64]) -> dict[int, int]:
    """Index → index of the last one in the chain of those that revised it."""
    following: dict[int, int] = {}
    ahead = revised
    for _ in range(_FARTHEST):
        ahead = np.array([i for i in ahead if int(i) not in following], dtype=np.int64)
        if not len(ahead):
            break
        found = known.successors(ahead)
        following.update(found)
        ahead = np.array([j for j in found.values() if known.slots.superseded[j]], dtype=np.int64)
    latest = {}
    for i in revised.tolist():
        seen, there = {i}, i
        while following.get(there, i) not in seen:
            there = following[there]
            seen.add(there)
        if there != i:
            latest[i] = there
    return latest
