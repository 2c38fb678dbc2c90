"""Of memories that both may answer, which one tells how it was before: where a question asks for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ntm_memory.machine.activations import logistic
from ntm_memory.reader.joining import Array, Judgement
from ntm_memory.reader.newest import LIKELY, RIVAL, Relate, Rivals, exchanged, newest_signals, revising
from ntm_memory.reader.parameters import SecondLookParameters
from ntm_memory.reader.relations import AS_READ, RELATIONS, may_revise
from ntm_memory.recall.first_look import Query
from ntm_memory.store.records import Memory
from ntm_memory.text.words import index_words

_UNRELATED = RELATIONS.index("unrelated")
_ABOUT_THE_SAME = 0.5
"""The least chance that two memories have to do with each other at which one may tell an older state of the other."""


class Former(NamedTuple):
    """A judgement, and the places of two of its memories of which one was so until the other; None: there are none."""

    judged: Judgement
    pair: Rivals | None


def former_first(
    judged: Judgement, memories: Sequence[Memory], query: Query, relate: Relate, p: SecondLookParameters
) -> Former:
    """A judgement of a question about the past: of two memories that tell of the same the older stands first.

    It is what `newest_first` does, mirrored: as sure as the newer one answers a question about now, the older one does
    here. One that stands behind because the question names the newer one ("before Kestrel") is not behind.

    Args:
        judged: of n ≥ 1 memories.
        memories: n in the same order.
        query: the question.
        relate: asked once at most, for all that may be older or newer than the best.
        p: what was learned of such pairs.
    """
    best = int(judged.logits.argmax())
    rivals = [pair for place in range(len(memories)) if (pair := _rivals(memories, best, place)) is not None]
    if not rivals:
        return Former(judged, None)
    shares = relate(
        [(memories[each.older].content[:AS_READ], memories[each.newer].content[:AS_READ]) for each in rivals]
    )
    same = [(pair, of) for pair, of in zip(rivals, shares, strict=True) if 1 - of[_UNRELATED] >= _ABOUT_THE_SAME]
    older = [(pair, of) for pair, of in same if pair.newer == best]
    if older:
        pair, of = max(older, key=lambda each: float(judged.logits[each[0].older]))
        leads = _older_leads(judged, memories, pair, query, of, p)
        return Former(exchanged(judged, pair), pair) if leads else Former(judged, None)
    newer = [pair for pair, _ in same if judged.logits[pair.newer] >= RIVAL]
    return Former(judged, max(newer, key=lambda pair: float(judged.logits[pair.newer]), default=None))


def _rivals(memories: Sequence[Memory], best: int, other: int) -> Rivals | None:
    if other == best:
        return None
    if may_revise(memories[best], memories[other]):
        return Rivals(other, best)
    return Rivals(best, other) if may_revise(memories[other], memories[best]) else None


def _older_leads(
    judged: Judgement,
    memories: Sequence[Memory],
    pair: Rivals,
    query: Query,
    shares: Array,
    p: SecondLookParameters,
) -> bool:
    """Whether the older of two answers, though the newer one is liker to the question.

    As surely as the past is asked for it is the older one where that leads; else where the newer one does not.
    """
    revises = revising(shares)
    newest = float(logistic(newest_signals(judged.logits, pair, revises) @ p.newest))
    logits, asked = judged.logits.copy(), set(query.words)
    words = [set(index_words(memories[place].content)) & asked for place in pair]
    if words[1] - words[0] and not words[0] - words[1]:
        logits[pair.newer] = logits[pair.older]
    oldest = float(logistic(newest_signals(logits, Rivals(pair.newer, pair.older), revises) @ p.newest))
    return query.past * oldest + (1 - query.past) * (1 - newest) >= LIKELY
