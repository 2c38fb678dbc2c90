"""Questions that need several memories: reads in a row over one state of the store, told as a path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from ntm_memory import telling
from ntm_memory.asking import to_request
from ntm_memory.config import Settings
from ntm_memory.errors import BadValueError
from ntm_memory.excerpt import echoed
from ntm_memory.keys import KeyMaker
from ntm_memory.knowledge import Knowledge
from ntm_memory.lookup import find
from ntm_memory.path import chain_of, hops_of, ranked
from ntm_memory.reasoning.clues import Clues
from ntm_memory.reasoning.hops import Trail, follow
from ntm_memory.reasoning.linking import basis, tie
from ntm_memory.reasoning.parameters import Parameters, load_parameters
from ntm_memory.recall.parameters import Parameters as RecallParameters
from ntm_memory.recall.reader import Reading, Request, read, score_all
from ntm_memory.recall.view import View
from ntm_memory.recaller import Recaller
from ntm_memory.results import (
    ChainStep,
    Hop,
    MemorizeResult,
    ReadMemory,
    ReasonResult,
    RecalledMemory,
    RecallResult,
    StoreResult,
    Tie,
)
from ntm_memory.store.base import Store
from ntm_memory.store.records import Link, Memory
from ntm_memory.succession import move_on

MAX_HOPS = 8


class Reasoner:
    """Chained reads, and links between memories.

    Args:
        store: where memories are.
        keys: loads the embedder when first called.
        settings: how much is answered, and which parts of addressing are on.
        clock: unix seconds.
        recaller: answers with one read, and holds recall's parameters.
    """

    def __init__(
        self,
        store: Store,
        keys: Callable[[], KeyMaker],
        settings: Settings,
        clock: Callable[[], float],
        recaller: Recaller,
    ) -> None:
        self._store = store
        self._keys = keys
        self._settings = settings
        self._clock = clock
        self._recaller = recaller
        self._views: dict[str, View] = {}

    @cached_property
    def parameters(self) -> Parameters:
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
        explain: bool = False,
    ) -> ReasonResult:
        """Answer a question by reading up to `hops` times; see `NTMMemoryManager.reason_and_retrieve`."""
        text = telling.checked_query(query)
        steps = telling.checked_count("hops", hops, 1, MAX_HOPS)
        given = {"top_k": top_k, "max_chars": max_chars}
        size = {name: getattr(self._settings.recall, name) if n is None else n for name, n in given.items()}
        limit = telling.checked_count("top_k", size["top_k"], 1, 1000)
        chars = telling.checked_count("max_chars", size["max_chars"], 1, telling.MAX_CONTENT)
        name = telling.checked_name("session", session)
        space = telling.checked_name("namespace", namespace) or "default"
        shown: dict[str, Any] = {"top_k": limit, "max_chars": chars, "explain": explain}
        request = self._request(text, space, name, steps)
        result = None if request is None else self._chain(text, request, steps, space, name, shown)
        if result is None:  # one read is all there is to do, or nothing is found and recall knows why
            return _of_one_hop(self._recaller.recall(text, namespace=space, session=name, **shown))
        self._remember(space, name, result.answer_memories)
        return result

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

    def link(self, stored: MemorizeResult, told: Sequence[Memory], parameters: Parameters) -> StoreResult:
        """Link a memory just stored with those it was told to build on, and with those it leads to by itself."""
        id, namespace = stored.memory.id, stored.memory.namespace
        with self._store.snapshot():
            here = self._store.get(id).address
            known = Knowledge(self._store, namespace)
            at = [] if here is None else (known.slots.address == here).nonzero()[0].tolist()
            found = basis(self._store, namespace, self._view(known), at[0], parameters) if at else []
        explicit = [Link(memory.id, 1.0, "explicit") for memory in told if memory.id != id]
        targets = {link.target for link in explicit}
        tie(self._store, id, [link for link in found if link.target not in targets] + explicit)
        memory = self._store.get(id)
        ties = (Tie(e.target, self._store.get(e.target).content[:200], e.weight, e.kind) for e in memory.links)
        return StoreResult(memory, stored.action, stored.similar, tuple(ties), stored.supersedes)

    def _request(self, text: str, namespace: str, session: str | None, steps: int) -> Request | None:
        """What is asked of the first read; None where one read of recall is all there is to do."""
        on = self._settings.addressing
        if steps == 1 or not on.content or not len(self._store.slots(namespace)):
            return None
        has_focus = session is not None and bool(self._store.focus(namespace, session))
        request = to_request(text, self._keys, self._settings, self._clock(), has_focus=has_focus)
        return None if request.shift is not None or request.key is None else request

    def _chain(
        self, text: str, request: Request, steps: int, namespace: str, session: str | None, shown: dict[str, Any]
    ) -> ReasonResult | None:
        with self._store.snapshot():
            known = Knowledge(self._store, namespace)
            if not len(known.slots):
                return None
            view = self._view(known)
            request = replace(request, previous=known.focus(session))
            clues, reading = gather_clues(self._store, known, view, request, self._recaller.parameters)
            if reading.confidence < self._settings.recall.confidence_floor:
                return None
            trail = follow(self.parameters, clues.first(), clues.next, steps)
            return self._told(text, trail, clues, view, round(reading.confidence, 4), shown)

    def _remember(self, namespace: str, session: str | None, answers: Sequence[RecalledMemory]) -> None:
        """What was read is used, and in focus for the session's next question, as after one recall."""
        self._store.note_reads([answer.address for answer in answers if answer.address is not None])
        if session is not None and answers:
            self._store.set_focus(namespace, session, [a.id for a in answers], [a.weight for a in answers])

    def _told(
        self, text: str, trail: Trail, clues: Clues, view: View, confidence: float, shown: dict[str, Any]
    ) -> ReasonResult:
        answers = ranked(trail, clues, view.slots.strength, shown["top_k"], shown["max_chars"])
        hops = hops_of(text, trail, clues, self.parameters, **shown)
        chain = chain_of(text, trail, clues, shown["max_chars"])
        return ReasonResult(echoed(text), hops, chain, answers, confidence)

    def _view(self, known: Knowledge) -> View:
        view = self._views.get(known.namespace)
        if view is None or view.slots is not known.slots:
            view = self._views[known.namespace] = self._keys().view(known.slots)
        return view


def gather_clues(
    store: Store, known: Knowledge, view: View, request: Request, parameters: RecallParameters
) -> tuple[Clues, Reading]:
    """The clues of a question, and what recall makes of it.

    Args:
        store: where the memories are.
        known: those of one namespace.
        view: their matrix.
        request: the question.
        parameters: recall's.
    """
    postings = known.postings(request.text)
    reading = move_on(known, read(view, postings, request, parameters), None)
    scores = score_all(view, postings, request)
    return Clues(store, known.namespace, view, request.words, request.text, scores, reading), reading


def _of_one_hop(recalled: RecallResult) -> ReasonResult:
    """One read is recall: the same memories in the same order, the best one the whole chain."""
    read_here = tuple(ReadMemory(m.id, m.content, m.weight, m.truncated) for m in recalled.memories)
    hops = (Hop(recalled.query, read_here),) if read_here else ()
    chain = tuple(ChainStep(m.id, m.content, m.weight, "likeness", (), m.truncated) for m in recalled.memories[:1])
    return ReasonResult(recalled.query, hops, chain, recalled.memories, recalled.confidence, recalled.reason)
