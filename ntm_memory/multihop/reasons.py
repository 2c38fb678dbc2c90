"""Why one memory follows from what was read before: a link, a name, words, or likeness alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ntm_memory.text.memory_names import name_of, occurs
from ntm_memory.text.words import index_words
from ntm_memory.text.writing_systems import is_cjk

_RUN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_MOST = 3
Kind = Literal["link", "name", "words", "likeness"]


@dataclass(frozen=True)
class Reason:
    """Why a step was taken, and by which names or words."""

    kind: Kind
    by: tuple[str, ...] = ()


def reason_for(before: str, text: str, rarity: Mapping[str, float], *, linked: bool, question: bool) -> Reason:
    """What joins a memory to the text before it.

    Args:
        before: the question, or the memory read before.
        text: the memory.
        rarity: how telling an index word is; words that are missing count as common.
        linked: whether a stored link joins the two memories.
        question: whether `before` is the question, which has no name itself.
    """
    low, below = before.casefold(), text.casefold()
    names = [name for name in (name_of(text),) if name and occurs(name, low)]
    names += [name for name in (() if question else (name_of(before),)) if name and occurs(name, below)]
    words = shared_words(low, below, rarity)
    if linked:
        return Reason("link", tuple(dict.fromkeys(names)) or words)
    if names:
        return Reason("name", tuple(dict.fromkeys(names)))
    return Reason("words", words) if words else Reason("likeness")


def shared_words(before: str, text: str, rarity: Mapping[str, float]) -> tuple[str, ...]:
    """The rarest words that two texts share, at most three, as they stand in the second one."""
    had = set(index_words(before))
    found: dict[str, float] = {}
    for run in _RUN.findall(text):
        for piece in _pieces(run, before) if any(map(is_cjk, run)) else (run,):
            stems = [stem for stem in index_words(piece) if stem in had]
            if stems and stems == list(index_words(piece)):
                found[piece] = max(rarity.get(stem, 0.0) for stem in stems)
    return tuple(sorted(found, key=lambda piece: -found[piece]))[:_MOST]


def _pieces(run: str, before: str) -> Sequence[str]:
    """The longest parts of a run, of two characters or more, that the other text holds too."""
    pieces, start = [], 0
    while start < len(run):
        end = start
        while end < len(run) and run[start : end + 1] in before:
            end += 1
        if end - start > 1:
            pieces.append(run[start:end])
        start = max(end, start + 1)
    return pieces
