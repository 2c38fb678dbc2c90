"""What a store keeps: one record a memory, one or more key vectors a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.slots.columns import SLOT_COLUMNS as SLOT_COLUMNS
from ntm_memory.slots.columns import MemoryMatrix as MemoryMatrix
from ntm_memory.slots.columns import SlotColumns as SlotColumns

State = Literal["live", "archived", "erased"]


@dataclass(frozen=True)
class Link:
    """A directed link of a reasoning chain: this memory builds on `target`.

    Args:
        target: id of the memory that is built on.
        weight: how strong the link is, 0–1 (the attention weight by which it was addressed).
        kind: how the link came about, e.g. `content`, `name`, `explicit`.
    """

    target: str
    weight: float
    kind: str


@dataclass(frozen=True)
class Memory:
    """One memory as it is stored.

    `address` is the slot (row of the memory matrix M), `position` the order of writing inside the namespace (rising,
    never reused). `retention` is 1 when fresh and lowered by partial erase. Times are ISO 8601 in UTC. `trust` says who
    told it, one of `privacy.trust.TRUST_LEVELS`.
    """

    id: str
    address: int | None
    namespace: str
    session: str | None
    position: int
    key: str | None
    content: str
    importance: float
    tags: tuple[str, ...]
    source: str | None
    created_at: str
    occurred_at: str | None
    updated_at: str
    version: int
    retention: float
    state: State = "live"
    kind: str | None = None
    superseded_by: str | None = None
    reads: int = 0
    last_read_at: str | None = None
    links: tuple[Link, ...] = ()
    trust: str = "agent"


@dataclass(frozen=True)
class Version:
    """An older version of a memory: what it said, and from when until when it was the current one."""

    id: str
    version: int
    content: str
    key: str | None
    importance: float
    tags: tuple[str, ...]
    occurred_at: str | None
    valid_from: str
    valid_to: str
    trust: str = "agent"


@dataclass(frozen=True)
class MemoryInput:
    """What is told of a memory to be written: text cleaned, times ISO 8601 in UTC, tags distinct and sorted."""

    content: str
    key: str | None = None
    importance: float = 0.5
    tags: tuple[str, ...] = ()
    source: str | None = None
    session: str | None = None
    namespace: str = "default"
    occurred_at: str | None = None
    kind: str | None = None
    trust: str = "agent"


@dataclass(frozen=True)
class Encoding:
    """How a memory's text is found again.

    Args:
        keys: (P, dim) float32, unit norm, one row a passage, P ≥ 1.
        words: the index terms of the text in order, repeats kept (stems, CJK bigrams), each without white space.
        cjk: whether the text is mostly Chinese, Japanese or Korean.
    """

    keys: NDArray[np.float32]
    words: tuple[str, ...]
    cjk: bool


@dataclass(frozen=True)
class Postings:
    """Where some words occur: for each word the slots that hold it.

    Args:
        address: word → (n,) int64 slot numbers, rising.
        count: word → (n,) int64, how often the word occurs there, ≥ 1.
        cut: words that occur at more places than were looked at.
    """

    address: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    count: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    cut: frozenset[str] = frozenset()


@dataclass(frozen=True)
class About:
    """What memories are listed by that name somebody or something.

    Args:
        words: index words of the name: a memory that holds all of them speaks of it.
        name: as people write it, in lower case and with spaces for separators: a key or a tag with it is about it.
    """

    words: tuple[str, ...]
    name: str


@dataclass(frozen=True)
class Selection:
    """Which live memories of a namespace are listed; what is not told leaves all.

    Args:
        namespace: where they are.
        about: what they speak of.
        tags: they have all of these.
        kind: of them.
        session: in which they were told.
        since: they happened then or later, ISO 8601 in UTC; when they were told where nothing says when it happened.
        until: they happened earlier than that. What happened both before and after belongs to it: a stretch of days.
        sources: their source begins with one of these.
        telling: slots of memories that tell of that time in their words: they belong to it, too.
    """

    namespace: str
    about: About | None = None
    tags: tuple[str, ...] = ()
    kind: str | None = None
    session: str | None = None
    since: str | None = None
    until: str | None = None
    sources: tuple[str, ...] = ()
    telling: tuple[int, ...] = ()


Sort = Literal["newest", "oldest", "importance", "happened"]
"""In which order memories are listed: by when they were written, the most important first, what happened last first."""


class Place(NamedTuple):
    """Where one memory stands in an order: by what it is sorted, and among equals the later written one first."""

    value: str | float
    position: int


class Page(NamedTuple):
    """Some memories of a selection, in order.

    Args:
        memories: those of this page.
        total: how many are selected.
        left: how many of them follow after this page.
        end: the place of the last one that was looked at; None: there was none.
        damaged: how many were left out in their midst.
    """

    memories: list[Memory]
    total: int
    left: int
    end: Place | None
    damaged: int = 0


class By(NamedTuple):
    """One of the orders in which memories are gone through that may stand out when nothing is asked.

    Args:
        column: `importance` or `updated_at`, the largest first, of equals the one first that was written first.
        named: those that have a key; False: those that have none.
    """

    column: Literal["importance", "updated_at"]
    named: bool


class Standing(NamedTuple):
    """Some memories in such an order: no episodes, nothing revised, nothing that a mere tool told.

    Args:
        memories: the next ones.
        end: the place of the last one that was looked at; None: there are no more.
    """

    memories: list[Memory]
    end: Place | None


class SessionFocus(NamedTuple):
    """Where a session looked: id → weight, 0–1, each.

    Args:
        last: of its last look, in the order of that.
        trace: of all its looks as they fade, those with most first; see `store.usage.traced`.
    """

    last: dict[str, float]
    trace: dict[str, float]


@dataclass(frozen=True)
class Feedback:
    """What became of one recall: which memories were used, which were not, and which were in focus before it."""

    query: str
    namespace: str
    used: tuple[str, ...]
    unused: tuple[str, ...]
    at: str
    previous: tuple[str, ...] = ()
