"""Where each word occurs, all words in three arrays: an inverted index that grows by segments (as Lucene's does)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count as counter

import numpy as np
from numpy.typing import NDArray

MOST_SEGMENTS = 8
_MOST = 255
Held = tuple[NDArray[np.int32], NDArray[np.uint8]]
NOWHERE: Held = (np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint8))


@dataclass(frozen=True)
class Segment:
    """W words of some texts.

    Args:
        number: word → 0…W−1.
        starts: (W + 1,) int64, where each word's list begins.
        text: (P,) int32, the texts that hold it, rising in each list.
        count: (P,) uint8, how often, 255 at most.
    """

    number: dict[str, int]
    starts: NDArray[np.int64]
    text: NDArray[np.int32]
    count: NDArray[np.uint8]

    def held(self, word: str) -> Held:
        """(texts that hold a word, rising; how often each does)."""
        number = self.number.get(word)
        if number is None:
            return NOWHERE
        here = slice(self.starts[number], self.starts[number + 1])
        return self.text[here], self.count[here]


class WordLists:
    """The words of texts, numbered in the order in which they were added."""

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, texts: Iterable[Sequence[str]]) -> None:
        """Add texts, each as its words."""
        segment, size = _segment(texts, self._size)
        self._size += size
        self._segments.append(segment)
        if len(self._segments) > MOST_SEGMENTS:
            first, *rest = self._segments
            rest = [_merged(rest)]
            whole = 4 * len(rest[0].text) > len(first.text)
            self._segments = [_merged([first, *rest])] if whole else [first, *rest]

    def held(self, word: str) -> Held:
        """(texts that hold a word, rising; how often each does)."""
        found = [each for each in (segment.held(word) for segment in self._segments) if len(each[0])]
        if len(found) < 2:
            return found[0] if found else NOWHERE
        return np.concatenate([text for text, _ in found]), np.concatenate([count for _, count in found])


def counts_at(held: Held, texts: NDArray[np.integer]) -> NDArray[np.float32]:
    """(n,) how often a word occurs in some texts, in any order; it costs the same however many hold the word.

    Args:
        held: as of `WordLists.held`.
        texts: (n,) of the texts.
    """
    where, count = held
    if not len(where):
        return np.zeros(len(texts), dtype=np.float32)
    at = np.minimum(np.searchsorted(where, texts.astype(np.int32, copy=False)), len(where) - 1)
    return np.where(where[at] == texts, count[at], np.uint8(0)).astype(np.float32)


def _segment(texts: Iterable[Sequence[str]], first: int) -> tuple[Segment, int]:
    """(lists of texts that are numbered from `first`, how many they are)."""
    number: defaultdict[str, int] = defaultdict(counter().__next__)
    told: list[int] = []
    sizes: list[int] = []
    for words in texts:
        told.extend(map(number.__getitem__, words))
        sizes.append(len(words))
    which = np.array(told, dtype=np.int64)
    text = np.repeat(np.arange(first, first + len(sizes)), sizes)
    pairs, times = np.unique(which << 32 | text, return_counts=True)
    starts = np.searchsorted(pairs >> 32, np.arange(len(number) + 1))
    held = (pairs & 0xFFFF_FFFF).astype(np.int32), np.minimum(times, _MOST).astype(np.uint8)
    return Segment(dict(number), starts, *held), len(sizes)


def _merged(segments: Sequence[Segment]) -> Segment:
    """One segment of several, whose texts follow each other."""
    number = {word: i for i, word in enumerate(dict.fromkeys(word for each in segments for word in each.number))}
    which = []
    for each in segments:
        mine = np.empty(len(each.number), dtype=np.int64)
        mine[list(each.number.values())] = [number[word] for word in each.number]
        which.append(np.repeat(mine, np.diff(each.starts)))
    whole = np.concatenate(which)
    order = np.argsort(whole, kind="stable")
    starts = np.searchsorted(whole[order], np.arange(len(number) + 1))
    text, count = (np.concatenate([getattr(each, name) for each in segments])[order] for name in ("text", "count"))
    return Segment(number, starts, text, count)
