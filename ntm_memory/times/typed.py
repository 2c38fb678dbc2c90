"""A text that is nothing but a time, as people type it into an option: all of it is read, or it is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING

from ntm_memory.times.finding import absent_days, cursor_of
from ntm_memory.times.lexicon import languages_of_all
from ntm_memory.times.told import Time
from ntm_memory.times.zones import month_first_here

if TYPE_CHECKING:
    from ntm_memory.times.cursor import Cursor

MOST_TYPED = 200
"""No time is told in more characters."""
_DOTS = re.compile(r"\.{2,3}|…")
_DASH = re.compile(r"(?<=[\d.])-(?=\d\d?\.)")
_DOTTED = re.compile(r"(\d\d?)\.(\d\d?)")
_OPENS = frozenset("\"'“‘«„([{（【「『¿¡,，")
_CLOSES = frozenset("\"'”’»)]}）】」』?!.,;:？！。，；：")


@dataclass(frozen=True)
class Typed:
    """What a text that should be a time tells.

    Args:
        time: what all of it says; None: it is not one time.
        left: the part of it that is not understood; "" where none of it is.
        others: the times that it tells where it tells more than one.
        absent: the days in it that no calendar has.
    """

    time: Time | None = None
    left: str = ""
    others: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def read_typed(text: str, now: float, zone: tzinfo | None = None, *, month_first: bool | None = None) -> Typed:
    """What a text tells that is nothing but a time.

    Args:
        text: as it is typed.
        now: unix seconds, when.
        zone: where; None: the system's.
        month_first: whether 3/4 is 4 March where the text's language does not say; None: as the system's does.
    """
    if len(text) > MOST_TYPED:
        return Typed()
    from ntm_memory.times.expressions import times_of

    best = Typed()
    written = _written(text)
    for languages in languages_of_all(written):
        cursor = cursor_of(written, now, zone, month_first, languages=languages)
        if cursor is None:
            continue
        times = times_of(cursor)
        left = [_left(text, time, cursor) for time in times]
        if "" in left:
            return Typed(times[left.index("")])
        if best == Typed():
            absent = tuple(text[slice(*place)] for place in absent_days(cursor))
            others = tuple(text[slice(*time.place)] for time in times) if len(times) > 1 else ()
            best = Typed(left=left[0] if left and not absent else "", others=others, absent=absent)
    return best


def read_time(text: str, now: float, zone: tzinfo | None = None, *, month_first: bool | None = None) -> Time | None:
    """The time of a text that is nothing but one, as people type it: "yesterday", "2026-11"; None for no time."""
    return read_typed(text, now, zone, month_first=month_first).time


def _written(text: str) -> str:
    """The text without what only people who type a time write: 2026-05-03..2026-05-05, 12.13; it stays as long."""
    text = _DASH.sub("–", _DOTS.sub(lambda dots: "–".ljust(len(dots[0])), text))
    return _DOTTED.sub(_with_stroke, text) if _DOTTED.search(text) and _is_dotted(text) else text


def _is_dotted(text: str) -> bool:
    rest = _DOTTED.sub("", text).strip()
    return rest in ("", "-", "–", "~", "到", "至") and text.count(".") <= 2


def _with_stroke(match: re.Match[str]) -> str:
    """A dotted day and month, where it can be only one day or the system's language says which comes first."""
    first, second = int(match[1]), int(match[2])
    return f"{match[1]}/{match[2]}" if first > 12 or second > 12 or month_first_here() else match[0]


def _left(text: str, time: Time, cursor: Cursor) -> str:
    """What of a text is no part of a time in it: before it stand only "on", "the" or brackets, after it marks."""
    first, last = time.place
    before = [token for token in cursor.tokens if token.end <= first]
    after = [token for token in cursor.tokens if token.start >= last]
    left = []
    if not all(token.mark in _OPENS if token.mark else _is_filler(token.classes) for token in before):
        left.append(text[:first].strip())
    if not all(token.mark in _CLOSES if token.mark else not token.latin and token.get("link") for token in after):
        left.append(text[last:].strip())
    return " … ".join(left)


def _is_filler(classes: dict[str, object]) -> bool:
    """Whether a word before a time changes nothing: a preposition of when, an article, "sometime"."""
    if "direction" in classes or "from" in classes:
        return False
    return "link" in classes or "filler" in classes or "day_article" in classes or classes.get("evidence") == 2
