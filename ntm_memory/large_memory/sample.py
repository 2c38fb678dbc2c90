"""A few memories that stand for all of a large namespace: what is usual is told by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ntm_memory.codes.word_lists import Segment, WordLists
from ntm_memory.recall.centring import scripts_among
from ntm_memory.store.records import MemoryMatrix
from ntm_memory.text.words import SPOKEN

RUNS, RUN = 64, 32
"""So many stretches of the order of writing, each of so many memories: sessions stay together."""
Arrays = Mapping[str, NDArray[Any]]
_Kept = TypeVar("_Kept")


@dataclass(frozen=True)
class Sample:
    """s memories as they were when it was drawn.

    Args:
        keys: (r, dim) float32, their key rows, not centred.
        first: (s,) int64, where each one's begin.
        script: (r,) int64, 1 for CJK, else 0.
        length: (s,) int64, index words.
        session: (s,) int64, the session of each, numbered from 0.
        position: (s,) int64, when each was written.
        lists: where their words occur.
    """

    keys: NDArray[np.float32]
    first: NDArray[np.int64]
    script: NDArray[np.int64]
    length: NDArray[np.int64]
    session: NDArray[np.int64]
    position: NDArray[np.int64]
    lists: Segment

    def __len__(self) -> int:
        return len(self.length)

    @classmethod
    def drawn(
        cls,
        slots: MemoryMatrix,
        at: Callable[[NDArray[np.int64]], NDArray[np.int64]],
        words_of: Callable[[NDArray[np.int64]], Iterable[Sequence[str]]],
    ) -> Sample:
        """Of the memories of one state.

        Args:
            slots: the memories.
            at: places in the order of writing → the memories there.
            words_of: slot numbers → the index words and marks of each.
        """
        places = np.arange(len(slots))
        if len(slots) > RUNS * RUN:
            starts = np.linspace(0, len(slots) - RUN, RUNS).astype(np.int64)
            places = np.unique(starts[:, None] + np.arange(RUN))
        order = at(places)
        keys, first = slots.passages_of(order)
        script = scripts_among(slots, order, first, len(keys))
        _, session = np.unique(slots.at("session", order), return_inverse=True)
        words = WordLists()
        words.add(words_of(slots.at("address", order)))
        lists = words.in_order(np.arange(len(order)))
        length, position = slots.at("length", order), slots.at("position", order)
        return cls(keys, first, script, length, session.astype(np.int64), position, lists)

    @classmethod
    def kept(cls, arrays: Arrays) -> Sample:
        """As `arrays` told it."""
        return known(cls, "sample", arrays, lists=known(Segment, "sample.words", arrays))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is kept of it."""
        return named("sample", self, but="lists") | named("sample.words", self.lists)

    @cached_property
    def words(self) -> WordLists:
        """The words of the sample, its memories numbered 0…s−1."""
        return WordLists(self.lists, len(self))

    @cached_property
    def spoken(self) -> float:
        """About what share of the memories begin with a speaker's name."""
        return len(self.words.held(SPOKEN)) / len(self)


def named(name: str, what: Any, but: str = "") -> dict[str, NDArray[Any]]:
    """The fields of a dataclass of arrays, each by a name of its own."""
    return {f"{name}.{each.name}": getattr(what, each.name) for each in fields(what) if each.name != but}


def known(kind: type[_Kept], name: str, arrays: Arrays, **given: Any) -> _Kept:
    """A dataclass of arrays, as `named` has it; fields that it left out are given."""
    told = {each.name: arrays[f"{name}.{each.name}"] for each in fields(kind) if each.name not in given}  # type: ignore[arg-type]
    return kind(**told, **given)
