"""Questions and answers: a question becomes a request to the read heads, their attention becomes a bounded answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np

from ntm_memory.errors import BadValueError, whole_number
from ntm_memory.operations import validation
from ntm_memory.operations.context import RetrievalContext, requests_within
from ntm_memory.operations.excerpt import echoed, fit
from ntm_memory.operations.results import RecalledMemory, RecallResult, Similar
from ntm_memory.recall.centring import centred_cosines
from ntm_memory.recall.corpus import Corpus, at_place
from ntm_memory.recall.encoder import Key
from ntm_memory.recall.first_look import Reading, Request, read
from ntm_memory.recall.fusion import together
from ntm_memory.recall.parameters import RecallParameters, override
from ntm_memory.supersession.succession import asks_of_the_past, move_on
from ntm_memory.text.likeness import likeness
from ntm_memory.text.scripts import is_cjk

MAX_SHIFT = 1_000_000
_TWINS = 3


@dataclass(frozen=True)
class Wanted:
    """What an answer may hold: `limit` memories of `chars` characters and at least `least` weight each.

    `filters` are tags, after, before; `parameters` are the read heads'.
    """

    limit: int
    chars: int
    least: float
    filters: validation.Filters
    parameters: RecallParameters
    explain: bool


class RecallOptions(TypedDict, total=False):
    """What `Recaller.recall` may be told besides the question and the namespace."""

    session: str | None
    top_k: int | None
    max_chars: int | None
    min_weight: float | None
    tags: Sequence[str]
    after: str | None
    before: str | None
    shift: int | None
    beta: float | None
    gate: float | None
    gamma: float | None
    as_of: str | None
    explain: bool


class Recaller:
    """Answers questions from one store."""

    def __init__(self, context: RetrievalContext) -> None:
        self._context = context
        self._store = context.store
        self._settings = context.settings

    def recall(
        self,
        query: str,
        *,
        namespace: str = "default",
        session: str | None = None,
        top_k: int | None = None,
        max_chars: int | None = None,
        min_weight: float | None = None,
        tags: Sequence[str] = (),
        after: str | None = None,
        before: str | None = None,
        shift: int | None = None,
        beta: float | None = None,
        gate: float | None = None,
        gamma: float | None = None,
        as_of: str | None = None,
        explain: bool = False,
    ) -> RecallResult:
        """Answer a question with the memories the read heads attend to.

        Args:
            query: the question; of a huge one the first 8,000 characters count.
            namespace: where to look.
            session: continue from this session's previous focus, and leave one.
            top_k: at most so many memories, 1–1000.
            max_chars: at most so many characters of content in all.
            min_weight: leave out memories with less attention, 0–1.
            tags: only memories with all of these.
            after: only what happened then or later, ISO 8601.
            before: only what happened earlier, ISO 8601.
            shift: move the focus so many steps in the order of writing.
            beta: β ≥ 0, how sharply content decides.
            gate: g in 0–1; 1: only content, 0: stay at the previous focus.
            gamma: γ ≥ 1, how strongly the best one wins.
            as_of: answer from what was known then, ISO 8601.
            explain: show the weight after every addressing step.

        Raises:
            BadValueError: an argument is not usable.
        """
        text = validation.checked_query(query)
        limit, chars = self._context.bounds(top_k, max_chars)
        wanted = Wanted(
            limit=limit,
            chars=chars,
            least=validation.checked_share("min_weight", self._context.default("min_weight", min_weight)),
            filters=validation.checked_filters(tags, after, before),
            parameters=self._parameters(beta, gate, gamma),
            explain=explain,
        )
        steps = None if shift is None else whole_number("shift", shift, -MAX_SHIFT, MAX_SHIFT)
        name, moment = validation.checked_name("session", session), validation.checked_time("as_of", as_of)
        space = validation.checked_name("namespace", namespace) or "default"
        if moment is None and not len(self._store.memory_matrix(space)):
            return _nothing(text, f"nothing is stored in namespace {space!r}")  # before the embedder is loaded
        request = self._context.request(text, space, name, steps)
        parts = requests_within(request, self._context.encoder)
        with self._store.snapshot():
            known = Corpus(self._store, space, moment)
            result = self._answer(text, known, name, request, parts, wanted)
        if known.is_now:
            self._context.remember(space, name, result.memories)
        return result

    def read_location(
        self, id: str, shift: int = 0, *, session: str | None = None, max_chars: int | None = None
    ) -> RecallResult:
        """The memory `shift` steps after (before, if negative) a live one, whatever it says (paper, section 3.3.2).

        Args:
            id: a live memory.
            shift: 0 reads the memory itself.
            session: whose focus is left at what was read.
            max_chars: at most so many characters of content.

        Raises:
            NotFoundError: no memory has this id.
            BadValueError: an argument is not usable.
        """
        steps = whole_number("shift", shift, -MAX_SHIFT, MAX_SHIFT)
        _, chars = self._context.bounds(None, max_chars)
        name = validation.checked_name("session", session)
        query = f"{id} {steps:+d}"
        with self._store.snapshot():
            anchor, there = at_place(self._store, id, steps)
        if anchor.state != "live":
            return _nothing(query, f"memory {id} is {anchor.state}: it has no place any more")
        if steps and not self._settings.addressing.location:
            return _nothing(query, "location addressing is off (addressing.location in config.json)")
        if there is None:
            return _nothing(query, f"no memory stands {_side(steps)} {id} in its session")
        answers = fit([RecalledMemory.of(there, 1.0, 0.0)], chars, ())
        self._context.remember(anchor.namespace, name, answers)
        return RecallResult(query, tuple(answers), 1.0)

    def similar(self, namespace: str, content: str, rows: Key) -> tuple[Similar, ...]:
        """Stored memories that say nearly the same as a new one: at most three, the likest first."""
        known = Corpus(self._store, namespace)
        if not len(known.slots):
            return ()
        cosine = centred_cosines(known.slots, self._context.view(known).centre, rows[0], is_cjk(content))
        best = np.argsort(-cosine, kind="stable")[:8]
        twins = [
            Similar(memory.id, memory.content[:200], round(share, 4))
            for memory in known.memories(best)
            if memory is not None and (share := likeness(memory.content, content))
        ]
        return tuple(sorted(twins, key=lambda twin: -twin.similarity)[:_TWINS])

    def _answer(
        self,
        text: str,
        known: Corpus,
        session: str | None,
        request: Request,
        parts: Sequence[Request],
        wanted: Wanted,
    ) -> RecallResult:
        """What the read heads attend to, of one state of the store."""
        if not len(known.slots):
            return _nothing(text, f"nothing is stored in namespace {known.namespace!r}{known.moment}")
        allowed = known.allowed(*wanted.filters)
        if allowed is not None and not allowed.any():
            return _nothing(text, "no memory passes the filters (tag, after, before)")
        request = replace(request, previous=known.focus(session), allowed=allowed)
        if request.key is None and not request.previous:
            return _nothing(text, _nowhere(request))
        asked = [request, *(replace(part, allowed=allowed) for part in parts)]
        reading = self._read(known, asked, wanted)
        if request.shift is None and request.priors and not asks_of_the_past(text):
            reading = move_on(known, reading, allowed)
        reason = self._silence(reading, request, wanted.least)
        if reason is not None:
            return _nothing(text, reason, reading.confidence)
        answers = fit(_answers(known, reading, wanted.limit, wanted.least), wanted.chars, request.words)
        # what follows from the previous focus is certain; only what is looked for by content may not be there
        sure = 1.0 if request.key is None else round(reading.confidence, 4)
        return RecallResult(echoed(text), tuple(answers), sure)

    def _read(self, known: Corpus, asked: Sequence[Request], wanted: Wanted) -> Reading:
        """The reading of a question and of the questions within it."""
        view = self._context.view(known)
        readings = [
            read(view, known.postings(each.text), each, wanted.parameters, explain=wanted.explain) for each in asked
        ]
        return together(readings, [each.text for each in asked]) if len(asked) > 1 else readings[0]

    def _parameters(self, beta: float | None, gate: float | None, gamma: float | None) -> RecallParameters:
        """The parameters with what this call or config sets by hand."""
        given = {"beta": beta, "gate": gate, "gamma": gamma}
        set_by_hand = {name: self._context.default(name, value) for name, value in given.items()}
        for name, low, high in (("beta", 0, 1000), ("gate", 0, 1), ("gamma", 1, 1000)):
            value = set_by_hand[name]
            if value is not None and not low <= value <= high:
                raise BadValueError(f"{name} is {value!r}, expected {low} to {high}")
        return override(self._context.parameters, **set_by_hand, heads=self._settings.num_read_heads)

    def _silence(self, reading: Reading, request: Request, least: float) -> str | None:
        """Why nothing is answered, or None."""
        if request.shift is not None and (reading.lost > 0.5 or not len(reading.index)):
            return f"no memory stands {_side(request.shift)} the best match in its session"
        if request.key is not None and reading.confidence < self._settings.recall.confidence_floor:
            return "nothing relevant"
        if not (reading.weights >= least).any():
            return f"no memory has a weight of at least {least:g}"
        return None


def _answers(known: Corpus, reading: Reading, limit: int, least: float) -> list[RecalledMemory]:
    best = [i for i in range(min(limit, len(reading.index))) if reading.weights[i] >= least]
    steps = reading.steps or (None,) * len(reading.index)
    return [
        RecalledMemory.of(memory, float(reading.weights[i]), float(reading.logits[i]), steps[i])
        for i, memory in zip(best, known.memories(reading.index[best]), strict=True)
        if memory is not None
    ]


def _nothing(query: str, reason: str, confidence: float = 0.0) -> RecallResult:
    return RecallResult(echoed(query), (), round(confidence, 4), reason)


def _side(shift: int) -> str:
    return f"{abs(shift)} {'after' if shift > 0 else 'before'}"


def _nowhere(request: Request) -> str:
    if request.content:
        return "there is no previous focus to continue from; ask with words of what you mean"
    return "content addressing is off and there is no previous focus; read by location (--from ID --shift n)"
