"""What a person marks as private: `<private>…</private>`, in any spelling, nested or not.

Where the marks do not pair nobody knows where what is private ends: then nothing of the text is public.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_TAG = re.compile(r"<\s*(?:(/)\s*)?private\b[^<>]*(>?)")


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
    plain, places = _plain(text)
    tags = list(_TAG.finditer(plain))
    if not all(tag[2] for tag in tags):
        return ""
    kept, depth, at = list[str](), 0, 0
    for tag in (_Tag(not each[1], places[each.start()], places[each.end() - 1] + 1) for each in tags):
        if depth == 0:
            kept.append(text[at : tag.start])
        depth += 1 if tag.opens else -1
        if depth < 0:
            return ""
        at = tag.end
    return " ".join([*kept, text[at:]]) if depth == 0 else ""


def _plain(text: str) -> tuple[str, range | list[int]]:
    """(a text in small letters of usual width, without what is invisible; where each of its characters stands)."""
    if text.isascii():
        return text.lower(), range(len(text))
    letters, places = list[str](), list[int]()
    for place, each in enumerate(text):
        same = each.lower() if each.isascii() else unicodedata.normalize("NFKC", each).casefold()
        for letter in same:
            if unicodedata.category(letter) != "Cf":
                letters.append(letter)
                places.append(place)
    return "".join(letters), places
