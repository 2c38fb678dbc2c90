"""Questions that need several memories: reads in a row over one state of the store, told as a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from ntm_memory.errors import BadValueError, whole_number
from ntm_memory.multihop.hop_features import HopFeatures
from ntm_memory.multihop.hops import Hypotheses, follow
from ntm_memory.multihop.linking import basis, tie
from ntm_memory.multihop.parameters import HopParameters, load_parameters
from ntm_memory.operations import validation
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.excerpt import echoed
from ntm_memory.operations.reasoning_report import chain_of, hops_of, ranked
from ntm_memory.operations.recall import Recaller
from ntm_memory.operations.results import (
    ChainStep,
    Hop,
    MemorizeResult,
    ReadMemory,
    ReasonResult,
    RecallResult,
    StoreResult,
    Tie,
)
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Reading, Request, read, score_all
from ntm_memory.recall.parameters import RecallParameters
from ntm_memory.store.lookup import find
from ntm_memory.store.records import Link, Memory
from ntm_memory.supersession.succession import asks_of_the_past, move_on

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
        """What the clues weigh, as shipped.

        Raises:
            CheckpointError: the file is damaged.
        """
        return load_parameters()

    def reason(
        self,
        query: str,
        hops: int,
        *,
        namespace: str = "default",
        session: str | None = None,
        top_k: int | None = None,
        max_chars: int | None = None,
        tags: Sequence[str] = (),
        after: str | None = None,
        before: str | None = None,
        as_of: str | None = None,
        explain: bool = False,
    ) -> ReasonResult:
        """Answer a question by reading up to `hops` times; see `NTMMemoryManager.reason_and_retrieve`."""
        text = validation.checked_query(query)
        steps = whole_number("hops", hops, 1, MAX_HOPS)
        limit, chars = self._context.bounds(top_k, max_chars)
        filters = validation.checked_filters(tags, after, before)
        name, moment = validation.checked_name("session", session), validation.checked_time("as_of", as_of)
        space = validation.checked_name("namespace", namespace) or "default"
        shown: dict[str, Any] = {"top_k": limit, "max_chars": chars, "explain": explain}
        request = self._request(text, space, name, moment, steps)
        if request is not None:
            with self._store.snapshot():
                known = Corpus(self._store, space, moment)
                request = replace(request, previous=known.focus(name), allowed=known.allowed(*filters))
                result = self._chain(text, known, request, steps, shown)
            if result is not None:
                if known.is_now:
                    self._context.remember(space, name, result.answer_memories)
                return result
        # one read is all there is to do, or nothing is found and recall knows why
        shown |= {"tags": tags, "after": after, "before": before, "as_of": as_of}
        return _of_one_hop(self._recaller.recall(text, namespace=space, session=name, **shown))

    def check_basis(self, builds_on: Sequence[str], namespace: str) -> list[Memory]:
        """The live memories that a new one is told to build on.

        Raises:
            BadValueError: one is of another namespace.
            NotFoundError: there is none with this id or key.
        """
        if isinstance(builds_on, str) or not isinstance(builds_on, Sequence):
            raise BadValueError("builds_on must be a list of ids or keys", 'e.g. ["m_8k2f7q1x"]')
        found = {memory.id: memory for memory in (find(self._store, str(name), namespace) for name in builds_on)}
        for memory in found.values():
            if memory.namespace != namespace:
                hint = "memories of different namespaces never meet"
                raise BadValueError(f"memory {memory.id} is in namespace {memory.namespace!r}, not {namespace!r}", hint)
        return list(found.values())

    def link(self, stored: MemorizeResult, told: Sequence[Memory], parameters: HopParameters) -> StoreResult:
        """Link a memory just stored with those it was told to build on, and with those it leads to by itself."""
        id, namespace = stored.memory.id, stored.memory.namespace
        with self._store.snapshot():
            here = self._store.get(id).address
            known = Corpus(self._store, namespace)
            at = [] if here is None else (known.slots.address == here).nonzero()[0].tolist()
            found = basis(known, self._context.view(known), at[0], parameters) if at else []
        explicit = [Link(memory.id, 1.0, "explicit") for memory in told if memory.id != id]
        targets = {link.target for link in explicit}
        tie(self._store, id, [link for link in found if link.target not in targets] + explicit)
        memory = self._store.get(id)
        ties = (Tie(e.target, self._store.get(e.target).content[:200], e.weight, e.kind) for e in memory.links)
        return StoreResult(memory, stored.action, stored.similar, tuple(ties), stored.supersedes)

    def _request(
        self, text: str, namespace: str, session: str | None, moment: str | None, steps: int
    ) -> Request | None:
        """What is asked of the first read; None where one read of recall is all there is to do."""
        empty = moment is None and not len(self._store.memory_matrix(namespace))
        if steps == 1 or empty or not self._context.settings.addressing.content:
            return None
        request = self._context.request(text, namespace, session)
        return None if request.shift is not None or request.key is None else request

    def _chain(
        self, text: str, known: Corpus, request: Request, steps: int, shown: dict[str, Any]
    ) -> ReasonResult | None:
        """The chain of reads in one state of the store; None where nothing is found."""
        if not len(known.slots) or (request.allowed is not None and not request.allowed.any()):
            return None
        view = self._context.view(known)
        clues, reading = gather_features(known, view, request, self._context.parameters)
        if reading.confidence < self._context.settings.recall.confidence_floor:
            return None
        hypotheses = follow(self.parameters, clues.first(), clues.next, steps)
        return self._told(text, hypotheses, clues, view, round(reading.confidence, 4), shown)

    def _told(
        self,
        text: str,
        hypotheses: Hypotheses,
        clues: HopFeatures,
        view: CentredMatrix,
        confidence: float,
        shown: dict[str, Any],
    ) -> ReasonResult:
        answers = ranked(hypotheses, clues, view.slots.retention, shown["top_k"], shown["max_chars"])
        hops = hops_of(text, hypotheses, clues, self.parameters, **shown)
        chain = chain_of(text, hypotheses, clues, shown["max_chars"])
        return ReasonResult(echoed(text), hops, chain, answers, confidence)


def gather_features(
    known: Corpus, view: CentredMatrix, request: Request, parameters: RecallParameters
) -> tuple[HopFeatures, Reading]:
    """The clues of a question, and what recall makes of it.

    Args:
        known: the memories.
        view: their matrix.
        request: the question.
        parameters: recall's.
    """
    postings = known.postings(request.text)
    reading = read(view, postings, request, parameters)
    if not asks_of_the_past(request.text):
        reading = move_on(known, reading, request.allowed)
    scores = score_all(view, postings, request)
    return HopFeatures(known, view, request.words, request.text, scores, reading, request.allowed), reading


def _of_one_hop(recalled: RecallResult) -> ReasonResult:
    """One read is recall: the same memories in the same order, the best one the whole chain."""
    read_here = tuple(ReadMemory(m.id, m.content, m.weight, m.truncated) for m in recalled.memories)
    hops = (Hop(recalled.query, read_here),) if read_here else ()
    chain = tuple(ChainStep(m.id, m.content, m.weight, "likeness", (), m.truncated) for m in recalled.memories[:1])
    return ReasonResult(recalled.query, hops, chain, recalled.memories, recalled.confidence, recalled.reason)
