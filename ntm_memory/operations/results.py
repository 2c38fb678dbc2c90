"""What the manager's verbs answer: frozen dataclasses, ready to be printed as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ntm_memory.privacy.secret_spans import MaybeSecret
from ntm_memory.reader.relations import RelationName
from ntm_memory.store.records import Memory

if TYPE_CHECKING:
    from ntm_memory.importers.omissions import Omission
    from ntm_memory.recall.first_look import Reading

Action = Literal["created", "unchanged", "updated"]
Shown = TypeVar("Shown", bound="RecalledMemory")


@dataclass(frozen=True)
class Related:
    """An older memory that a new one may concern.

    Args:
        id: of the older one.
        content: what it says, the beginning of it.
        relation: what the new one seems to be to it: `revises` it, the `same` told again, `beside` it; `unknown` where
            no reader is there.
        chance: 0–1 of that it revises or tells again; without a reader the share of words they have in common.
        marked: whether this one is now marked as perhaps revised by the new one.
    """

    id: str
    content: str
    relation: RelationName
    chance: float
    marked: bool = False


@dataclass(frozen=True)
class LeftOut:
    """A secret that was told and is not kept.

    Args:
        kind: what it is, e.g. `aws-access-token` or `password`.
        field: in which it stood.
        at: its first character there, from 0.
    """

    kind: str
    field: str
    at: int


@dataclass(frozen=True)
class MemorizeResult:
    """One memory was told.

    Args:
        related: older ones that it may concern, the likeliest first, at most three.
        similar_keys: of a new key, up to three live ones that may be meant by it: other separators, one letter off.
        secrets: what was left out of it.
        maybe_secret: what may be one in it and was kept.
        taken_back: id of the copy that was told before its caller decided what it is to an older one: it is erased,
            and can be restored.
    """

    memory: Memory
    action: Action
    related: tuple[Related, ...] = ()
    similar_keys: tuple[str, ...] = ()
    secrets: tuple[LeftOut, ...] = ()
    maybe_secret: tuple[MaybeSecret, ...] = ()
    taken_back: str | None = None

    @property
    def supersedes(self) -> tuple[str, ...]:
        """Ids of the older memories that were marked as perhaps revised."""
        return tuple(older.id for older in self.related if older.marked)


@dataclass(frozen=True)
class Failure:
    """A record of a bulk run that could not be stored.

    Args:
        line: where it stands, from 1; in a list of JSON its number.
        at: file and line, where several files were read.
    """

    line: int
    code: str
    message: str
    at: str | None = None


@dataclass(frozen=True)
class BulkResult:
    """Many memories were told.

    Args:
        ids: `ids[i]` belongs to the i-th record, None where it failed.
        related: id of a new memory → older ones that it may concern, where there are any.
        secrets: id of a memory → what was left out of it, where anything was; `maybe_secret` alike.
        hints: what to do about what failed, and about claims of more trust than the call gives, each once.
    """

    created: int
    unchanged: int
    updated: int
    failed: tuple[Failure, ...]
    ids: tuple[str | None, ...]
    related: Mapping[str, tuple[Related, ...]] = field(default_factory=dict)
    secrets: Mapping[str, tuple[LeftOut, ...]] = field(default_factory=dict)
    hints: tuple[str, ...] = ()
    maybe_secret: Mapping[str, tuple[MaybeSecret, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class RecalledMemory:
    """One memory of an answer.

    Args:
        weight: attention after the last addressing step, 0–1; over all of memory at most 1.
        score: evidence before the softmax; comparable within one recall only.
        chance: 0–1, calibrated chance that it answers the question; None where it was not read with it.
        told: how many memories say this in the same words, this one among them.
        last_told: the latest time of theirs, where there are several.
        also: ids of the others.
        until: when it was no longer what the memory says; None: it says so now.
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
    updated_at: str | None = None
    session: str | None = None
    source: str | None = None
    trust: str = "agent"
    importance: float = 0.5
    retention: float = 1.0
    tags: tuple[str, ...] = ()
    version: int = 1
    superseded_by: str | None = None
    chance: float | None = None
    told: int = 1
    last_told: str | None = None
    also: tuple[str, ...] = ()
    until: str | None = None
    truncated: bool = False
    steps: Mapping[str, Any] | None = None

    @classmethod
    def of(cls: type[Shown], memory: Memory, weight: float, score: float, **known: Any) -> Shown:
        """A stored memory as an answer shows it."""
        shared = {name: getattr(memory, name) for name in cls.__dataclass_fields__ if hasattr(memory, name)}
        return cls(**shared, weight=round(weight, 6), score=round(score, 4), **known)

    @classmethod
    def read(cls: type[Shown], memory: Memory, reading: Reading, at: int) -> Shown:
        """The memory at a place of a reading."""
        chance = math.nan if reading.chances is None else float(reading.chances[at])
        return cls.of(
            memory,
            float(reading.weights[at]),
            float(reading.logits[at]),
            chance=None if math.isnan(chance) else round(chance, 4),
            steps=reading.steps[at] if reading.steps else None,
        )


@dataclass(frozen=True)
class RecallResult:
    """An answer: the ranking with its weights, or none and the reason.

    Args:
        confidence: 0–1, calibrated chance that what was asked is in memory at all.
        reason: why there are no memories, or None.
        explanation: with explain, what the question was heard to ask for.
        warnings: what was left out since it is damaged; days that the question names and that no calendar has.
        more: how many others drew at least a thousandth of the attention, and are not shown.
        further: how many of these answer as well as some that are shown, and were cut by `top_k` alone.
        naming: where all about a `name` is asked for: how many memories have it (`total`), and are `shown`.
    """

    query: str
    memories: tuple[RecalledMemory, ...]
    confidence: float
    reason: str | None = None
    explanation: Mapping[str, Any] | None = None
    warnings: tuple[str, ...] = ()
    more: int = 0
    further: int = 0
    naming: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class UpdateResult:
    """A memory was changed; `previous` is how it read before, the others as in `MemorizeResult`."""

    memory: Memory
    previous: Memory
    secrets: tuple[LeftOut, ...] = ()
    maybe_secret: tuple[MaybeSecret, ...] = ()


@dataclass(frozen=True)
class Erased:
    """What an erase did to one memory; `chance` is that of being meant, where a question found it."""

    id: str
    content: str
    retention_before: float
    retention_after: float
    chance: float | None = None


@dataclass(frozen=True)
class EraseResult:
    """Memories were weakened, forgotten or purged; `restorable` unless purged.

    Args:
        version: the old version that was purged alone; None: whole memories.
        retracted: whether their texts are refused from now on.
        holding: live memories that hold a retracted text as one of their sentences or lines; they stay.
        backups_purged: names of the backups from which they were removed too.
        backups_holding: names of those that still hold them: nothing was removed yet, or they cannot be written.
        damaged_purged, damaged_holding: the same of the files that repairs put aside in `damaged/`.
        mirrors_purged, mirrors_holding: the same of the files that `export.py --host` wrote, erased or purged.
        files_holding: other files of the data folder that hold a purged text, as exports do; they stay.
    """

    erased: tuple[Erased, ...]
    restorable: bool
    dry_run: bool = False
    version: int | None = None
    retracted: bool = False
    holding: tuple[str, ...] = ()
    backups_purged: tuple[str, ...] = ()
    backups_holding: tuple[str, ...] = ()
    damaged_purged: tuple[str, ...] = ()
    damaged_holding: tuple[str, ...] = ()
    mirrors_purged: tuple[str, ...] = ()
    mirrors_holding: tuple[str, ...] = ()
    files_holding: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportResult:
    """A file was read in; `related`, `secrets`, `maybe_secret`, `hints` as in `BulkResult`.

    Args:
        tombstones: how many are new.
        omitted: what of the file became no memory, where anything did not.
    """

    created: int
    unchanged: int
    updated: int
    failed: tuple[Failure, ...] = field(default=())
    dry_run: bool = False
    related: Mapping[str, tuple[Related, ...]] = field(default_factory=dict)
    tombstones: int = 0
    secrets: Mapping[str, tuple[LeftOut, ...]] = field(default_factory=dict)
    hints: tuple[str, ...] = ()
    omitted: tuple[Omission, ...] = ()
    maybe_secret: Mapping[str, tuple[MaybeSecret, ...]] = field(default_factory=dict)
