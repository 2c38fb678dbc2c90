"""What the manager's verbs answer: frozen dataclasses, ready to be printed as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ntm_memory.store.records import Memory

Action = Literal["created", "unchanged", "updated"]


@dataclass(frozen=True)
class Similar:
    """A stored memory that says nearly the same; `similarity` is the share of the text they have in common, 0–1."""

    id: str
    content: str
    similarity: float


@dataclass(frozen=True)
class MemorizeResult:
    """One memory was told; `supersedes` are the ids of older memories that it plainly revises, as a hint."""

    memory: Memory
    action: Action
    similar: tuple[Similar, ...] = ()
    supersedes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A record of a bulk run that could not be stored; `line` counts from 1."""

    line: int
    code: str
    message: str


@dataclass(frozen=True)
class BulkResult:
    """Many memories were told. `ids[i]` belongs to the i-th record, None where it failed."""

    created: int
    unchanged: int
    updated: int
    failed: tuple[Failure, ...]
    ids: tuple[str | None, ...]


@dataclass(frozen=True)
class RecalledMemory:
    """One memory of an answer.

    Args:
        weight: attention after the last addressing step, 0–1; over all of memory at most 1.
        score: evidence before the softmax; comparable within one recall only.
        truncated: whether `content` was cut to keep the answer within its size.
        steps: with explain, the weight after every step of every read head, and each head's part.
    """

    id: str
    address: int | None
    key: str | None
    content: str
    weight: float
    score: float
    position: int
    created_at: str
    occurred_at: str | None = None
    session: str | None = None
    importance: float = 0.5
    retention: float = 1.0
    tags: tuple[str, ...] = ()
    version: int = 1
    superseded_by: str | None = None
    truncated: bool = False
    steps: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, memory: Memory, weight: float, score: float, steps: Mapping[str, Any] | None = None) -> RecalledMemory:
        """A stored memory as an answer shows it."""
        shared = {name: getattr(memory, name) for name in cls.__dataclass_fields__ if hasattr(memory, name)}
        return cls(**shared, weight=round(weight, 6), score=round(score, 4), steps=steps)


@dataclass(frozen=True)
class RecallResult:
    """An answer: the ranking with its weights, or none and the reason.

    Args:
        confidence: 0–1, calibrated chance that what was asked is in memory at all.
        reason: why there are no memories, or None.
    """

    query: str
    memories: tuple[RecalledMemory, ...]
    confidence: float
    reason: str | None = None
    explanation: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class UpdateResult:
    """A memory was changed; `previous` is how it read before."""

    memory: Memory
    previous: Memory


@dataclass(frozen=True)
class Erased:
    """What an erase did to one memory."""

    id: str
    content: str
    retention_before: float
    retention_after: float


@dataclass(frozen=True)
class EraseResult:
    """Memories were weakened, forgotten or purged; `restorable` unless purged."""

    erased: tuple[Erased, ...]
    restorable: bool
    dry_run: bool = False


@dataclass(frozen=True)
class ImportResult:
    """A file was read into the store."""

    created: int
    unchanged: int
    updated: int
    failed: tuple[Failure, ...] = field(default=())
    dry_run: bool = False
