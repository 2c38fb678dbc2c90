"""Markdown and plain text: a file with a head is one memory; without, each list item and each paragraph is one.

So are OpenClaw's MEMORY.md and memory/2026-05-08.md (https://docs.openclaw.ai/concepts/memory), whose names tell the
day, and CLAUDE.md (https://docs.claude.com/en/docs/claude-code/memory).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from ntm_memory.importers.front_matter import day_of, head_of, telling_of
from ntm_memory.importers.items import Item, item_at, unknown
from ntm_memory.importers.outline import notes_of


def items_in(text: str, name: str = "") -> Iterator[Item]:
    """What a Markdown text tells.

    Args:
        text: all of a file.
        name: of the file: its title where a head has none, and perhaps its day.

    Raises:
        BadValueError: it says something, and nothing of it is a note.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    stem = PurePath(name).stem
    fields, below, _ = head_of(text)
    if fields:
        return iter([item_at(name, 1, **telling_of(fields, below, stem))])
    notes = notes_of(text)
    if text.strip() and not notes:
        raise unknown("no list item and no paragraph is in it but code, comments and pointers at other files")
    return (item_at(name, note.line, note.text, occurred_at=day_of(stem)) for note in notes)
