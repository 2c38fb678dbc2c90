"""Of two memories that both may answer, which one tells how things are now."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ntm_memory.machine.activations import logistic
from ntm_memory.reader.joining import Array, Judgement
from ntm_memory.reader.parameters import SecondLookParameters
from ntm_memory.reader.relations import AS_READ, RELATIONS, may_revise
from ntm_memory.store.records import Memory

BEHIND = 1e-3
LIKELY, SURELY = 0.5, 0.7
"""The least learned chance that the newer of two memories answers rather than the older, at which it is put first:
where the reader thinks that it revises the older, and where it does not."""
RIVAL = -1.0
"""The least logit of a memory that may answer; 0 is as likely as "none of these"."""
_LARGEST = 10.0
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
Relate = Callable[[Sequence[tuple[str, str]]], Array]
"""Pairs of an older and a newer text → (n, 4) shares of `RELATIONS`."""


class Rivals(NamedTuple):
    """Places of two memories, of which the newer one may tell a newer state of the older."""

    older: int
    newer: int


def find_rivals(logits: Array, may_revise: Callable[[int, int], bool]) -> Rivals | None:
    """The two likeliest memories, where both may answer and one may revise the other.

    Args:
        logits: (n,) above NULL.
        may_revise: whether the memory at one place may tell a newer state of that at another.
    """
    best = np.argsort(-logits, kind="stable")[:2].tolist()
    if len(best) < 2 or logits[best[1]] < RIVAL:
        return None
    one, other = best
    if may_revise(one, other):
        return Rivals(other, one)
    return Rivals(one, other) if may_revise(other, one) else None


def revising(shares: Array) -> float:
    """Log-odds that a newer text revises an older one, of their (4,) shares."""
    share = np.clip(shares[RELATIONS.index("revises")], 1e-9, 1 - 1e-9)
    return float(np.clip(np.log(share / (1 - share)), -_LARGEST, _LARGEST))


def newest_signals(logits: Array, rivals: Rivals, revises: float) -> Array:
    """(3,) what is asked whether the newer one answers rather than the older, in the order of `parameters.NEWEST`."""
    lead = float(np.clip(logits[rivals.newer] - logits[rivals.older], -_LARGEST, _LARGEST))
    return np.array([1.0, lead, revises])


def newest_first(
    judged: Judgement, memories: Sequence[Memory], question: str, relate: Relate, p: SecondLookParameters
) -> Judgement:
    """A judgement in which of two memories that both may answer the newer stands first, where it revises the older.

    What was learned of such pairs decides, and asks for less where the reader thinks so, too. Of a thing that the
    question tells by its number ("room 322") what has another number tells nothing.

    Args:
        judged: of n memories.
        memories: n in the same order.
        question: as it was asked.
        relate: asked once at most, where the older of two stands first.
        p: what was learned about that.
    """
    logits = judged.logits
    rivals = find_rivals(logits, lambda new, old: may_revise(memories[new], memories[old]))
    if rivals is None or logits[rivals.newer] >= logits[rivals.older]:
        return judged
    older, newer = (memories[place].content[:AS_READ] for place in rivals)
    if numbers(question) & numbers(older) - numbers(newer):
        return judged
    revises = revising(relate([(older, newer)])[0])
    chance = float(logistic(newest_signals(logits, rivals, revises) @ p.newest))
    if chance < (LIKELY if revises > 0 else SURELY):
        return judged
    return exchanged(judged, rivals)


def numbers(text: str) -> set[str]:
    """The numbers in a text, in digits, as they are written."""
    return set(_NUMBER.findall(text))


def exchanged(judged: Judgement, rivals: Rivals) -> Judgement:
    """A judgement in which two memories have changed places."""
    places = np.arange(len(judged.logits))
    places[list(rivals)] = rivals[::-1]
    return replace(judged, logits=judged.logits[places], chances=judged.chances[places])


def marked_behind(judged: Judgement, memories: Sequence[Memory]) -> Judgement:
    """A judgement in which a memory stands behind the one that is marked to revise it, where that one answers too."""
    moved = judged.logits.copy()
    place = {memory.id: at for at, memory in enumerate(memories)}
    for at, memory in enumerate(memories):
        newer = place.get(memory.superseded_by or "")
        if newer is not None and judged.logits[newer] > 0:
            moved[at] = min(moved[at], judged.logits[newer] - BEHIND)
    return replace(judged, logits=moved)
