"""What memories said before they were changed, beside what they say now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ntm_memory.operations.excerpt import fit_contents
from ntm_memory.operations.results import RecalledMemory, RecallResult


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
    memories = [memory for _, part in parts for memory in part]
    return replace(
        now,
        memories=tuple(fit_contents(memories[:top_k], max_chars, words)),
        confidence=round(min(sum(sure for sure, _ in parts), 1.0), 4),
        reason=None,
        more=now.more + before.more + max(len(memories) - top_k, 0),
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
