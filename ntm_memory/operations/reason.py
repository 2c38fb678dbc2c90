"""Questions that need several memories: reads in a row over one state of the store, told as a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from ntm_memory.controller.asking import LIKELY
from ntm_memory.errors import BadValueError, whole_number
from ntm_memory.multihop.hop_features import HopFeatures
from ntm_memory.multihop.hops import follow
from ntm_memory.multihop.linking import basis, tie
from ntm_memory.multihop.parameters import HopParameters, load_parameters
from ntm_memory.operations.abstention import is_sure
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.excerpt import echoed
from ntm_memory.operations.reasoning_report import (
    ChainStep,
    Hop,
    ReadMemory,
    ReasonResult,
    StoreResult,
    Tie,
    chain_of,
    hops_of,
    ranked,
)
from ntm_memory.operations.recall import Recaller
from ntm_memory.operations.requests import RecallRequest
from ntm_memory.operations.results import MemorizeResult, RecallResult
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, Reading, attend_to, examine
from ntm_memory.recall.parameters import RecallParameters
from ntm_memory.store.lookup import find
from ntm_memory.store.records import Link, Memory

MAX_HOPS = 8


class Reasoner:
    """Chained reads, and links between memories.

    Args:
        context: the store as questions are put to it.
        recaller: answers with one read.
    """

    def __init__(self, context: RetrievalContext, recaller: Recaller) -> None:
        self._context = context
        self._recaller = recaller
        self._store = context.store

    @cached_property
    def parameters(self) -> HopParameters:
        """What the features weigh, as shipped.

        Raises:
            CheckpointError: the file is damaged.
        """
        return load_parameters()

    def reason(self, request: RecallRequest, hops: int) -> ReasonResult:
        """Answer a question by reading up to `hops` times; see `NTMMemoryManager.reason_and_retrieve`."""
        steps = whole_number("hops", hops, 1, MAX_HOPS)
        empty = request.as_of is None and not len(self._store.memory_matrix(request.namespace))
        if steps == 1 or empty or not self._context.settings.addressing.content:
            return _of_one_hop(self._recaller.recall(request))
        query = self._context.ask(request)
        if query.shift is not None or query.key is None or query.place > LIKELY:
            return _of_one_hop(self._recaller.answer(request, query))
        with self._store.snapshot():
            corpus = Corpus(self._store, request.namespace, request.as_of)
            allowed = corpus.allowed(request.tags, request.after, request.before, request.trusted)
            query = replace(query, previous=corpus.focus(request.session)[0], allowed=allowed)
            result, reading = self._chain(request, corpus, query, steps)
            if result is not None:
                result = replace(result, warnings=tuple(self._store.damaged()))
        if result is None:  # nothing is found, and recall knows why
            known = None if reading is None else (corpus, reading)
            return _of_one_hop(self._recaller.answer(request, query, known))
        if corpus.is_now:
            self._context.remember(request.namespace, request.session, result.answer_memories)
        return result

    def store(
        self,
        memorize: Callable[..., MemorizeResult],
        content: str,
        builds_on: Sequence[str],
        fields: Mapping[str, Any],
    ) -> StoreResult:
        """Memorize, and link the memory with those it builds on.

        One hop is read from the new memory: what it attends to by names, words and likeness, it is linked with, the
        attention being the weight of the link. What was memorized already is linked all the same.

        Args:
            memorize: stores one memory.
            content: the text.
            builds_on: ids or keys of memories it builds on besides, with weight 1.
            fields: as in `NTMMemoryManager.memorize`.

        Raises:
            NotFoundError: nothing has an id or key of `builds_on`; then nothing is stored.
            BadValueError: an argument is not usable, or a memory to build on is of another namespace.
            CheckpointError: the learned parameters are damaged; then nothing is stored.
        """
        told = self._check_basis(builds_on, str(fields.get("namespace") or "default"))
        parameters = self.parameters  # if they are damaged, nothing is stored
        return self._link(memorize(content, **fields), told, parameters)

    def _check_basis(self, builds_on: Sequence[str], namespace: str) -> list[Memory]:
        """The live memories that a new one is told to build on.

        Raises:
            NotFoundError: there is none with this id or key in the namespace.
        """
        if isinstance(builds_on, str) or not isinstance(builds_on, Sequence):
            raise BadValueError("builds_on must be a list of ids or keys", 'e.g. ["m_8k2f7q1x"]')
        found = (find(self._store, str(name), namespace, only_there=True) for name in builds_on)
        return list({memory.id: memory for memory in found}.values())

    def _link(self, stored: MemorizeResult, told: Sequence[Memory], parameters: HopParameters) -> StoreResult:
        """Link a memory just stored with those it was told to build on, and with those it leads to by itself."""
        id, namespace = stored.memory.id, stored.memory.namespace
        with self._store.snapshot():
            here = self._store.get(id).address
            corpus = Corpus(self._store, namespace)
            at = [] if here is None else (corpus.slots.address == here).nonzero()[0].tolist()
            found = basis(corpus, self._context.view(corpus), at[0], parameters) if at else []
        explicit = [Link(memory.id, 1.0, "explicit") for memory in told if memory.id != id]
        targets = {link.target for link in explicit}
        tie(self._store, id, [link for link in found if link.target not in targets] + explicit)
        memory = self._store.get(id)
        ties = (Tie(e.target, self._store.get(e.target).content[:200], e.weight, e.kind) for e in memory.links)
        return StoreResult(
            memory,
            stored.action,
            stored.related,
            tuple(ties),
            stored.similar_keys,
            stored.secrets,
            stored.maybe_secret,
            stored.taken_back,
        )

    def _chain(
        self, request: RecallRequest, corpus: Corpus, query: Query, steps: int
    ) -> tuple[ReasonResult | None, Reading | None]:
        """The chain of reads in one state of the store, None where nothing is found; and what recall's heads read."""
        if not len(corpus.slots) or (query.allowed is not None and not query.allowed.any()):
            return None, None
        view = self._context.view(corpus)
        features, reading = gather_features(corpus, view, query, self._context.parameters_for(request))
        if not is_sure(reading.confidence, self._context.settings.recall):
            return None, reading
        hypotheses = follow(self.parameters, features.first(), features.next, steps)
        answers, further = ranked(hypotheses, features, view.slots.retention, request, corpus, query.allowed)
        hops = hops_of(hypotheses, features, self.parameters, request)
        chain = chain_of(hypotheses, features, request)
        sure = round(reading.confidence, 4)
        return ReasonResult(echoed(request.query), hops, chain, answers, sure, further=further), reading


def gather_features(
    corpus: Corpus, view: CentredMatrix, query: Query, parameters: RecallParameters
) -> tuple[HopFeatures, Reading]:
    """The features of a question's hops, and what recall's read heads make of it.

    Args:
        corpus: the memories.
        view: their matrix.
        query: the question.
        parameters: recall's.
    """
    look = examine(view, corpus.postings(query.terms), query)
    reading = attend_to(look, view, query, parameters)
    return HopFeatures(corpus, view, query, look.scores, reading), reading


def _of_one_hop(recalled: RecallResult) -> ReasonResult:
    """One read is recall: the same memories in the same order, the best one the whole chain."""
    read_here = tuple(ReadMemory(m.id, m.content, m.weight, m.truncated) for m in recalled.memories)
    hops = (Hop(recalled.query, read_here),) if read_here else ()
    chain = tuple(ChainStep(m.id, m.content, m.weight, "likeness", (), m.truncated) for m in recalled.memories[:1])
    told = (recalled.memories, recalled.confidence, recalled.reason, recalled.warnings, recalled.further)
    return ReasonResult(recalled.query, hops, chain, *told)
