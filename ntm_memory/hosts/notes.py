"""Markdown that people and hosts keep as their memory → notes: a list item, a paragraph, or a whole file with a head.

Left out are code, comments, rules and lines that only point at other files. A note keeps the line it begins at, and the
heading above it where that says more than which file it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
_ITEM = re.compile(r"\s{0,8}(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
_POINTER = re.compile(r"\[[^\[\]]*\]\([^()\s]+\.md\)")
_HEAD = "---"
SHALLOWEST = 2
"""Headings from this depth on stand before their notes; the first names the file."""


@dataclass(frozen=True)
class Note:
    """One thing that a file says.

    Args:
        line: where it begins, from 1.
        text: as it is remembered.
    """

    line: int
    text: str


def notes_of(text: str) -> list[Note]:
    """The notes in a Markdown text."""
    return [note for note in _notes(_without_comments(text).splitlines()) if not _POINTER.match(note.text)]


def head_of(text: str) -> tuple[dict[str, Any], str, int]:
    """(fields between two rules at the top, the text below, its first line); ({}, text, 1) where there are none."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != _HEAD:
        return {}, text, 1
    ends = [number for number, line in enumerate(lines[1:], start=1) if line.strip() == _HEAD]
    if not ends:
        return {}, text, 1
    import yaml  # takes a while; most files have no head

    try:
        fields = yaml.safe_load("\n".join(lines[1 : ends[0]]))
    except (yaml.YAMLError, ValueError, RecursionError):
        fields = None
    below = "\n".join(lines[ends[0] + 1 :])
    return fields if isinstance(fields, dict) else {}, below, ends[0] + 2


def _without_comments(text: str) -> str:
    """A text without what stands between `<!--` and `-->`, all lines where they were."""
    kept, at = list[str](), 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        kept += [text[at:begin], "\n" * text.count("\n", begin, end)]
        at = end + 3
    return "".join([*kept, text[at:]])


def _is_rule(line: str) -> bool:
    """Whether a line only divides: of text, or a table's head from its rows."""
    signs = "".join(line.split())
    return (len(signs) >= 3 and not signs.strip("-*_=")) or ("|" in signs and not signs.strip(":|-"))


def _notes(lines: list[str]) -> Iterator[Note]:
    heading, begun, parts, fence = "", 0, list[str](), ""
    for number, line in enumerate([*lines, ""], start=1):
        mark = _FENCE.match(line)
        title = None if fence else _HEADING.match(line)
        item = None if fence else _ITEM.match(line)
        ends = bool(fence or mark or title or item or not line.strip() or _is_rule(line))
        if ends and parts:
            said = " ".join(parts)
            yield Note(begun, f"{heading}: {said}" if heading else said)
            parts = []
        if mark and (not fence or mark.group(1) == fence):
            fence = "" if fence else mark.group(1)
        elif title:
            heading = title.group(2).rstrip().rstrip("#").rstrip() if len(title.group(1)) >= SHALLOWEST else ""
        elif item or not ends:
            begun = begun if parts else number
            parts.append((line[item.end() :] if item else line).strip())
            parts = [part for part in parts if part]
