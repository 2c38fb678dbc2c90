"""What a person marks as private: `<private>…</private>`, in any spelling, nested or not.

A mark is the word "private" or 私密 between brackets that look like `<` or `[`, by whatever keyboard, page or alphabet
they come. Where the marks do not pair nobody knows where what is private ends: then nothing of the text is public.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from ntm_memory.privacy.folding import latin_letter

_NAMES = ("private", "私密")
_NAME = "|".join(r"\s*".join(name) for name in _NAMES)
_TAG = re.compile(rf"<\s*(?P<ends>/\s*)?(?:{_NAME})\b[^<>]*(?P<whole>>?)|\[\s*(?P<closes>/\s*)?(?:{_NAME})\s*\]")
"""Between angles with whatever a tag may have beside its name; between square ones the word alone."""
_WRITTEN = re.compile(r"&(?:amp;)*(?:(lt|#0*60|#x0*3c)|gt|#0*62|#x0*3e);", re.IGNORECASE)
"""Brackets as pages write them."""
_LIKE_BRACKETS = ("ANGLE BRACKET", "SINGLE LEFT-POINTING ANGLE", "SINGLE RIGHT-POINTING ANGLE", "LENTICULAR BRACKET")
_LIKE_SIGNS = ("MODIFIER LETTER LEFT ARROWHEAD", "MODIFIER LETTER RIGHT ARROWHEAD", "ANGLE QUOTATION MARK ORNAMENT")
_SQUARE = ("SQUARE BRACKET", "TORTOISE SHELL BRACKET")


class _Tag(NamedTuple):
    """A mark: whether it opens or closes, and where it stands."""

    opens: bool
    start: int
    end: int


def has_private(text: str) -> bool:
    """Whether anything in a text is marked as private, rightly or not."""
    return bool(_TAG.search(_plain(text)[0]))


def without_private(text: str) -> str:
    """What of a text is public; empty where the marks do not pair."""
    parts = _parts(text)
    return "" if parts is None else " ".join(parts[0])


def private_parts(text: str) -> list[str]:
    """What of a text is private; all of it where the marks do not pair."""
    parts = _parts(text)
    return [text] if parts is None else parts[1]


def _parts(text: str) -> tuple[list[str], list[str]] | None:
    """(what is public, what is private), in order; None where the marks do not pair."""
    plain, places = _plain(text)
    tags = list(_TAG.finditer(plain))
    if not all(tag["whole"] for tag in tags if tag[0].startswith("<")):
        return None
    public, private, depth, at = list[str](), list[str](), 0, 0
    for each in tags:
        tag = _Tag(not (each["ends"] or each["closes"]), places[each.start()], places[each.end() - 1] + 1)
        (private if depth else public).append(text[at : tag.start])
        depth += 1 if tag.opens else -1
        if depth < 0:
            return None
        at = tag.end
    return ([*public, text[at:]], private) if depth == 0 else None


def _plain(text: str) -> tuple[str, range | list[int]]:
    """(a text in small letters of usual width and alphabet, without what is invisible; each character's place).

    A bracket that a page writes as several characters stands at the last of them, so that what begins with it is cut
    from its first one on.
    """
    if text.isascii() and "&" not in text:
        return text.lower(), range(len(text))
    letters, places, at = list[str](), list[int](), 0
    for written in _WRITTEN.finditer(text):
        _add(text, at, written.start(), letters, places)
        letters.append("<" if written[1] else ">")
        places.append(written.start() if written[1] else written.end() - 1)
        at = written.end()
    _add(text, at, len(text), letters, places)
    return "".join(letters), places


def _add(text: str, start: int, end: int, letters: list[str], places: list[int]) -> None:
    for place in range(start, end):
        for letter in _as_read(text[place]):
            letters.append(letter)
            places.append(place)


@lru_cache(4096)
def _as_read(each: str) -> str:
    """A character as it is read here; nothing where it shows nothing."""
    if each.isascii():
        return each.lower()
    same = unicodedata.normalize("NFKC", each).casefold()
    return "".join(_bracket(latin_letter(one)) for one in same if unicodedata.category(one) != "Cf")


def _bracket(each: str) -> str:
    """The ASCII bracket that a character looks like; any other as it is."""
    if each.isascii() or unicodedata.category(each)[0] not in "PS":
        return each
    name = unicodedata.name(each, "")
    opens = "LEFT" in name.replace("-", " ").split()
    if any(kind in name for kind in (*_LIKE_BRACKETS, *_LIKE_SIGNS)):
        return "<" if opens else ">"
    if any(kind in name for kind in _SQUARE):
        return "[" if opens else "]"
    return each
