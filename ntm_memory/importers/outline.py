"""Markdown that people and hosts keep as their memory → notes: list items, rows of tables and paragraphs.

Each note begins with its headings and with the list items that it is indented below. Left out, and told, are code,
comments, headings with nothing below them, and notes that do nothing but point at other files. Blocks are told apart
as CommonMark does (https://spec.commonmark.org/0.31.2).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from ntm_memory.importers.list_items import Begin, begin_of
from ntm_memory.importers.omissions import Omitted
from ntm_memory.importers.pipe_tables import cells_of, is_below_head, is_row, said_by
from ntm_memory.text.fenced_code import FencedCode

_HEADING = re.compile(r"^(#{1,6})\s+(\S.*)")
_QUOTE = re.compile(r"^\s{0,3}>\s?")
_BOLD = re.compile(r"(\*\*|__)([^*_]+)\1:?")
_LINK = re.compile(r"\[[^\[\]]*\]\(<?([^()<>\s]+\.(?:md|markdown))(?:#[^()<>\s]*)?>?\)|\[\[[^\[\]]+\]\]|@[\w./~-]+")
_LABELLED = re.compile(
    r"(?:\*\*|__)?[^\W\d_][^:：*_`|]{0,40}(?:(?:\*\*|__)?:(?=\s)|[:：](?:\*\*|__)|(?:\*\*|__)?：)\s*\S"
)
_AFTER_NAME = " \t-–—:：|·"
_MOST_ABOVE = 160
"""Characters of one heading or item that stand before each note below it: what stands there is told many times."""
_MOST_ITEMS = 6


@dataclass(frozen=True)
class Note:
    """One thing that a file says.

    Args:
        line: where it begins, from 1.
        text: as it is remembered.
        state: of a task, `open` or `done`; empty: it is none.
        about: what the title of its file says beside the file's name: not of the note, so it is no part of its text.
    """

    line: int
    text: str
    state: str = ""
    about: str = ""


Piece = Note | tuple[int, Omitted]


def pieces_of(text: str, name: str = "", beside: Collection[str] = ()) -> list[Piece]:
    """The notes in a Markdown text, and what of it is none, with its line.

    Args:
        text: all of it.
        name: of its file: a heading of the first level that says it stands above nothing.
        beside: files that are read as well: a note that begins with a link to one is an entry of an index.
    """
    lines, comments = _without_comments(text.replace("\r\n", "\n").replace("\r", "\n"))
    left = [(line, Omitted("comment")) for line in comments]
    return [*_Outline(lines.split("\n"), PurePath(name).name, beside).pieces(), *left]


@dataclass
class _Heading:
    level: int
    line: int
    text: str
    has_notes: bool = False


class _Outline:
    """Goes through the lines, and knows what stands above the one it is at."""

    def __init__(self, lines: Sequence[str], name: str, beside: Collection[str]) -> None:
        self._lines = lines
        self._name = name
        self._beside = beside
        self._headings: list[_Heading] = []
        self._about = self._bold = ""
        self._unsaid: tuple[int, str] | None = None  # a heading in bold, as long as nothing stands below it
        self._head: tuple[int, str] | None = None  # of a table, as long as there is no row
        self._columns: list[str] = []
        self._items: list[tuple[int, str]] = []
        self._parts: list[tuple[int, str]] = []
        self._indent = 0
        self._begin: Begin | None = None

    def pieces(self) -> Iterator[Piece]:
        code, was_open = FencedCode(), False
        for number, quoted in enumerate(self._lines, start=1):
            line = _QUOTE.sub("", quoted)
            begin = begin_of(line)
            if code.holds(line) or (begin is not None and code.holds(begin.text)):
                yield from self._ended()
                if not was_open:
                    yield number, Omitted("code")
            else:
                yield from self._line(number, line, begin)
            was_open = code.is_open
        yield from self._ended()
        yield from self._under(_Heading(0, 0, ""))

    def _line(self, number: int, line: str, begin: Begin | None) -> Iterator[Piece]:
        """Take a line that is no code."""
        if self._columns and is_row(line):
            yield from self._row(number, line)
        elif title := _HEADING.match(line):
            yield from self._ended()
            level, text = len(title.group(1)), title.group(2).rstrip().rstrip("#").rstrip()
            yield from self._under(_Heading(level, number, text))
        elif is_below_head(line) and self._parts and self._begin is None and is_row(self._parts[-1][1]):
            self._head = self._parts.pop()
            columns = cells_of(self._head[1])
            yield from self._said()
            self._columns = columns
        elif self._parts and self._begin is None and _is_underline(line):
            heading = _Heading(1, self._parts[0][0], " ".join(text for _, text in self._parts))
            self._parts = []
            yield from self._under(heading)
        elif not line.strip() or _is_rule(line):
            yield from self._ended()
            self._items = self._items if not line.strip() else []
        else:
            yield from self._more(number, line, begin)

    def _under(self, heading: _Heading) -> Iterator[Piece]:
        """Go on below another heading; those of its level or below it end."""
        yield from self._left_bold()
        while self._headings and self._headings[-1].level >= heading.level:
            ended = self._headings.pop()
            if ended.text and not ended.has_notes:
                yield ended.line, Omitted("heading with nothing below it")
        self._items = []
        if heading.level == 1:
            heading.text, about = _without_name(heading.text, self._name)
            self._about = about or self._about
        if len(heading.text) > _MOST_ABOVE:
            yield self._note(heading.line, heading.text)
            heading.has_notes = True
        self._headings.append(heading)

    def _left_bold(self) -> Iterator[Note]:
        """Go on without the heading in bold; one with nothing below it says something itself."""
        unsaid, self._bold, self._unsaid = self._unsaid, "", None
        if unsaid is not None:
            yield self._note(*unsaid)

    def _row(self, number: int, line: str) -> Iterator[Piece]:
        said = said_by(self._columns, line)
        self._head = None
        self._leave_items(_width(line))
        if said:
            yield self._note(number, said)

    def _more(self, number: int, line: str, begin: Begin | None) -> Iterator[Piece]:
        """Take a line of text: a new item, a new paragraph, or more of either."""
        if begin is not None and self._parts and not self._is_new(line, begin):
            begin = None
        if begin is not None or self._columns:
            yield from self._ended()
        if not self._parts:
            self._indent, self._begin = _width(line), begin
        said = (begin.text if begin else line).strip()
        self._parts += [(number, said)] if said else []

    def _is_new(self, line: str, begin: Begin) -> bool:
        """Whether a beginning of an item is one where it stands, below text that goes on."""
        is_sibling = self._begin is not None and self._begin.is_numbered and _width(line) == self._indent
        return begin.interrupts or is_sibling

    def _ended(self) -> Iterator[Piece]:
        """What has come to its end: a note, or a table."""
        yield from self._said()
        if self._head is not None:
            yield self._note(*self._head)
        self._head, self._columns = None, []

    def _said(self) -> Iterator[Piece]:
        """The note that has come to its end, if any has."""
        parts, self._parts = self._parts, []
        said = " ".join(text for _, text in parts)
        if not said:
            return
        self._leave_items(self._indent)
        bold = _BOLD.fullmatch(said)
        if bold and len(parts) == 1 and self._begin is None and not self._items:
            yield from self._under_bold(parts[0][0], said, bold.group(2).strip())
            return
        if self._begin is None and len(parts) > 1 and all(_LABELLED.match(text) for _, text in parts):
            yield from (self._note(line, text) for line, text in parts)
        elif self._only_points(said):
            yield parts[0][0], Omitted("line that only points at other files")
        else:
            yield self._note(parts[0][0], said, self._begin.state if self._begin else "")
        if self._begin is not None:
            self._items.append((self._indent, said[:_MOST_ABOVE].strip()))

    def _leave_items(self, indent: int) -> None:
        """Go on below the items that what is indented so far stands under."""
        while self._items and self._items[-1][0] >= indent:
            self._items.pop()

    def _under_bold(self, line: int, said: str, name: str) -> Iterator[Note]:
        """Go on below a heading in bold."""
        yield from self._left_bold()
        if len(name) > _MOST_ABOVE:  # it is cut where it stands above others
            yield self._note(line, said)
        else:
            self._unsaid = line, said
        self._bold = name

    def _only_points(self, said: str) -> bool:
        """Whether a text does nothing but point at other files, or is an entry of an index of files that are read."""
        begins = _LINK.match(said)
        if begins is None:
            return False
        return begins.group(1) in self._beside or not any(each.isalnum() for each in _LINK.sub("", said))

    def _note(self, line: int, said: str, state: str = "") -> Note:
        """A note with what stands above it."""
        self._unsaid = None
        for heading in self._headings:
            heading.has_notes = True
        headings = [each.text for each in self._headings] + [self._bold]
        above = [each[:_MOST_ABOVE].strip() for each in headings] + [each for _, each in self._items[-_MOST_ITEMS:]]
        text = ": ".join([*(each.rstrip(":：").rstrip() for each in above if each), said])
        return Note(line, f"{text} ({state})" if state else text, state, self._about)


def _without_name(heading: str, name: str) -> tuple[str, str]:
    """(what a heading says of the notes below it, what it says of the file whose name it begins with)."""
    stem = PurePath(name).stem
    for known in (name, stem):
        rest = heading[len(known) :]
        if not known or heading[: len(known)].casefold() != known.casefold():
            continue
        if known != stem:
            return "", rest.lstrip(_AFTER_NAME)
        if rest.lstrip()[:1] in _AFTER_NAME:
            return rest.lstrip(_AFTER_NAME), ""
    return heading, ""


def _without_comments(text: str) -> tuple[str, list[int]]:
    """A text without what stands between `<!--` and `-->`, all lines where they were; the lines where that begins."""
    kept, found, at, line = list[str](), list[int](), 0, 1
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        line += text.count("\n", at, begin)
        found.append(line)
        below = text.count("\n", begin, end)
        kept += [text[at:begin], "\n" * below]
        line, at = line + below, end + 3
    return "".join([*kept, text[at:]]), found


def _is_rule(line: str) -> bool:
    """Whether a line only divides."""
    signs = "".join(line.split())
    return (len(signs) >= 3 and not signs.strip("-*_=")) or ("|" in signs and not signs.strip(":|-"))


def _is_underline(line: str) -> bool:
    """Whether a line makes a heading of the text above it; hyphens there divide for people."""
    signs = line.strip()
    return len(signs) >= 3 and not signs.strip("=")


def _width(line: str) -> int:
    """How far a line is indented."""
    blank = line[: len(line) - len(line.lstrip())].expandtabs(4)
    return len(blank)
