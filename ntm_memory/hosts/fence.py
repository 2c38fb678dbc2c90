"""Memories as a block of a prompt: a sentence that they are data, then the fence, one line each, within a size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ntm_memory.operations.validation import RECALLED_TAG
from ntm_memory.text.printable import in_one_line

Memory = Mapping[str, Any]
CLOSING = "</recalled-memories>"
MOST_OF_NAME = 60
LEAST_OF_TEXT = 60
"""A memory that would have to be cut shorter than this is left out."""
_NO_BRACKETS = str.maketrans("[]［］\n", "()() ")


def fenced(memories: Sequence[Memory], sentence: str, most: int, last: Sequence[str] = ()) -> tuple[str, list[str]]:
    """(a block of at most `most` characters, ids of the memories in it); empty where none fits.

    Args:
        memories: as recall or list answers them, the most important first.
        sentence: what stands before the fence: ours, no text of a memory.
        most: characters in all.
        last: lines after the memories, inside the fence, as far as there is room.
    """
    opening = f"{RECALLED_TAG}>"
    left = most - len(sentence) - len(opening) - len(CLOSING) - 3
    lines: list[str] = []
    ids: list[str] = []
    for memory in memories:
        line = _line(memory, left - 1)
        if line is not None:
            lines.append(line)
            ids.append(memory["id"])
            left -= len(line) + 1
    for each in last:
        line = f"- {in_one_line(each)}"
        if len(line) + 1 <= left:
            lines.append(line)
            left -= len(line) + 1
    if not lines:
        return "", []
    return "\n".join([sentence, opening, *lines, CLOSING]), ids


def _line(memory: Memory, most: int) -> str | None:
    """A memory as a line of at most so many characters; None where too little of it would be left."""
    head = f"- [{_head(memory)}] "
    text = in_one_line(memory["content"])
    room = most - len(head)
    if len(text) > room:
        if room < LEAST_OF_TEXT:
            return None
        text = in_one_line(text[: room - 1].rstrip()) + "…"
    return head + text if len(head) + len(text) <= most else None


def _head(memory: Memory) -> str:
    """Which memory it is, when it was told and by whom; no name can end the bracket that it stands in."""
    parts = [memory["id"], _day(memory), memory.get("trust", "agent")]
    parts += [f"{name} {_name(memory[name])}" for name in ("key", "source") if memory.get(name)]
    if memory.get("superseded_by"):
        parts.append(f"perhaps revised by {memory['superseded_by']}")
    return ", ".join(parts)


def _day(memory: Memory) -> str:
    told = memory.get("occurred_at") or memory.get("updated_at") or memory.get("created_at") or ""
    return str(told)[:10]


def _name(told: str) -> str:
    return in_one_line(str(told)).translate(_NO_BRACKETS)[:MOST_OF_NAME]
