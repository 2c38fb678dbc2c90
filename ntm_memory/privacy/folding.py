"""A text reduced to what its letters say, so that what was retracted is known again however it is spelled.

Dropped: case, width, white space, punctuation, quotation marks, what is invisible, marks that no letter has. Folded:
letters that look like Latin ones, digits of other scripts, `0` to `o` and `1` to `l`. A paraphrase stays another text.

Coarser forms leave out accents, the particles of Chinese sentences and, in what is told, signs like emoji; they read a
text as it was before a page, an address or a program wrote it anew, and clauses count as sentences do. A retracted
text keeps its emoji: "the verdict is 👍" says something else than "the verdict is 👎".
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ntm_memory.privacy.recoded import decoded
from ntm_memory.text.writing_systems import CJK

_DATA = Path(__file__).with_name("look_alikes.json")
# ends of lines, sentences, cells and of what names a speaker; a stop or colon between two digits ends nothing
_END = re.compile(r"[\n\r\t|!?;。！？…；：｜\x0b\x0c\x85\u2028\u2029.:．](?!(?<=\d[.:．])\d)")
_DECORATION = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_PIECE = re.compile(rf"[{CJK}]|[^\W{CJK}]+|[^\w\s]")
_LATIN = re.compile("[A-Za-z]")
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f")
"""Letters and marks by category that show nothing."""
_DIGITS_LIKE_LETTERS = {"0": "o", "1": "l"}
_KEPT_SIGNS = "$+<=>"
_DROPPED_SIGNS = "|`^~"
_ASCII = bytes.maketrans(b"01", b"ol")
_DROPPED_ASCII = bytes(code for code in range(128) if not chr(code).isalnum() and chr(code) not in _KEPT_SIGNS + "\n")

_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,500}>")
_ENDS_A_TAG = "\x0b"
"""Ends a sentence, and counts as no line."""
_CLAUSE_END = re.compile(r"(?:[,，、()（）\[\]【】—]|(?<=\s)[-–]{1,2}(?=\s))(?!(?<=\d[,，])\d)")
_MARK = re.compile("[\u0300-\u036f]+")
_PARTICLES = re.compile(rf"(?<=[{CJK}]{{3}})[了呢啊呀吧嘛啦哦]+$")
"""The modal particles that close a Chinese sentence: they tell its mood, no other fact; 吗 makes a question of it."""


class Part(NamedTuple):
    """A sentence, line or cell of a text: where it begins, and its folded text, which is not empty."""

    start: int
    folded: str


def folded_value(text: str) -> str:
    """The whole of a text, folded; empty where it has no letter, digit or sign."""
    return "".join(part.folded for part in parts_of(text))


def parts_of(text: str) -> list[Part]:
    """The text's sentences, lines and cells in order, without those that say nothing."""
    starts = [0, *(end.end() for end in _END.finditer(text))]
    folded = _folded(_END.sub("\n", text)).split("\n")
    return [Part(start, part) for start, part in zip(starts, folded, strict=True) if part]


def pieces_of(text: str) -> list[str]:
    """The text's words and signs, of Chinese and its like each character, folded; joined they are its folded value."""
    folded = (_folded(piece).replace("\n", "") for piece in _PIECE.findall(text))
    return [piece for piece in folded if piece]


def holds(text: str, value: str) -> bool:
    """Whether sentences, lines or cells of a text, one or several in a row, say a folded value."""
    ends = [0]
    for part in parts_of(text):
        ends.append(ends[-1] + len(part.folded))
    whole, bounds = folded_value(text), set(ends)
    at = whole.find(value)
    while at >= 0:
        if {at, at + len(value)} <= bounds:
            return True
        at = whole.find(value, at + 1)
    return False


def forms_of(text: str, *, told: bool) -> Iterator[tuple[str, list[Part]]]:
    """Each coarser reading of a text with its clauses folded, in which places are those of that reading.

    Args:
        text: it.
        told: it is looked for among what was retracted, not retracted itself.
    """
    plain = unicodedata.normalize("NFD", _TAG.sub(_ENDS_A_TAG, decoded(text)))
    plain = unicodedata.normalize("NFC", _MARK.sub("", plain))
    yield plain, _clauses(plain)
    bare = "".join(each for each in plain if each < "\x80" or unicodedata.category(each) != "So")
    if told and bare != plain:
        yield bare, _clauses(bare)


def _clauses(text: str) -> list[Part]:
    parts = parts_of(_CLAUSE_END.sub(_ENDS_A_TAG, text))
    return [Part(part.start, _PARTICLES.sub("", part.folded)) for part in parts]


def _folded(text: str) -> str:
    """The text folded, its line feeds kept."""
    if text.isascii():
        return text.lower().encode().translate(_ASCII, _DROPPED_ASCII).decode()
    like = _look_alikes()
    if not like.capitals.keys().isdisjoint(map(ord, text)):
        lines = text.split("\n")
        text = "\n".join(line.translate(like.capitals) if _LATIN.search(line) else line for line in lines)
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(like.letters)
    joined = unicodedata.normalize("NFC", plain)
    return unicodedata.normalize("NFC", _DECORATION.sub("", joined))


class _Letters(dict[int, str | None]):
    """A table for `str.translate`: each character as it counts, found out when first met."""

    def __missing__(self, code: int) -> str | None:
        each = chr(code)
        kind = unicodedata.category(each)
        counts: str | None = each
        if kind == "Nd":
            digit = str(unicodedata.decimal(each))
            counts = _DIGITS_LIKE_LETTERS.get(digit, digit)
        elif kind[0] in "PZC" or kind == "Sk" or each in _FILLERS or each in _DROPPED_SIGNS or _is_selector(each):
            counts = None
        self[code] = counts
        return counts


def _is_selector(each: str) -> bool:
    return "\ufe00" <= each <= "\ufe0f" or "\U000e0100" <= each <= "\U000e01ef"


class _LookAlikes(NamedTuple):
    """What letters look like; `capitals`: where Latin is near, of those whose small letter looks like another."""

    letters: _Letters
    capitals: dict[int, str]


@cache
def _look_alikes() -> _LookAlikes:
    known = json.loads(_DATA.read_text(encoding="utf-8"))
    letters, capitals = (
        {ord(each): latin for latin, alike in known[name].items() for each in alike} for name in ("letters", "capitals")
    )
    return _LookAlikes(_Letters(letters | {ord("\n"): "\n"}), capitals)


def latin_letter(each: str) -> str:
    """The small Latin letter that a small letter of another script looks like; any other as it is."""
    like = None if each.isascii() or not each.isalpha() else _look_alikes().letters.get(ord(each))
    return like or each
