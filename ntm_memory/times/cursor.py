"""A cursor's view of the tokens: what the rules of the grammar ask."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from ntm_memory.times.intervals import Frame, Span
from ntm_memory.times.pieces import Piece
from ntm_memory.times.tokens import Token

NOTHING = Token(0, 0, {})
Found = tuple[list[Piece], int] | None
"""The parts that a rule reads, and the token after them."""


@dataclass(frozen=True)
class Cursor:
    """The tokens of a text and what they are told relative to.

    Args:
        tokens: of the text.
        frame: what they are told relative to.
        ends: the places of the text, rising, at which a sentence ends.
        plans: the numbers of those sentences, from 0, that speak of what will be: there a time without its year is the
            next one.
        was: the numbers of those that speak of what was: there "until May" is until the last one.
        alone: whether the text is known to be nothing but a time, as people type it.
        is_note: whether it tells what was or comes, and asks nothing.
    """

    tokens: Sequence[Token]
    frame: Frame
    ends: Sequence[int] = ()
    plans: frozenset[int] = frozenset()
    was: frozenset[int] = frozenset()
    alone: bool = False
    is_note: bool = False

    def facing(self, at: int) -> Cursor:
        """The same, looking ahead where the sentence of this token does."""
        is_planned = self._sentence(at) in self.plans
        return replace(self, frame=replace(self.frame, past=False)) if is_planned else self

    def is_of_what_was(self, at: int) -> bool:
        """Whether the sentence of this token speaks of what was."""
        return self._sentence(at) in self.was

    def _sentence(self, at: int) -> int:
        return bisect_right(self.ends, self[at].start)

    def __getitem__(self, at: int) -> Token:
        """The token there; an empty one outside."""
        return self.tokens[at] if 0 <= at < len(self.tokens) else NOTHING

    def get(self, at: int, name: str) -> Any:
        """What the token there is in a class; None where it is not of it."""
        return self[at].get(name)

    def past_links(self, at: int, most: int = 3) -> int:
        """The first token from here that does not only join what stands around it: of, the, 的."""
        for _ in range(most):
            if not self.get(at, "link"):
                break
            at += 1
        return at

    def whole_number(self, at: int, low: int, high: int) -> int | None:
        """The whole number there, if it lies between these."""
        value = self.get(at, "number")
        return value if isinstance(value, int) and low <= value <= high else None

    def count(self, at: int) -> tuple[tuple[float, float], int] | None:
        """A number, or two between which it lies, and the token after it: "three", "a couple of", 几."""
        told = self.get(at, "number")
        if told is None:
            return None
        after = at + 1
        if told == 1 and self.get(after, "number") == 0.5:  # "ein halbes Jahr"
            told, after = 0.5, after + 1
        low, _, high = str(told).partition("~")
        if (tens := self._tens(at)) is not None and not self.get(tens[1], "digits"):
            if (one := self.whole_number(tens[1], 1, 9)) is not None:  # twenty-five
                return (tens[0] + one, tens[0] + one), tens[1] + 1
        after += bool(self.get(after, "measure") and self.get(after + 1, "half"))
        extra = self.get(after, "half")
        more = float(extra) if extra else 0.0
        return (float(low) + more, float(high or low) + more), after + bool(extra)

    def period(self, at: int) -> tuple[tuple[float, float], str, int] | None:
        """A number of units and the token after them: "two and a half years", 三个月, 사흘."""
        if (told := self.get(at, "period")) is not None:
            value, unit = told.split()
            return (float(value), float(value)), unit, at + 1
        counted = self.count(at)
        if counted is None:
            return None
        (low, high), after = counted
        counts = bool(self.get(after, "measure"))
        after += counts
        over = self.get(after, "over")
        after += over is not None
        unit = self.get(after, "unit") or (self.get(after, "unit_letter") if self[after].glued else None)
        is_month = self.get(after, "month_mark") and not (counts or low % 1 or self.get(after, "counted"))
        if unit is None or is_month:  # 三月 is March, 三个月 are three months
            return None
        after += 1
        if over is None and (over := self.get(after, "over")) == "more":
            after += 1
        if over is not None:
            low, high = _over(low, high, over)
        if (extra := self.get(after, "half")) is not None:
            low, high, after = low + float(extra), high + float(extra), after + 1
        return ((2 * low, 2 * high), "week", after) if unit == "fortnight" else ((low, high), unit, after)

    def ordinal(self, at: int) -> tuple[int, int] | None:
        """(place, token after) of a word that tells a place: 3rd, third, twenty-third."""
        if (tens := self._tens(at, 30)) is not None:
            one = self.get(tens[1], "ordinal")
            if isinstance(one, int) and 0 < one < 10:
                return tens[0] + one, tens[1] + 1
        told = self.get(at, "ordinal")
        return (told, at + 1) if isinstance(told, int) else None

    def _tens(self, at: int, most: int = 90) -> tuple[int, int] | None:
        """A word of tens and where its ones would stand: the "twenty" of twenty-five."""
        told = self.whole_number(at, 20, most)
        if told is None or told % 10 or self.get(at, "digits") or self.get(at, "spelled"):
            return None
        return told, at + 1 + (self[at + 1].mark == "-")


def _over(low: float, high: float, how: str) -> tuple[float, float]:
    """What a number and a word for "odd" leave open: 一个多月 is one to two, 二十多天 21 to 29, 十来天 around ten."""
    if how == "around":
        return low - 2, high + 2
    return (low + 1, high + 9) if low >= 10 and low % 10 == 0 else (low, high + 1)


def again(grain: str, container: str, within: Callable[[datetime], Span | None], **more: Any) -> Piece:
    """A part that comes again in every unit of a kind."""
    return Piece(grain, container=container, within=within, **more)


class Rule:
    """A rule of the grammar.

    Args:
        starts: the classes one of which the first token must have.
        read: (cursor, place) → what it reads there.
    """

    def __init__(self, starts: str, read: Callable[[Cursor, int], Found]) -> None:
        self.starts = frozenset(starts.split())
        self.read = read


@lru_cache(maxsize=1024)
def _rules_for(rules: tuple[Rule, ...], classes: frozenset[str]) -> list[Rule]:
    return [rule for rule in rules if not rule.starts.isdisjoint(classes)]


def first_of(
    rules: tuple[Rule, ...], cursor: Cursor, at: int, fits: Callable[[list[Piece]], bool] = lambda parts: True
) -> Found:
    """What the first rule reads that reads anything that fits."""
    for rule in _rules_for(rules, frozenset(cursor[at].classes)):
        try:
            found = rule.read(cursor, at)
        except (ValueError, OverflowError):  # no such day or year
            continue
        if found is not None and fits(found[0]):
            return found
    return None
