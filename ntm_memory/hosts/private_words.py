"""What a session's private parts said, known again when a later turn repeats it: as salted hashes, never on disk.

Told by form alone: three words in a row; a word with a digit, a long one, or one that is capitalised within a sentence;
of Chinese and its like three characters in a row, or a third of all pairs; all of it where it is shorter than that.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Iterable, Iterator

from ntm_memory.persistence.newest import Newest
from ntm_memory.privacy.folding import pieces_of
from ntm_memory.text.writing_systems import CJK

_SALT = os.urandom(16)
_IN_A_ROW, _LONG = 3, 7
_SHARE = 1 / 3
_MOST_PARTS, _MOST_READ = 200, 20_000
_CAPITALISED = re.compile(r"(?<=[\w,;] )[^\W\d_a-z][\w'-]+")
_HAN = re.compile(rf"[{CJK}]")


class _Part:
    """One private part: marks each of which tells it, and pairs of which some together do."""

    def __init__(self, text: str) -> None:
        self.marks = frozenset(map(_hashed, _marks(text)))
        self.pairs = frozenset(map(_hashed, _pairs(text)))

    def is_in(self, marks: frozenset[bytes], pairs: frozenset[bytes]) -> bool:
        return bool(self.marks & marks) or (
            bool(self.pairs) and len(self.pairs & pairs) >= max(1.0, _SHARE * len(self.pairs))
        )


_parts = Newest[list[_Part]](20)
"""Session → its private parts."""
_adding = threading.Lock()


def note(session: str, texts: Iterable[str]) -> None:
    """Note what a session's private parts say.

    Args:
        session: the session's id.
        texts: its private parts.
    """
    new = [part for text in texts if (part := _Part(text[:_MOST_READ])).marks]
    with _adding:
        _parts.put(session, [*(_parts.get(session) or []), *new][-_MOST_PARTS:])


def are_in(session: str, text: str) -> bool:
    """Whether a text repeats any of it."""
    parts = _parts.get(session)
    if not parts:
        return False
    every = frozenset(map(_hashed, _marks(text, whole=False)))
    pairs = frozenset(map(_hashed, _pairs(text)))
    return any(part.is_in(every, pairs) for part in parts)


def _marks(text: str, *, whole: bool = True) -> Iterator[str]:
    """What tells a text by itself.

    Args:
        text: it.
        whole: a private part, of which a short one counts whole; else a text in which such may stand.
    """
    words = pieces_of(text)
    capitals = {piece for each in _CAPITALISED.findall(text) for piece in pieces_of(each)}
    for word in words:
        is_long = len(word) >= _LONG and not _HAN.search(word)
        if is_long or word in capitals or any(each.isdigit() for each in word) or not whole:
            yield word
    counts = (_IN_A_ROW,) if whole else range(2, _IN_A_ROW + 1)
    for count in counts:
        yield from (" ".join(words[at : at + count]) for at in range(len(words) - count + 1))
    if whole and 0 < len(words) < _IN_A_ROW:
        yield " ".join(words)


def _pairs(text: str) -> Iterator[str]:
    """Characters of Chinese and its like, two in a row."""
    words = pieces_of(text)
    for one, other in zip(words, words[1:], strict=False):
        if _HAN.match(one) and _HAN.match(other):
            yield f"{one} {other}"


def _hashed(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12, key=_SALT).digest()
