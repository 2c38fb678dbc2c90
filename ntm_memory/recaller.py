"""Questions and answers: turns a question into a request to the read heads, and their attention into a bounded answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ntm_memory.config import Settings
from ntm_memory.errors import BadValueError
from ntm_memory.excerpt import fit
from ntm_memory.keys import Key, KeyMaker
from ntm_memory.recall.centre import centred_cosines
from ntm_memory.recall.intent import parse_intent
from ntm_memory.recall.parameters import Parameters, load_parameters, override
from ntm_memory.recall.question import index_terms
from ntm_memory.recall.reader import Reading, Request, read
from ntm_memory.recall.view import View
from ntm_memory.recall.words import index_words, is_cjk
from ntm_memory.results import RecalledMemory, RecallResult, Similar
from ntm_memory.store.base import Store
from ntm_memory.store.records import Memory, Postings, Slots
from ntm_memory.telling import checked_name, checked_share, checked_time

TUNED = "recall.json"
MAX_QUERY = 8_000
SIMILAR_FROM = 0.8


class Recaller:
    """Answers questions from one store.

    Args:
        store: where memories are.
        keys: loads the embedder when first called.
        settings: how much is answered, and which parts of addressing are on.
        home: data folder, where tuned parameters lie.
        clock: unix seconds.
    """

    def __init__(
        self,
        store: Store,
        keys: Callable[[], KeyMaker],
        settings: Settings,
        home: Path,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._keys = keys
        self._settings = settings
        self._home = home
        self._clock = clock
        self._views: dict[str, View] = {}

    @cached_property
    def parameters(self) -> Parameters:
        """The tuned parameters if there are any and config lets them, else the shipped ones.

        Raises:
            CheckpointError: a tuned file is not usable.
        """
        tuned = self._home / TUNED
        return load_parameters(tuned) if self._settings.recall.tuned and tuned.exists() else load_parameters()

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
        strength: float | None = None,
        gate: float | None = None,
        sharpen: float | None = None,
        as_of: str | None = None,
        explain: bool = False,
    ) -> RecallResult:
        """Answer a question with the memories the read heads attend to; see `NTMMemoryManager.recall`."""
        text = checked_query(query)
        options = self._settings.recall
        limit = checked_count("top_k", options.top_k if top_k is None else top_k, 1, 1000)
        chars = checked_count("max_chars", options.max_chars if max_chars is None else max_chars, 1, 10_000_000)
        least = checked_share("min_weight", options.min_weight if min_weight is None else min_weight)
        chosen = self._parameters(strength, gate, sharpen)
        steps = None if shift is None else checked_count("shift", shift, -1_000_000, 1_000_000)
        space = checked_name("namespace", namespace) or "default"
        known = _Known(self._store, space, checked_time("as_of", as_of))
        if not len(known.slots):
            return RecallResult(query, (), 0.0, f"nothing is stored in namespace {space!r}" + known.suffix)
        view = self._view(space, known)
        allowed = self._allowed(known, tags, checked_time("after", after), checked_time("before", before))
        if allowed is not None and not allowed.any():
            return RecallResult(query, (), 0.0, "no memory passes the filters (tag, after, before)")
        name = checked_name("session", session)
        request = self._request(text, steps, known, name, allowed)
        if request.key is None and not request.previous:
            return RecallResult(query, (), 0.0, _nowhere(request))
        reading = read(view, known.postings(request), request, chosen, explain=explain)
        reason = self._silence(reading, request, limit)
        if reason is not None:
            return RecallResult(query, (), round(reading.confidence, 4), reason)
        answers = self._answers(known, reading, limit, least, explain)
        answers = fit(answers, chars, request.words)
        if as_of is None:
            self._remember(space, name, answers)
        return RecallResult(query, tuple(answers), round(reading.confidence, 4))

    def read_location(self, id: str, shift: int = 0, *, max_chars: int | None = None) -> RecallResult:
        """The memory `shift` steps after (before, if negative) a live one, whatever it says (paper, section 3.3.2)."""
        anchor = self._store.get(id)
        steps = checked_count("shift", shift, -1_000_000, 1_000_000)
        query = f"{id} {steps:+d}"
        slots = self._store.slots(anchor.namespace)
        at = np.flatnonzero(slots.address == anchor.address) if anchor.state == "live" else np.empty(0, dtype=np.int64)
        if not len(at):
            return RecallResult(query, (), 0.0, f"memory {id} is {anchor.state}: it has no place any more")
        there = int(View(slots).sequence.step(at, steps)[0])
        if there < 0:
            side = "after" if steps > 0 else "before"
            return RecallResult(query, (), 0.0, f"no memory stands {abs(steps)} {side} {id} in its session")
        (memory,) = self._store.get_many([int(slots.address[there])])
        answer = recalled(memory, 1.0, 0.0)
        chars = self._settings.recall.max_chars if max_chars is None else max_chars
        return RecallResult(query, tuple(fit([answer], chars, ())), 1.0)

    def similar(self, namespace: str, content: str, rows: Key) -> tuple[Similar, ...]:
        """Stored memories that say nearly the same as a new one: at most three, the likest first."""
        slots = self._store.slots(namespace)
        if not len(slots):
            return ()
        view = self._view(namespace, _Known(self._store, namespace, None))
        cosine = centred_cosines(slots, view.centre, rows[0], is_cjk(content))
        best = np.argsort(-cosine, kind="stable")[:8]
        found = []
        for memory in self._store.get_many(slots.address[best].tolist()):
            likeness = SequenceMatcher(None, memory.content[:2000], content[:2000], autojunk=False).ratio()
            if likeness >= SIMILAR_FROM:
                found.append(Similar(memory.id, memory.content[:200], round(likeness, 4)))
        return tuple(sorted(found, key=lambda twin: -twin.similarity)[:3])

    def _parameters(self, strength: float | None, gate: float | None, sharpen: float | None) -> Parameters:
        """The parameters with what this call or config sets by hand."""
        set_by_hand = {
            name: value if value is not None else getattr(self._settings.recall, name)
            for name, value in (("strength", strength), ("gate", gate), ("sharpen", sharpen))
        }
        for name, low, high in (("strength", 0, 1000), ("gate", 0, 1), ("sharpen", 1, 1000)):
            value = set_by_hand[name]
            if value is not None and not low <= value <= high:
                raise BadValueError(f"{name} is {value!r}, expected {low} to {high}")
        return override(self.parameters, **set_by_hand, heads=self._settings.num_read_heads)

    def _view(self, namespace: str, known: _Known) -> View:
        view = self._views.get(namespace)
        if view is None or view.slots is not known.slots:
            prior = self._keys().prior if self._settings.addressing.content else None
            view = View(known.slots, prior)
            if not known.suffix:
                self._views[namespace] = view
        return view

    def _allowed(
        self, known: _Known, tags: Sequence[str], after: str | None, before: str | None
    ) -> NDArray[np.bool_] | None:
        if not tags and after is None and before is None:
            return None
        slots = known.slots
        happened = np.where(np.isnan(slots.occurred), slots.created, slots.occurred)
        allowed = np.ones(len(slots), dtype=bool)
        if after is not None:
            allowed &= happened >= _seconds(after)
        if before is not None:
            allowed &= happened < _seconds(before)
        if tags:
            allowed &= known.tagged(tags)
        return allowed

    def _request(
        self,
        text: str,
        shift: int | None,
        known: _Known,
        session: str | None,
        allowed: NDArray[np.bool_] | None,
    ) -> Request:
        """The question with the place it asks for taken out of its words."""
        on = self._settings.addressing
        previous = {} if session is None else known.focus(session)
        intent = parse_intent(text) if on.location and shift is None else None
        if intent is not None and (intent.anchor or previous):
            text, shift = intent.anchor, intent.shift
        return Request(
            text=text,
            key=self._keys().question(text[:MAX_QUERY]) if text and on.content else None,
            words=index_words(text),
            now=self._clock(),
            cjk=is_cjk(text),
            shift=shift if on.location else None,
            previous=previous,
            allowed=allowed,
            content=on.content,
            location=on.location,
            hybrid=on.hybrid,
            priors=self._settings.recall.priors,
            by_words=self._settings.recall.words,
        )

    def _silence(self, reading: Reading, request: Request, limit: int) -> str | None:
        """Why nothing is answered, or None."""
        if request.shift is not None and (reading.lost > 0.5 or not len(reading.index)):
            side = "after" if request.shift > 0 else "before"
            return f"no memory stands {abs(request.shift)} {side} the best match in its session"
        if reading.confidence < self._settings.recall.confidence_floor:
            return "nothing relevant"
        return None

    def _answers(
        self, known: _Known, reading: Reading, limit: int, least: float, explain: bool
    ) -> list[RecalledMemory]:
        best = [i for i in range(min(limit, len(reading.index))) if reading.weights[i] >= least]
        memories = known.memories(reading.index[best])
        return [
            recalled(memory, float(reading.weights[i]), float(reading.score[i]), reading.steps[i] if explain else None)
            for i, memory in zip(best, memories, strict=True)
        ]

    def _remember(self, namespace: str, session: str | None, answers: Sequence[RecalledMemory]) -> None:
        """What was read is used, and in focus for the session's next question."""
        self._store.note_reads([answer.address for answer in answers if answer.address is not None])
        if session is not None and answers:
            self._store.set_focus(namespace, session, [a.id for a in answers], [a.weight for a in answers])


class _Known:
    """What is known of a namespace now, or was at a moment."""

    def __init__(self, store: Store, namespace: str, as_of: str | None) -> None:
        self._store = store
        self._namespace = namespace
        self.suffix = "" if as_of is None else f" as of {as_of}"
        self._then: list[Memory] | None = None
        if as_of is None:
            self.slots: Slots = store.slots(namespace)
        else:
            self.slots, self._then, self._words = store.slots_as_of(namespace, as_of)

    def memories(self, index: NDArray[np.int64]) -> list[Memory]:
        if self._then is not None:
            return [self._then[i] for i in index]
        return self._store.get_many(self.slots.address[index].tolist())

    def postings(self, request: Request) -> Postings:
        words, marks = index_terms(request.text)
        if self._then is None:
            return self._store.postings(self._namespace, words + marks)
        address: dict[str, NDArray[np.int64]] = {}
        count: dict[str, NDArray[np.int64]] = {}
        for word in words + marks:
            counts = np.array([each.count(word) for each in self._words], dtype=np.int64)
            address[word], count[word] = self.slots.address[counts > 0], counts[counts > 0]
        return Postings(address, count)

    def focus(self, session: str) -> Mapping[int, float]:
        place = {memory.id: weight for memory, weight in self._focused(session)}
        address = {memory.address: memory.id for memory, _ in self._focused(session)}
        return {int(i): place[address[a]] for i, a in enumerate(self.slots.address.tolist()) if a in address}

    def _focused(self, session: str) -> list[tuple[Memory, float]]:
        return [(self._store.get(id), weight) for id, weight in self._store.focus(self._namespace, session)]

    def tagged(self, tags: Sequence[str]) -> NDArray[np.bool_]:
        """(N,) whether a memory has all of these tags."""
        if self._then is not None:
            return np.array([set(tags) <= set(memory.tags) for memory in self._then])
        return np.isin(self.slots.address, self._store.tagged(self._namespace, tags))


def recalled(memory: Memory, weight: float, score: float, steps: Mapping[str, object] | None = None) -> RecalledMemory:
    """A stored memory as an answer shows it."""
    shared = {name: getattr(memory, name) for name in RecalledMemory.__dataclass_fields__ if hasattr(memory, name)}
    return RecalledMemory(**shared | {"weight": round(weight, 6), "score": round(score, 4), "steps": steps})


def checked_query(query: str) -> str:
    """The question without NULs, lone surrogates and outer white space; its first characters if it is huge."""
    if not isinstance(query, str):
        raise BadValueError(f"query must be text, not {type(query).__name__}")
    text = query.replace("\0", "").encode("utf-8", "ignore").decode("utf-8").strip()
    if not text:
        raise BadValueError("query is empty", "ask something")
    return text[:MAX_QUERY]


def checked_count(field: str, value: int, low: int, high: int) -> int:
    """A whole number in a range."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not low <= value <= high:
        raise BadValueError(f"{field} is {value!r}, expected a whole number from {low:,} to {high:,}")
    return int(value)


def _nowhere(request: Request) -> str:
    if request.content:
        return "there is no previous focus to continue from; ask with words of what you mean"
    return "content addressing is off and there is no previous focus; read by location (--from ID --shift n)"


def _seconds(iso: str) -> float:
    return datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp()
