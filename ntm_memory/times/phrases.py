"""Parts side by side → one phrase: "Friday evening last week", 去年5月3日下午三点."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from ntm_memory.times.cursor import Cursor, first_of
from ntm_memory.times.intervals import fineness
from ntm_memory.times.pieces import Piece
from ntm_memory.times.rules import absolute, distant, hours, notations, parts, portions, relative

RULES = (
    *distant.RULES,
    *relative.RULES,
    *hours.RULES,
    *notations.RULES,
    *absolute.RULES,
    *parts.RULES[:2],
    *portions.RULES,
    *parts.RULES[2:],
)
_MOST_PARTS = 6


@dataclass(frozen=True)
class Phrase:
    """Parts that belong together.

    Args:
        parts: what they say.
        first, after: the first token, and the one after the last.
    """

    parts: tuple[Piece, ...]
    first: int
    after: int


def phrases(cursor: Cursor) -> Iterator[Phrase]:
    """All phrases of a text, from left to right."""
    at = 0
    while at < len(cursor.tokens):
        phrase = _phrase(cursor, at)
        if phrase is None:
            at += 1
            continue
        every = cursor.get(phrase.first - 1, "every") and phrase.parts[0].container
        if not every and not _is_a_name(cursor, phrase):
            yield phrase
        at = phrase.after


def _is_a_name(cursor: Cursor, phrase: Phrase) -> bool:
    """Whether the words before say that a name follows: Aunt Wednesday, rue du Quatre-Septembre, 名叫元旦."""
    bare = all(piece.fixed is None or piece.grain == "year" for piece in phrase.parts)
    named = any(cursor.get(phrase.first - back, "naming") for back in (1, 2))
    return bare and (named or cursor.get(phrase.after, "naming_after") is not None)


def _phrase(cursor: Cursor, at: int) -> Phrase | None:
    if cursor.get(at, "nothing"):
        return None
    found = first_of(RULES, cursor, at)
    if found is None:
        return None
    together, after = found
    while len(together) < _MOST_PARTS:
        more = notations.year_after(cursor, after, together) or first_of(
            RULES, cursor, cursor.past_links(after), partial(_can_join, together)
        )
        if more is None:
            break
        together, after = together + more[0], more[1]
    return Phrase(tuple(together), at, after)


def _can_join(together: list[Piece], more: list[Piece]) -> bool:
    """Whether all parts can be told of one time: no two are of the same length, no two portions."""
    fixed = [piece.fixed for piece in together if piece.fixed is not None]
    if any(p.grain == "minute" and p.fixed and not all(each.holds(p.fixed) for each in fixed) for p in more):
        return False  # "yesterday now"
    known = {fineness(piece.grain) for piece in together if piece.portion is None}
    for piece in more:
        if piece.portion is not None:
            if any(other.portion is not None for other in together):
                return False
        elif fineness(piece.grain) in known and not _same_length(together, piece):
            return False
    return True


def _same_length(together: list[Piece], piece: Piece) -> bool:
    """A weekday beside its date: "Friday, 3 May"."""
    same = [other for other in together if other.grain == piece.grain]
    return (
        piece.grain == "day"
        and len(same) == 1
        and {same[0].container, piece.container} & {"week"} != set()
        and (same[0].container != piece.container)
    )
