"""The forms under which a retracted text is known again, coarser than its folded value.

A text is read as it was before a page, an address or a program wrote it anew; accents, sentence particles of Chinese
and, in what is told, signs like emoji are left out; and clauses count as sentences do. A retracted text keeps its
emoji: "the verdict is 👍" says something else than "the verdict is 👎".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ntm_memory.privacy.folding import Part, parts_of
from ntm_memory.privacy.recoded import decoded
from ntm_memory.text.writing_systems import CJK

_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,500}>")
_ENDS_A_TAG = "\x0b"
"""Ends a sentence, and counts as no line."""
_CLAUSE_END = re.compile(r"(?:[,，、()（）\[\]【】—]|(?<=\s)[-–]{1,2}(?=\s))(?!(?<=\d[,，])\d)")
_MARK = re.compile("[\u0300-\u036f]+")
_PARTICLES = re.compile(rf"(?<=[{CJK}]{{3}})[了呢啊呀吧嘛啦哦]+$")
"""The modal particles that close a Chinese sentence: they tell its mood, no other fact; 吗 makes a question of it."""


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
