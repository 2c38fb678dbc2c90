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


@dataclass(frozen=True)
class FeedbackResult:
    """A verdict on a recall was kept: `recorded` memories were judged, `pending` verdicts wait for `tune`."""

    recorded: int
    pending: int


@dataclass(frozen=True)
class Quality:
    """How well the held-out questions are answered.

    Args:
        loss: −mean log of the attention on the memories that answer.
        recall_at_1, recall_at_5: share of those memories among the best 1 or 5.
        mrr: mean of 1 / rank of the first of them.
        answered: share of the questions whose confidence reaches the floor.
    """

    loss: float
    recall_at_1: float
    recall_at_5: float
    mrr: float
    answered: float


@dataclass(frozen=True)
class Change:
    """One learned number, as it was and as it is now."""

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class TuneResult:
    """Addressing parameters were learned, and kept only if they answer questions they did not see better.

    Args:
        kept: whether the new ones are (with `dry_run`: would be) in force.
        reason: why they are, or why the old ones stay.
        before, after: of the old and the new parameters on the held-out part.
        examples: pairs learned from.
        held_out: pairs judged by.
        skipped: pairs that nothing can be learned from: what answers them is erased or was no candidate, or they ask
            for a place.
        failed: records that are not usable.
        path: where the new parameters are, None if the old ones stay.
        changes: what changed most.
    """

    kept: bool
    reason: str
    before: Quality
    after: Quality
    examples: int
    held_out: int
    skipped: int
    failed: tuple[Failure, ...] = ()
    path: str | None = None
    changes: tuple[Change, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True)
class RevertResult:
    """The last tuning was undone: `in_force` are the parameters tuned before it, or those that ship."""

    reverted: bool
    in_force: Literal["previous", "shipped"]


@dataclass(frozen=True)
class ReadMemory:
    """A memory that one hop attended to.

    Args:
        weight: the hop's attention on it, 0–1.
        truncated: whether `content` was cut.
        features: with explain, what each feature added to its score on the path that says most for it.
    """

    id: str
    content: str
    weight: float
    truncated: bool = False
    features: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Hop:
    """One read of a chain: what was asked with, and where it looked, best first."""

    query: str
    memories: tuple[ReadMemory, ...]


@dataclass(frozen=True)
class ChainStep:
    """One memory of the path from the question to the last memory.

    Args:
        weight: attention on it when it was read.
        why: what joins it to the step before: `link`, `name`, `words` or `likeness`.
        by: the names or words they share.
    """

    id: str
    content: str
    weight: float
    why: Literal["link", "name", "words", "likeness"]
    by: tuple[str, ...] = ()
    truncated: bool = False


@dataclass(frozen=True)
class ReasonResult:
    """An answer from several reads in a row, or none and the reason.

    Args:
        hops: the reads; fewer than asked for where one more would add nothing.
        chain: the path with most evidence.
        answer_memories: ranked over the whole chain.
        confidence: 0–1, recall's own: the chance that what was asked is in memory at all.
        reason: why there are no memories, or None.
    """

    query: str
    hops: tuple[Hop, ...]
    chain: tuple[ChainStep, ...]
    answer_memories: tuple[RecalledMemory, ...]
    confidence: float
    reason: str | None = None


@dataclass(frozen=True)
class Tie:
    """A memory that the new one builds on; `weight` is how strong the link is, 0–1."""

    id: str
    content: str
    weight: float
    kind: str


@dataclass(frozen=True)
class StoreResult:
    """A memory was told together with what it builds on; `links` are all it has now."""

    memory: Memory
    action: Action
    similar: tuple[Similar, ...]
    links: tuple[Tie, ...]
    supersedes: tuple[str, ...] = ()
