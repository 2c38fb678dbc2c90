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
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_ITEM = re.compile(r"\s{0,8}(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
_RULE = re.compile(r"\s*(?:[-*_=]\s*){3,}$|\s*\|?[\s:|-]+\|[\s:|-]*$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_POINTER = re.compile(r"\[[^\]]*\]\([^)\s]+\.md\)")
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
    kept = _COMMENT.sub(lambda found: "\n" * found.group().count("\n"), text)
    return [note for note in _notes(kept.splitlines()) if not _POINTER.match(note.text)]


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


def _notes(lines: list[str]) -> Iterator[Note]:
    heading, begun, parts, fence = "", 0, list[str](), ""
    for number, line in enumerate([*lines, ""], start=1):
        mark = _FENCE.match(line)
        title = None if fence else _HEADING.match(line)
        item = None if fence else _ITEM.match(line)
        ends = bool(fence or mark or title or item or not line.strip() or _RULE.match(line))
        if ends and parts:
            said = " ".join(parts)
            yield Note(begun, f"{heading}: {said}" if heading else said)
            parts = []
        if mark and (not fence or mark.group(1) == fence):
            fence = "" if fence else mark.group(1)
        elif title:
            heading = title.group(2) if len(title.group(1)) >= SHALLOWEST else ""
        elif item or not ends:
            begun = begun if parts else number
            parts.append((line[item.end() :] if item else line).strip())
            parts = [part for part in parts if part]
