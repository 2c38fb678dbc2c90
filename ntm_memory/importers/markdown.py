"""Markdown and plain text: a file with a head is one memory; without, each list item and each paragraph is one.

So are OpenClaw's MEMORY.md and memory/2026-05-08.md (https://docs.openclaw.ai/concepts/memory), whose names tell the
day, and CLAUDE.md (https://docs.claude.com/en/docs/claude-code/memory).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePath

from ntm_memory.importers.front_matter import day_of, head_of, telling_of
from ntm_memory.importers.items import Item, item_at, tags_of, unknown
from ntm_memory.importers.outline import Note, Piece, pieces_of


def items_in(text: str, name: str = "") -> Iterator[Item]:
    """What a Markdown text tells; see `items_of`.

    Raises:
        BadValueError: it says something, and nothing of it is a note.
    """
    found = list(items_of(text, name))
    if text.strip() and not any(isinstance(item.telling, Mapping) for item in found):
        raise unknown("no list item and no paragraph is in it but headings, code, comments and pointers at other files")
    return iter(found)


def items_of(text: str, name: str = "", beside: Collection[str] = ()) -> Iterator[Item]:
    """What a Markdown text tells, and what of it is left out.

    Args:
        text: all of a file.
        name: of the file: its title where a head has none, and perhaps its day.
        beside: files that are read as well; see `outline.pieces_of`.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    stem = PurePath(name).stem
    fields, below, _ = head_of(text)
    if fields:
        telling, left = telling_of(fields, below, stem)
        return iter([item_at(name, 1, **telling), *(Item(1, each) for each in left)])
    return (_item(piece, name, day_of(stem)) for piece in pieces_of(text, name, beside))


def _item(piece: Piece, name: str, day: str | None) -> Item:
    if isinstance(piece, Note):
        return item_at(name, piece.line, piece.text, tags=tags_of(piece.state, [piece.about]), occurred_at=day)
    return Item(*piece)
