"""Where each word occurs, all words in four arrays: an inverted index that grows by segments (as Lucene's does).

A word is known by a number of 64 bits: the arrays may be mapped from a file, and nobody makes a table of a million
words to ask for ten. Two words of one memory have the same number once in 10¹³ pairs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count as counter

import numpy as np
from numpy.typing import NDArray

SMALLER = 2
"""A segment that is not so many times smaller than the one before is joined with it: few are left."""
AT_ONCE = 1 << 20
"""Places of words that are sorted at a time."""
_MOST = 255
_NONE = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint8)


@dataclass(frozen=True)
class Held:
    """Where a word occurs.

    Args:
        parts: of each segment: (the texts that hold it, rising; how often each does, 255 at most); the texts of a
            segment stand behind those of the one before.
    """

    parts: tuple[tuple[NDArray[np.int32], NDArray[np.uint8]], ...] = ()

    def __len__(self) -> int:
        return sum(len(text) for text, _ in self.parts)

    def newest(self, most: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """(at most so many of the texts, the last ones; how often each holds it)."""
        text, count = [], []
        for some, counts in reversed(self.parts):
            text.append(some[max(len(some) - most, 0) :])
            count.append(counts[max(len(some) - most, 0) :])
            most -= len(text[-1])
            if most <= 0:
                break
        return (np.concatenate(text[::-1]), np.concatenate(count[::-1])) if text else _NONE

    def counts_at(self, texts: NDArray[np.integer]) -> NDArray[np.float32]:
        """(n,) how often it occurs in some texts, in any order; it costs the same however many hold it."""
        found = np.zeros(len(texts), dtype=np.float32)
        asked = texts.astype(np.int32, copy=False)
        for where, count in self.parts:
            at = np.minimum(np.searchsorted(where, asked), len(where) - 1)
            found += np.where(where[at] == asked, count[at], np.uint8(0))
        return found


@dataclass(frozen=True)
class Segment:
    """W words of some texts.

    Args:
        word: (W,) uint64 rising, their numbers.
        starts: (W + 1,) int64, where each word's list begins.
        text: (P,) int32, the texts that hold it, rising in each list.
        count: (P,) uint8, how often, 255 at most.
    """

    word: NDArray[np.uint64]
    starts: NDArray[np.int64]
    text: NDArray[np.int32]
    count: NDArray[np.uint8]


class WordLists:
    """The words of texts, numbered in the order in which they were added.

    Args:
        first: lists of `size` texts to begin with.
        size: how many.
    """

    def __init__(self, first: Segment | None = None, size: int = 0) -> None:
        self._first = first
        self._segments: list[Segment] = []
        self._size = size

    def __len__(self) -> int:
        return self._size

    def add(self, texts: Iterable[Sequence[str]]) -> None:
        """Add texts, each as its words."""
        segment, size = _segment(texts, self._size)
        self._size += size
        self._segments.append(segment)
        while len(self._segments) > 1 and SMALLER * len(segment.text) > len(self._segments[-2].text):
            segment = joined(self._segments[-2:])
            self._segments[-2:] = [segment]

    def held(self, word: str) -> Held:
        """Where a word occurs."""
        number = number_of(word)
        return Held(tuple(part for each in self._all() if (part := _part(each, number)) is not None))

    def in_order(self, place: NDArray[np.int64]) -> Segment:
        """All lists as one segment of other numbers for the texts.

        Args:
            place: (n,) of each text its new number, −1 for those that are left out.
        """
        return _renumbered(joined(list(self._all())), place)

    def _all(self) -> Iterator[Segment]:
        if self._first is not None:
            yield self._first
        yield from self._segments


def number_of(word: str) -> np.uint64:
    """The number by which a word is known: its hash."""
    told = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number: np.uint64 = np.uint64(int.from_bytes(told, "little"))
    return number


def joined(segments: Sequence[Segment]) -> Segment:
    """One segment of several, whose texts follow each other; each place is copied once."""
    if len(segments) == 1:
        return segments[0]
    word = np.unique(np.concatenate([each.word for each in segments]))
    rows = [np.searchsorted(word, each.word) for each in segments]
    length = np.zeros(len(word), dtype=np.int64)
    for row, each in zip(rows, segments, strict=True):
        length[row] += np.diff(each.starts)
    starts = np.concatenate([[0], np.cumsum(length)])
    free = starts[:-1].copy()
    text, count = np.empty(starts[-1], dtype=np.int32), np.empty(starts[-1], dtype=np.uint8)
    for row, each in zip(rows, segments, strict=True):
        long = np.diff(each.starts)
        there = np.repeat(free[row] - each.starts[:-1], long) + np.arange(len(each.text))
        text[there], count[there] = each.text, each.count
        free[row] += long
    return Segment(word, starts, text, count)


def _part(segment: Segment, number: np.uint64) -> tuple[NDArray[np.int32], NDArray[np.uint8]] | None:
    at = int(np.searchsorted(segment.word, number))
    if at == len(segment.word) or segment.word[at] != number:
        return None
    here = slice(int(segment.starts[at]), int(segment.starts[at + 1]))
    return segment.text[here], segment.count[here]


def _segment(texts: Iterable[Sequence[str]], first: int) -> tuple[Segment, int]:
    """(lists of texts that are numbered from `first`, how many they are)."""
    number: defaultdict[str, int] = defaultdict(counter().__next__)
    told: list[int] = []
    sizes: list[int] = []
    for words in texts:
        told.extend(map(number.__getitem__, words))
        sizes.append(len(words))
    known = np.array([number_of(word) for word in number], dtype=np.uint64)
    word, row = np.unique(known, return_inverse=True)
    which = row[np.array(told, dtype=np.int64)] if told else np.empty(0, dtype=np.int64)
    text = np.repeat(np.arange(first, first + len(sizes)), sizes)
    pairs, times = np.unique(which << 32 | text, return_counts=True)
    starts = np.searchsorted(pairs >> 32, np.arange(len(word) + 1))
    held = (pairs & 0xFFFF_FFFF).astype(np.int32), np.minimum(times, _MOST).astype(np.uint8)
    return Segment(word, starts, *held), len(sizes)


def _renumbered(lists: Segment, place: NDArray[np.int64]) -> Segment:
    """Lists with other numbers for the texts, a part of them at a time."""
    length = np.zeros(len(lists.word), dtype=np.int64)
    text, count = list[NDArray[np.int32]](), list[NDArray[np.uint8]]()
    first = 0
    while first < len(lists.word):
        end = int(np.searchsorted(lists.starts, lists.starts[first] + AT_ONCE, side="right")) - 1
        end = min(max(end, first + 1), len(lists.word))
        here = slice(int(lists.starts[first]), int(lists.starts[end]))
        row = np.repeat(np.arange(first, end), np.diff(lists.starts[first : end + 1]))
        new, times = place[lists.text[here]], lists.count[here]
        stays = new >= 0
        row, new, times = row[stays], new[stays], times[stays]
        pair = row << 32 | new
        if not (np.diff(pair) > 0).all():
            order = np.argsort(pair, kind="stable")
            new, times = new[order], times[order]
        length += np.bincount(row, minlength=len(length))
        text.append(new.astype(np.int32))
        count.append(times)
        first = end
    whole = (np.concatenate(text), np.concatenate(count)) if text else _NONE
    kept = np.flatnonzero(length)
    starts = np.concatenate([[0], np.cumsum(length[kept])])
    return Segment(np.ascontiguousarray(lists.word[kept]), starts, *whole)
