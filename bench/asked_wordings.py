"""The wordings of bench/wordings as questions with what they ask for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ntm_memory.controller.asking import WANTS

WORDINGS = Path(__file__).with_name("wordings")
UNKNOWN = -1.0
"""Of what nobody said."""
OWN = "own"
FOLDS = 3


class Line(NamedTuple):
    """A question with what it asks for.

    Args:
        group: what it is held back with.
        text: of it.
        step: what it asks for, −3…+3.
        wants: of `WANTS`, `UNKNOWN` where nobody said.
        anchor: where the words for it stand.
        wording: its construction.
        how: how it came about: "own" as somebody wrote it, else made of that (`turned_wordings`).
    """

    group: str
    text: str
    step: int
    wants: tuple[float, ...]
    anchor: tuple[int, int] | None
    wording: str = ""
    how: str = OWN


def wants_of(name: str | None) -> tuple[float, ...]:
    """The label of one of `WANTS`, of "fact", or of None: nobody said."""
    return tuple(UNKNOWN if name is None else float(name == each) for each in WANTS)


def of_places(lines: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Constructions {"template", "anchor": fillings, "step", "pair", "wants"}, each with all its fillings.

    Two that differ by little and mean opposite directions are a pair, and held back together.
    """
    for line in lines:
        template, step, group = line["template"], int(line["step"]), held_with(line)
        before, there, after = template.partition("{anchor}")
        wants = wants_of("fact" if step or line.get("wants") == "fact" else None)
        for filling in line["anchor"] if there else [""]:
            span = (len(before), len(before) + len(filling)) if step else None
            yield from in_two_hands(Line(group, before + filling + after, step, wants, span, template))


def held_with(line: Mapping[str, Any]) -> str:
    """What a construction is held back with."""
    return f"{line['language']} pair {line['pair']}" if "pair" in line else str(line["template"])


def of_kinds(lines: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Questions {"question", "wants"}."""
    for line in lines:
        text = line["question"]
        yield from in_two_hands(Line(text, text, 0, wants_of(line["wants"]), None, text))


def in_two_hands(line: Line) -> Iterator[Line]:
    """A line as it is written, and as somebody in haste types it: small, without its last mark."""
    yield line
    hasty = line.text.lower().rstrip("?？.。!！ ")
    if hasty != line.text and len(line.text.lower()) == len(line.text):
        yield line._replace(text=hasty)


def fold_of(group: str) -> int:
    """In which third a wording is held back."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS
