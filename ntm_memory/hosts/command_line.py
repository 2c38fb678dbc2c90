"""One simple command as a shell reads it, or nothing: what is not plainly understood is not understood.

Understood is one line of words, in which every character stands for itself: bare words of letters, digits and a few
signs, 'single quotes', "double quotes" without `$`, backtick or `!`, an escaped quote or blank. Behind it may stand one
here-document whose delimiter is quoted, so that nothing in it is replaced; before it one `echo` or `printf` of one text
and a `|`. Every other sign of the shell, and every character that cannot be seen, makes it no command at all. bash,
zsh, dash and ksh agree on what is left.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ntm_memory.text.printable import printable

LONGEST = 60_000
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,@+=%")
_ESCAPED_BARE = frozenset("'\" ")
_ESCAPED_IN_DOUBLE = frozenset('"$`\\')
_REFUSED_IN_DOUBLE = frozenset("$`!")
_HERE = re.compile(r"<<[ \t]*(['\"])([^\W\d]\w*)\1(?=[ \t\n])")
_BLANKS = " \t"


class Word(NamedTuple):
    """A word: what the shell makes of it, and how it was written."""

    text: str
    written: str

    @property
    def is_bare(self) -> bool:
        """Whether nothing in it is quoted."""
        return self.text == self.written

    @property
    def is_whole(self) -> bool:
        """Whether it is bare, or stands between one pair of quotes."""
        return self.written in (self.text, f"'{self.text}'", f'"{self.text}"')


class Call(NamedTuple):
    """A simple command.

    Args:
        words: its words, the program first.
        feeds: the words of the `echo` or `printf` whose output it reads; empty: none.
    """

    words: tuple[Word, ...]
    feeds: tuple[Word, ...] = ()


def simple_call(line: str) -> Call | None:
    """The one simple command that a command line is; None where it is anything else or more than that."""
    if len(line) > LONGEST or printable(line) != line:
        return None
    read = _Reader(line)
    first = read.words()
    if not first:
        return None
    if not read.takes("|"):
        return Call(tuple(first)) if read.ends() else None
    if read.has_document or not _is_plain_feed(first):
        return None
    second = read.words()
    return Call(tuple(second), tuple(first)) if second and not read.has_document and read.ends() else None


def _is_plain_feed(words: list[Word]) -> bool:
    """Whether these words print one text and do nothing else."""
    program, *arguments = words
    texts = [word.text for word in arguments]
    if not program.is_bare:
        return False
    if program.text == "echo":
        return len(texts) == 1 and not texts[0].startswith("-")
    if program.text == "printf":
        plain = len(texts) == 1 and "%" not in texts[0] and not texts[0].startswith("-")
        return plain or (len(texts) == 2 and texts[0] in ("%s", "%s\\n", "%s\n"))
    return False


class _Reader:
    """Reads a line from the left; `None` means that there is something it does not understand."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._at = 0
        self.has_document = False

    def words(self) -> list[Word] | None:
        """Words up to what is none; a here-document among them is read, too."""
        found: list[Word] = []
        while True:
            self._skip_blanks()
            here = _HERE.match(self._line, self._at)
            if here is not None:
                if self.has_document or not self._document(here):
                    return None
                continue
            if self._next() in ("", "\n", "|"):
                return found
            word = self._word()
            if word is None:
                return None
            found.append(word)

    def takes(self, sign: str) -> bool:
        """Whether this sign is next, alone; then it is read."""
        if self._next() == sign and self._line[self._at + 1 : self._at + 2] not in ("|", "&"):
            self._at += 1
            return True
        return False

    def ends(self) -> bool:
        """Whether nothing is left but line ends."""
        return not self._line[self._at :].strip("\n")

    def _next(self) -> str:
        return self._line[self._at : self._at + 1]

    def _skip_blanks(self) -> None:
        while self._next() and self._next() in _BLANKS:
            self._at += 1

    def _word(self) -> Word | None:
        start, text = self._at, ""
        while (sign := self._next()) and sign not in " \t\n|":
            part = self._quoted(sign) if sign in "'\"" else self._escaped() if sign == "\\" else self._bare(sign, start)
            if part is None:
                return None
            text += part
        return Word(text, self._line[start : self._at])

    def _bare(self, sign: str, start: int) -> str | None:
        is_letter = sign > "\x7f" and sign.isalnum()
        if not (sign in _BARE or is_letter) or (sign == "=" and self._at == start):
            return None
        self._at += 1
        return sign

    def _escaped(self) -> str | None:
        sign = self._line[self._at + 1 : self._at + 2]
        self._at += 2
        return sign if sign and sign in _ESCAPED_BARE else None

    def _quoted(self, quote: str) -> str | None:
        self._at += 1
        text = ""
        while (sign := self._next()) != quote:
            self._at += 1
            if not sign or (quote == '"' and sign in _REFUSED_IN_DOUBLE):
                return None
            if quote == '"' and sign == "\\" and self._next() in ("\n", *_ESCAPED_IN_DOUBLE):
                sign = self._next()
                self._at += 1
                if sign == "\n":
                    return None
            text += sign
        self._at += 1
        return text

    def _document(self, here: re.Match[str]) -> bool:
        """Read a here-document whose operator is next; what stands behind the operator on its line are words still."""
        begin = self._line.find("\n", here.end())
        if begin < 0 or self._line[here.end() : begin].strip(_BLANKS):
            return False
        lines = self._line[begin + 1 :].split("\n")
        if here.group(2) not in lines:
            return False
        body = "\n".join(lines[: lines.index(here.group(2)) + 1])
        self._at = begin + 1 + len(body)
        self.has_document = True
        return self.ends()
