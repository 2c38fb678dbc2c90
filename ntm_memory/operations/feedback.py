"""What tuning learns from: questions, the memories that answer them, and the evidence recall gathers about both."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ntm_memory.controller.asking import LIKELY
from ntm_memory.errors import BadValueError, NotFoundError, NTMMemoryError
from ntm_memory.operations.context import RetrievalContext, to_query
from ntm_memory.operations.results import Failure
from ntm_memory.operations.validation import Numbered, checked_name, checked_query
from ntm_memory.privacy.secret_spans import redacted
from ntm_memory.privacy.secrets import find_secrets
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.features import FEATURES
from ntm_memory.recall.first_look import Query, switched_off
from ntm_memory.recall.fit import RankingExample
from ntm_memory.recall.parameters import Array
from ntm_memory.store.base import RecordReader, Store
from ntm_memory.store.lookup import find
from ntm_memory.store.records import Feedback
from ntm_memory.text.iso_time import to_iso, unix_seconds

FIELDS = frozenset({"query", "gold", "namespace", "previous"})
# What recall itself changes afterwards: whatever was used has been read, which says nothing about the question.
HINDSIGHT = ("usage", "superseded")


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
class Pair:
    """A question, the ids of the memories that answered it at that moment, and of those in focus before."""

    query: str
    namespace: str
    gold: frozenset[str]
    at: float
    previous: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Example:
    """A pair as the read heads see it.

    Args:
        ranking: what is learned from: without evidence that is switched off or known only in hindsight.
        features: (n, d) evidence about the candidates as recall has it.
        retention: (n,) of the memories.
        query: how the question was put.
    """

    ranking: RankingExample
    features: Array
    retention: Array
    query: Query


def record_feedback(
    store: Store,
    query: str,
    used: Sequence[str],
    unused: Sequence[str],
    previous: Sequence[str],
    namespace: str,
    now: float,
) -> FeedbackResult:
    """Keep a verdict on a recall.

    Raises:
        BadValueError: nothing was used, a memory was both, or one is of another namespace.
        NotFoundError: no live memory has this id or key.
    """
    asked = checked_query(query)
    text, space = redacted(asked, find_secrets(asked).secrets), checked_name("namespace", namespace) or "default"
    told = (("used", used), ("unused", unused), ("previous", previous))
    good, bad, before = (tuple(_named(store, name, ids, space)) for name, ids in told)
    if not good:
        raise BadValueError("used is empty", "name at least one memory that answered the question")
    both = sorted(set(good) & set(bad))
    if both:
        raise BadValueError(f"memory {both[0]} is both used and unused", "name it once")
    count = store.add_feedback(Feedback(text, space, good, bad, to_iso(now), before))
    return FeedbackResult(len(good) + len(bad), count)


def pairs_of_feedback(verdicts: Iterable[Feedback]) -> list[Pair]:
    """Verdicts as pairs; later ones win.

    The same question from the same focus is one pair, or it would be learned from and judged by.
    """
    pairs: dict[Hashable, Pair] = {}
    for verdict in verdicts:
        asked = Pair(
            verdict.query, verdict.namespace, frozenset(), unix_seconds(verdict.at), frozenset(verdict.previous)
        )
        known = pairs.get(_same(asked), asked)
        gold = (known.gold | set(verdict.used)) - set(verdict.unused)
        pairs[_same(asked)] = replace(known, gold=gold, at=asked.at)
    return [pair for pair in pairs.values() if pair.gold]


def pairs_of_records(store: RecordReader, records: Iterable[Numbered], now: float) -> tuple[list[Pair], list[Failure]]:
    """Pairs of records {query, gold: [ids or keys], namespace?, previous?: [ids or keys]}.

    What is not usable is reported with its number.
    """
    pairs: dict[Hashable, Pair] = {}
    failed = []
    for number, record in records:
        try:
            pair = _read(store, record, now)
        except NTMMemoryError as error:
            failed.append(Failure(number, error.code, error.message))
            continue
        known = pairs.get(_same(pair), pair)
        pairs[_same(pair)] = replace(known, gold=known.gold | pair.gold)
    return list(pairs.values()), failed


class ExampleBuilder:
    """Puts questions to memory as recall does, and takes down what there was to see."""

    def __init__(self, context: RetrievalContext) -> None:
        self._context = context
        self._store = context.store

    def examples(self, pairs: Iterable[Pair]) -> Iterator[Example | None]:
        """The example of each pair; None where no answer is a candidate, or the question asks for a place."""
        for pair in pairs:
            query = to_query(pair.query, self._context.encoder, self._context.settings, pair.at)
            usable = query.shift is None and query.key is not None and query.place <= LIKELY
            yield self._example(pair, query) if usable else None

    def _example(self, pair: Pair, query: Query) -> Example | None:
        with self._store.snapshot():
            known = Corpus(self._store, pair.namespace)
            slots = known.slots
            if not len(slots):
                return None
            then = slots.created <= pair.at  # what was told since then was no answer to be had
            before = np.flatnonzero(np.isin(slots.address, self._addresses(pair.previous)))
            focus = dict.fromkeys(before.tolist(), 1.0)
            query = replace(query, allowed=None if then.all() else then, previous=focus)
            look = self._context.examine(known, query)
            gold = np.flatnonzero(np.isin(slots.address[look.candidates], self._addresses(pair.gold)))
        if not len(gold):
            return None
        ranking = RankingExample(look.features * _asked_for(query), look.places, gold, previous=look.previous)
        return Example(ranking, look.features, slots.retention[look.candidates].astype(np.float64), query)

    def _addresses(self, ids: Iterable[str]) -> NDArray[np.int64]:
        addresses = []
        for id in ids:
            try:
                address = self._store.get(id).address
            except NotFoundError:
                continue
            addresses += [] if address is None else [address]
        return np.array(addresses, dtype=np.int64)


def _asked_for(query: Query) -> Array:
    """(d,) 1 for evidence that counts, 0 for what is switched off or hindsight."""
    ignored = switched_off(query) | set(HINDSIGHT)
    return np.array([name not in ignored for name in FEATURES], dtype=np.float64)


def _same(pair: Pair) -> Hashable:
    """Equal for the same question asked from the same focus."""
    return " ".join(pair.query.casefold().split()), pair.namespace, pair.previous


def _read(store: RecordReader, record: Mapping[str, Any] | NTMMemoryError, now: float) -> Pair:
    if isinstance(record, NTMMemoryError):
        raise record
    unknown = sorted(set(record) - FIELDS, key=str)
    if unknown:
        raise BadValueError(f"unknown field {unknown[0]!r}, fields are: {', '.join(sorted(FIELDS))}")
    namespace = checked_name("namespace", record.get("namespace")) or "default"
    query, gold = checked_query(record.get("query")), _named(store, "gold", record.get("gold"), namespace)
    if not gold:
        raise BadValueError("gold is empty, expected the ids or keys of the memories that answer")
    previous = _named(store, "previous", record.get("previous", ()), namespace)
    return Pair(query, namespace, frozenset(gold), now, frozenset(previous))


def _named(store: RecordReader, field: str, names: Any, namespace: str) -> list[str]:
    """Distinct ids of live memories of a namespace, told by id or key."""
    if isinstance(names, str) or not isinstance(names, Sequence) or not all(isinstance(each, str) for each in names):
        raise BadValueError(f"{field} must be a list of ids or keys")
    return list(dict.fromkeys(find(store, name, namespace, only_there=True).id for name in names))
