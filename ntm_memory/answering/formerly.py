"""What memories said before they were changed, beside what they say now."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from ntm_memory.controller.asking import LEAST, LIKELY, SURE
from ntm_memory.operations.excerpt import fit_contents
from ntm_memory.operations.requests import LEAST_SEEN, RecallRequest
from ntm_memory.operations.results import RecalledMemory, RecallResult
from ntm_memory.recall.first_look import Query
from ntm_memory.text.words import index_words
from ntm_memory.times.told import Time


def times_of_before(query: Query) -> tuple[Time, ...]:
    """The times, all that are told, at which memories may have said something else than now; (): none, or they last."""
    over = max((time.end for time in query.times), default=math.inf)
    return query.times if over <= query.now and max(query.past, query.time_alone) <= LIKELY else ()


def with_version_before(
    now: RecallResult, before: RecallResult, versions: Callable[[str], Sequence[RecalledMemory]], query: Query
) -> RecallResult:
    """What was before, led by the older version of what answers best now: as surely as that does, it did then.

    Args:
        now: what memories say now.
        before: what is found of what they said before they were changed.
        versions: of a memory's id, what it said before it was changed, the oldest first.
        query: asks how something was before it changed.
    """
    changed = max((each for each in now.memories if each.version > 1), key=_surely, default=None)
    of_it = () if changed is None else versions(changed.id)
    if changed is None or not of_it:
        return before
    meant = before_what_is_named([*of_it, changed], query.words)
    same = [each for each in before.memories if each.id == changed.id]
    weight = max([changed.weight, *(each.weight for each in same)])
    chance = max((each.chance for each in [changed, *same] if each.chance is not None), default=None)
    found = next((each for each in same if each.version == meant.version), meant)
    leading = replace(found, weight=weight, chance=chance)
    rest = [each for each in before.memories if (each.id, each.version) != (meant.id, meant.version)]
    sure = leading.weight if chance is None else chance
    memories = sorted([leading, *rest], key=_surely, reverse=True)
    return replace(before, memories=tuple(memories), confidence=max(before.confidence, round(sure, 4)), reason=None)


def before_what_is_named(versions: Sequence[RecalledMemory], words: Sequence[str]) -> RecalledMemory:
    """The version that was so before the one that a question names, or before the last one.

    Args:
        versions: of one memory, the oldest first, the last one is so now; at least two.
        words: of the question.
    """
    held = [set(index_words(each.content)) & set(words) for each in versions]
    own = [len(each - set().union(*held[:at], *held[at + 1 :])) for at, each in enumerate(held)]
    named = own.index(max(own)) if max(own) else 0
    return versions[(named or len(versions) - 1) - 1]


def _surely(memory: RecalledMemory) -> float:
    return memory.weight if memory.chance is None else memory.chance


def chance_of_before(query: Query, now: RecallResult, before: RecallResult, least: float) -> float:
    """How likely a question about a time is answered by what a memory said then, not by what it says now.

    What was so then is believed where it is surer than what is now, and what changed since is of the matter: among what
    answers now; else where it is sure and the past is perhaps asked for.

    Args:
        query: what is asked.
        now: the answer by what is now.
        before: the answer by what was so then.
        least: the least chance of a memory that answers.
    """
    if not before.memories or before.confidence <= now.confidence:
        return query.past
    changed = {each.id for each in now.memories if each.version > 1 and _surely(each) >= least}
    if before.memories[0].id in changed or (query.past > LEAST and before.confidence >= SURE):
        return max(query.past, before.confidence / (before.confidence + now.confidence))
    return query.past


def likely_enough(before: RecallResult, chance: float, least: float) -> RecallResult:
    """Of what was before that which is likely enough to be asked for; all where it is rather asked for than not.

    Args:
        before: what memories said before they were changed.
        chance: that what was before is asked for.
        least: the least chance of a memory that is shown.
    """
    if chance > LIKELY:
        return before
    kept = tuple(each for each in before.memories if each.chance is None or chance * each.chance >= least)
    return replace(before, memories=kept)


def with_former(
    now: RecallResult, before: RecallResult, chance: float, top_k: int, max_chars: int, words: Sequence[str]
) -> RecallResult:
    """An answer to a question that asks, perhaps, how something was before it changed.

    Args:
        now: what memories say now.
        before: what they said before they were changed; each tells until when.
        chance: that what was before is asked for.
        top_k: at most so many memories.
        max_chars: at most so many characters of content.
        words: of the question.

    Returns:
        What was before first, where it answers and is rather meant than what is now; the other answer after it.
    """
    if not before.memories:
        return now
    parts = [(chance * before.confidence, _scaled(before.memories, chance))]
    parts += [((1 - chance) * now.confidence, _scaled(now.memories, 1 - chance))]
    parts.sort(key=lambda part: -part[0])
    memories = [memory for _, part in parts for memory in part if memory.chance is None or memory.chance >= LEAST_SEEN]
    joined = _joined(now, before, memories, top_k, max_chars, words)
    return replace(joined, confidence=round(min(sum(sure for sure, _ in parts), 1.0), 4))


def of_that_time(now: RecallResult, then: RecallResult, request: RecallRequest, query: Query) -> RecallResult:
    """An answer of a told time with what memories said that were changed since: they said it at that time.

    Args:
        now: of that time, what memories say now.
        then: of that time, what they said before they were changed; each tells until when.
        request: the question.
        query: the same as it is asked.

    Returns:
        Both by their chance; the earliest first where nothing but the time is asked for.
    """
    if not then.memories:
        return now
    memories = [*now.memories, *then.memories]
    if query.time_alone > LIKELY:
        memories.sort(key=lambda each: each.occurred_at or each.updated_at or each.created_at)
    else:
        memories.sort(key=lambda each: -(each.weight if each.chance is None else each.chance))
    return replace(
        _joined(now, then, memories, request.top_k, request.max_chars, query.words),
        confidence=max(now.confidence if now.memories else 0.0, then.confidence),
        further=now.further + then.further + max(len(memories) - request.top_k, 0),
    )


def _joined(
    now: RecallResult,
    other: RecallResult,
    memories: Sequence[RecalledMemory],
    top_k: int,
    max_chars: int,
    words: Sequence[str],
) -> RecallResult:
    """An answer with memories of another beside its own: as many as are asked for, and how many more there are."""
    return replace(
        now,
        memories=tuple(fit_contents(memories[:top_k], max_chars, words)),
        reason=None,
        more=now.more + other.more + max(len(memories) - top_k, 0),
    )


def _scaled(memories: Sequence[RecalledMemory], share: float) -> list[RecalledMemory]:
    """Memories with a share of their weight and chance."""
    return [
        replace(
            memory,
            weight=round(memory.weight * share, 6),
            chance=None if memory.chance is None else round(memory.chance * share, 4),
        )
        for memory in memories
    ]
