"""Memories as a block of a prompt: a sentence that they are data, then the fence, one line each, within a size."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ntm_memory.operations.validation import RECALLED_TAG
from ntm_memory.rendering.recalled import CLOSING, item
from ntm_memory.text.printable import in_one_line

Memory = Mapping[str, Any]
_SESSION = re.compile(r":[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
"""What tells one session of a host from another: for an agent it is noise."""
LEAST_OF_TEXT = 60
"""A memory that would have to be cut shorter than this is left out."""


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
    memory = {**memory, "source": _SESSION.sub("", memory.get("source") or "")}
    line = item(memory)
    if len(line) <= most:
        return line
    head = item({**memory, "content": ""})
    room = most - len(head) - 1
    return f"{line[: len(head) + room].rstrip()}…" if room >= LEAST_OF_TEXT else None
