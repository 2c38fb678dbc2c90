"""Where secrets stand in a text, and the marks that are left in their place."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ntm_memory.text.writing_systems import CJK

LEAST = 3
"""Characters of a secret at least."""
SIGNS = "!@#$%^&*+=~|_\\/"
"""What words of a language have not in them."""
_LEAST_NUMBER, _SPACES = 4, 3
"""Digits, and spaces between words, from which on a secret is looked for elsewhere in its text."""
_MARK = re.compile(r"\[secret: ([a-z0-9.-]{1,100})\]")
_HANGING = re.compile(r"(?:[-_][A-Za-z0-9]+)+")
_WORD = re.compile(rf"[^\W_{CJK}]+")


class Secret(NamedTuple):
    """A secret in a text: text[start:end].

    Args:
        kind: what it is, e.g. `aws-access-token` or `password`.
        start, end: its characters.
    """

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class MaybeSecret:
    """What may be a secret and is kept.

    Args:
        kind: what it would be.
        field: in which it stands.
        at: its first character there as it is stored, from 0.
        chance: how likely it is one; below that from which on it would have been left out.
    """

    kind: str
    field: str
    at: int
    chance: float


Span = tuple[int, int]


def mark_of(kind: str) -> str:
    """What stands where a secret stood."""
    return f"[secret: {kind}]"


def marks_in(text: str, kinds: Container[str]) -> list[Span]:
    """Where marks of these kinds stand; what only looks like one is looked at as all else is."""
    return [match.span() for match in _MARK.finditer(text) if match[1] in kinds]


def redacted(text: str, secrets: Iterable[Secret]) -> str:
    """The text with `[secret: KIND]` where its secrets stood."""
    parts, at = [], 0
    for secret in secrets:
        parts += [text[at : secret.start], mark_of(secret.kind)]
        at = secret.end
    return "".join([*parts, text[at:]])


def place_without(secrets: Iterable[Secret], at: int) -> int:
    """Where a character stands once the secrets before it are left out."""
    return at + sum(len(mark_of(each.kind)) - (each.end - each.start) for each in secrets if each.end <= at)


def apart(found: Iterable[tuple[str, int, int]]) -> list[Secret]:
    """Found (kind, start, end) in their order; those that overlap become one, called as the first."""
    kept: list[Secret] = []
    for kind, start, end in sorted(found, key=lambda each: (each[1], -each[2])):
        if not kept or start >= kept[-1].end:
            kept.append(Secret(kind, start, end))
        elif end > kept[-1].end:
            kept[-1] = kept[-1]._replace(end=end)
    return kept


def settled(text: str, found: Iterable[tuple[str, int, int]], marks: Sequence[Span]) -> list[Secret]:
    """Found (kind, start, end) as they may be left out: apart, in whole words, and nothing of a mark.

    Args:
        text: in which they were found.
        found: some may overlap.
        marks: as `marks_in` gives them.
    """
    kept: list[tuple[str, int, int]] = []
    outside = [(kind, *piece) for kind, start, end in found for piece in _outside(text, start, end, marks)]
    for kind, start, end in sorted(outside, key=lambda each: (each[1], -each[2])):
        if not kept or end > kept[-1][2]:  # what lies within another needs no look at its words
            kept.append((kind, *grown(text, start, end)))
    return apart(kept)


def everywhere(text: str, secrets: Sequence[Secret]) -> list[Secret]:
    """Secrets, and where the same text has one of them once more: left out here, it would still stand there.

    A word that people use (neither digit nor sign in it, no capital inside) stays where nothing tells that it is one.
    """
    kinds: dict[str, str] = {}
    for each in secrets:
        value = text[each.start : each.end]
        if is_no_word(value):
            kinds.setdefault(value, each.kind)
    again = [(kind, *span) for value, kind in kinds.items() for span in _stands(text, value)]
    return apart([*secrets, *again]) if len(again) > len(kinds) else list(secrets)


def is_no_word(value: str) -> bool:
    """Whether what is secret here is hardly said elsewhere in the same text as something else."""
    if value.isdecimal():
        return len(value) >= _LEAST_NUMBER
    if any(map(str.isdecimal, value)) or any(sign in value for sign in SIGNS) or value.count(" ") >= _SPACES:
        return True
    return any(map(str.isupper, value[1:])) and any(map(str.islower, value))


def _stands(text: str, value: str) -> Iterator[Span]:
    at = text.find(value)
    while at >= 0:
        end = at + len(value)
        if not (_is_within(text, at) or _is_within(text, end)):
            yield at, end
        at = text.find(value, end)


def grown(text: str, start: int, end: int) -> Span:
    """A span with the rest of the words (runs of letters and digits) in which it begins and ends, and what hangs on.

    Scripts that put no white space between words have no such runs. `_dev` behind a password is part of it.
    """
    first, last = word_at(text, start), word_at(text, end)
    end = last[1] if last else end
    more = _HANGING.match(text, end) if text[end - 1 : end].isalnum() else None
    return first[0] if first else start, more.end() if more else end


def word_at(text: str, at: int) -> Span | None:
    """The word that a place lies within, with characters of it on both sides; None where it lies between."""
    if not _is_within(text, at):
        return None
    start = at
    while start > 0 and _WORD.match(text[start - 1]):
        start -= 1
    word = _WORD.match(text, start)
    assert word is not None
    return start, word.end()


def _is_within(text: str, at: int) -> bool:
    return 0 < at < len(text) and bool(_WORD.match(text[at]) and _WORD.match(text[at - 1]))


def _outside(text: str, start: int, end: int, marks: Sequence[Span]) -> Iterator[Span]:
    """What a span has beside marks, where it is long enough to be a secret."""
    at = start
    for low, high in [each for each in marks if each[0] < end and each[1] > start]:
        if _is_long(text[at:low]):
            yield at, low
        at = max(at, high)
    if at == start or _is_long(text[at:end]):
        yield at, end


def _is_long(piece: str) -> bool:
    return sum(map(str.isalnum, piece)) >= LEAST
