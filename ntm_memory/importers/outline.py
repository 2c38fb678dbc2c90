"""Markdown that people and hosts keep as their memory → notes: a list item or a paragraph, below what stands above it.

Each note begins with its heading and with the list items that it is indented below. Left out are code, comments, rules,
and lines that only point at other files. Blocks are told apart as CommonMark does (https://spec.commonmark.org/0.31.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ntm_memory.text.fenced_code import FencedCode

_HEADING = re.compile(r"^(#{1,6})\s+(\S.*)")
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
_QUOTE = re.compile(r"^\s{0,3}>\s?")
_BOLD = re.compile(r"(\*\*|__)([^*_]+)\1:?")
_POINTER = re.compile(r"\[[^\[\]]*\]\([^()\s]+\.md\)")
_MOST_ABOVE = 160
"""Characters of one heading or item that stand before each note below it: what stands there is told many times."""
_MOST_ITEMS = 3


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
    lines = _without_comments(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return [note for note in _Outline(lines).notes() if note.text]


class _Outline:
    """Goes through the lines, and knows what stands above the one it is at."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._title = _title_line(lines)
        self._heading = self._bold = ""
        self._unsaid: Note | None = None  # a heading in bold, as long as nothing stands below it
        self._items: list[tuple[int, str]] = []
        self._parts: list[str] = []
        self._begun = self._indent = 0
        self._is_item = False

    def notes(self) -> Iterator[Note]:
        code = FencedCode()
        for number, quoted in enumerate(self._lines, start=1):
            line = _QUOTE.sub("", quoted)
            item = _ITEM.match(line)
            if code.holds(line) or (item is not None and code.holds(line[item.end() :])):
                yield from self._said()
            elif title := _HEADING.match(line):
                yield from self._said()
                yield from self._under("" if number == self._title else title.group(2).rstrip().rstrip("#").rstrip())
            elif not line.strip() or _is_rule(line):
                yield from self._said()
                self._items = self._items if not line.strip() else []
            else:
                yield from self._more(number, line, item)
        yield from self._said()
        yield from self._under("")

    def _under(self, heading: str) -> Iterator[Note]:
        """Go on below another heading."""
        if self._unsaid is not None:
            yield self._unsaid
        self._heading, self._bold, self._unsaid, self._items = heading, "", None, []

    def _more(self, number: int, line: str, item: re.Match[str] | None) -> Iterator[Note]:
        """Take a line of text: a new item, a new paragraph, or more of either."""
        if item is not None:
            yield from self._said()
        if not self._parts:
            self._begun, self._is_item = number, item is not None
            self._indent = _width(line)
        said = (line[item.end() :] if item else line).strip()
        self._parts += [said] if said else []

    def _said(self) -> Iterator[Note]:
        """The note that has come to its end, if any has."""
        said, parts = " ".join(self._parts), len(self._parts)
        self._parts = []
        if not said:
            return
        while self._items and self._items[-1][0] >= self._indent:
            self._items.pop()
        bold = _BOLD.fullmatch(said)
        if bold and parts == 1 and not self._is_item and not self._items:
            if self._unsaid is not None:
                yield self._unsaid
            self._unsaid, self._bold = Note(self._begun, self._below(said, self._heading)), bold.group(2).strip()
            return
        if not _POINTER.match(said):
            self._unsaid = None
            yield Note(self._begun, self._below(said, self._heading, self._bold))
        if self._is_item:
            self._items.append((self._indent, said[:_MOST_ABOVE].strip()))

    def _below(self, said: str, *headings: str) -> str:
        """A text with what stands above it."""
        above = [each[:_MOST_ABOVE].strip() for each in headings] + [each for _, each in self._items[-_MOST_ITEMS:]]
        return ": ".join([*(each.rstrip(":：").rstrip() for each in above if each), said])


def _title_line(lines: Sequence[str]) -> int:
    """The line of the heading that names the file: the only one of the first level, above all; 0: there is none."""
    code, first, found = FencedCode(), 0, list[int]()
    for number, line in enumerate(lines, start=1):
        title = None if code.holds(line) else _HEADING.match(line)
        first = first or (number if line.strip() else 0)
        found += [number] if title and len(title.group(1)) == 1 else []
    return found[0] if len(found) == 1 and found[0] == first else 0


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


def _width(line: str) -> int:
    """How far a line is indented."""
    blank = line[: len(line) - len(line.lstrip())].expandtabs(4)
    return len(blank)
