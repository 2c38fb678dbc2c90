"""Questions and answers: a request becomes a query to the read heads, their attention becomes a bounded answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ntm_memory.answering.at_times import asks_by_time, of_its_filters, why_none_passes, why_nothing_then
from ntm_memory.answering.explaining import what_was_heard, with_ids
from ntm_memory.answering.formerly import (
    chance_of_before,
    likely_enough,
    of_that_time,
    times_of_before,
    with_former,
    with_version_before,
)
from ntm_memory.answering.looks import Looks
from ntm_memory.answering.naming import AllNamed, gathered, name_alone, named
from ntm_memory.controller.asking import LEAST, LIKELY
from ntm_memory.operations.abstention import (
    OF_ALL,
    Extent,
    asks_for_no_day,
    extent,
    is_worth_asking_for,
    why_no_such_day,
    why_not_asked,
    why_silent,
)
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.excerpt import echoed, fit_contents, fold_in, others_among, with_tellings
from ntm_memory.operations.requests import RecallRequest
from ntm_memory.operations.results import RecalledMemory, RecallResult
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, Reading

LEAST_TOLD = 0.001
"""Of attention; what drew less is not counted among what else there is."""


class Recaller:
    """Answers questions from one store.

    Args:
        context: the store as questions are put to it.
    """

    def __init__(self, context: RetrievalContext) -> None:
        self._context, self._store, self._settings = context, context.store, context.settings

    def recall(self, request: RecallRequest) -> RecallResult:
        """Answer a question with the memories the read heads attend to."""
        if request.as_of is None and not len(self._store.memory_matrix(request.namespace)):
            # before the embedder is loaded
            return _nothing(request.query, self._context.nothing_in(request.namespace))
        return self.answer(request, self._context.ask(request))

    def answer(self, request: RecallRequest, query: Query, known: tuple[Corpus, Reading] | None = None) -> RecallResult:
        """The same for a query that is made already.

        Args:
            request: the question.
            query: what it asks of the read heads.
            known: what they read of it already, and of which memories; None: nothing yet.
        """
        no_day = why_no_such_day(query)
        if no_day is not None and asks_for_no_day(query):
            return _nothing(request.query, no_day)
        parts = self._context.ask_within(query)
        query = self._context.without_talk(query, parts)
        with self._store.snapshot():
            corpus = Corpus(self._store, request.namespace, request.as_of)
            seen = known[1] if known is not None and known[0].slots is corpus.slots else None
            result = self._answer(request, corpus, query, parts, seen)
            if corpus.is_now:
                result = self._with_former(request, query, parts, result)
            heard = what_was_heard(query) | dict(result.explanation or {}) if request.explain else None
            warnings = (*filter(None, [no_day]), *self._store.damaged())
            result = replace(result, warnings=warnings, explanation=heard)
        if corpus.is_now:
            self._context.remember(request.namespace, request.session, result.memories)
        return result

    def _with_former(
        self, request: RecallRequest, query: Query, parts: Sequence[Query], now: RecallResult
    ) -> RecallResult:
        """An answer with what memories said before they were changed, where the past may be asked for."""
        is_dated = (request.after, request.before) != (None, None) or query.time_alone > LIKELY
        if is_dated and query.past <= LIKELY:
            versions = Corpus(self._store, request.namespace, former=True)
            return of_that_time(now, self._answer(request, versions, query, parts, None), request, query)
        times = times_of_before(query) if asks_by_time(query, parts) else ()
        if query.past <= LEAST and not times:
            return now
        former = Corpus(self._store, request.namespace, former=True, then=times)
        then = replace(query, asked=None)
        if times:
            then, parts = replace(then, times=()), [replace(part, times=()) for part in parts]
        before = self._answer(request, former, then, parts, None)
        least = self._settings.recall.least_chance
        chance = chance_of_before(query, now, before, least) if times else query.past
        if chance > LIKELY:
            before = with_version_before(now, before, lambda id: self._versions(request, former, id), query)
        before = likely_enough(before, chance, least)
        return with_former(now, before, chance, request.top_k, request.max_chars, query.words)

    def _versions(self, request: RecallRequest, former: Corpus, id: str) -> list[RecalledMemory]:
        """What a memory said before it was changed, the oldest first, as far as a question may see it."""
        allowed = former.allowed(request.tags, request.after, request.before, request.trusted)
        return [RecalledMemory.of(each, 0.0, 0.0, until=former.until(each)) for each in former.versions(id, allowed)]

    def recall_restorable(self, request: RecallRequest) -> RecallResult:
        """Answer a question with what is erased, archived or weakened."""
        with self._store.snapshot():
            corpus = Corpus(self._store, request.namespace, restorable=True)
            if not len(corpus.slots):
                return _nothing(request.query, f"nothing can be restored in namespace {request.namespace!r}")
            return self._answer(request, corpus, self._context.ask(request), [], None)

    def _answer(
        self, request: RecallRequest, corpus: Corpus, query: Query, parts: Sequence[Query], seen: Reading | None
    ) -> RecallResult:
        """What the read heads attend to, of one state of the store."""
        text = request.query
        if not len(corpus.slots):
            return _nothing(text, f"nothing is stored in namespace {corpus.namespace!r}{corpus.moment}")
        allowed = corpus.allowed(request.tags, request.after, request.before, request.trusted)
        if allowed is not None and not allowed.any():
            return _nothing(text, why_none_passes(corpus, request, query))
        previous, trace = corpus.focus(request.session)
        query = replace(query, previous=previous, trace=trace, allowed=allowed)
        query = of_its_filters(name_alone(corpus, query), request)
        reason = why_not_asked(query)
        if reason is not None:
            return _nothing(text, reason)
        looks = Looks(self._context, request, corpus)
        nothing = why_nothing_then(corpus, query, looks.of_the_time) if asks_by_time(query, parts) else None
        if nothing is not None:
            return _nothing(text, nothing)
        return self._looked(looks, query, parts, seen)

    def _looked(self, looks: Looks, query: Query, parts: Sequence[Query], seen: Reading | None) -> RecallResult:
        """The answer to a question that can be read; with `explain` what the controllers said."""
        request, corpus = looks.request, looks.corpus
        reading, said = looks.in_session(query, looks.reading(query, parts, seen))
        all_of = None if request.all else named(corpus, query, parts, reading)
        if all_of is not None:
            reading = gathered(
                looks, query, reading, all_of, request.top_k, self._settings.recall.least_chance * OF_ALL
            )
        reason = why_silent(reading, query, request, self._settings.recall)
        if reason is not None:
            result = _nothing(request.query, reason, reading.confidence)
        else:
            result = self._told(request, corpus, query, reading, all_of)
        spoken = {"session": said, "controller": looks.controller(query, reading) if request.explain else {}}
        return replace(result, explanation={name: each for name, each in spoken.items() if each} or None)

    def _told(
        self, request: RecallRequest, corpus: Corpus, query: Query, reading: Reading, all_of: AllNamed | None
    ) -> RecallResult:
        """The answer that a reading is, and how much else there is."""
        found = extent(reading, query, request, self._settings.recall, gathered=all_of is not None)
        shown, taken = self._shown(corpus, reading, found, request.top_k)
        told = with_tellings(corpus, shown, query.allowed, reading.index, reading.weights)
        if reading.chances is None:
            told.sort(key=lambda each: -each.weight)
        cut = [i for i in found.places[taken:] if is_worth_asking_for(reading, i, self._settings.recall)]
        further = others_among(told, corpus.memories(reading.index[cut]) if cut else ())
        known = _places_of(corpus, reading, found.places[:taken], told)
        naming = None if all_of is None else all_of.counted(int(all_of.there[list(known)].sum()))
        if all_of is not None and naming is not None and all_of.whole:
            further = max(further, naming["total"] - naming["shown"])
        more = max(_looked_at(reading, request, known), further)
        answers = tuple(fit_contents(told, request.max_chars, query.words))
        return RecallResult(echoed(request.query), answers, found.confidence, more=more, further=further, naming=naming)

    def _shown(self, corpus: Corpus, reading: Reading, found: Extent, top_k: int) -> tuple[list[RecalledMemory], int]:
        """What is shown of an answer, best first, what says the same once; and how many places were taken for it."""
        folded: dict[str, RecalledMemory] = {}
        seen = 0
        while len(folded) < top_k and seen < len(found.places):
            next_ones = found.places[seen : seen + top_k - len(folded)]
            for answer in _answers(corpus, reading, next_ones):
                fold_in(folded, answer)
            seen += len(next_ones)
        return list(folded.values()), seen


def _answers(corpus: Corpus, reading: Reading, shown: Sequence[int]) -> list[RecalledMemory]:
    """The memories at some places of a reading."""
    found = zip(shown, corpus.memories(reading.index[list(shown)]), strict=True)
    return [
        replace(
            RecalledMemory.read(memory, reading, i),
            until=corpus.until(memory) or _ended(corpus, reading, i),
            steps=with_ids(corpus, reading.steps[i]) if reading.steps else None,
        )
        for i, memory in found
        if memory is not None
    ]


def _ended(corpus: Corpus, reading: Reading, at: int) -> str | None:
    """When what a memory tells was no longer so, where another one is read as telling what was so from then on."""
    after = reading.ended.get(int(reading.index[at]))
    ends = [] if after is None else corpus.memories(np.array([after], dtype=np.int64))
    return next((each.occurred_at or each.created_at for each in ends if each is not None), None)


def _places_of(
    corpus: Corpus, reading: Reading, taken: Sequence[int], shown: Sequence[RecalledMemory]
) -> frozenset[int]:
    """Which of the memories 0…N−1 are shown, or say what one that is shown says.

    Args:
        corpus: the memories.
        reading: of them.
        taken: the places of it from which the answer was made.
        shown: the answer.
    """
    known = frozenset(reading.index[list(taken)].tolist())
    if sum(each.told for each in shown) <= len(taken):
        return known
    return known | frozenset(corpus.places([id for each in shown for id in each.also]).values())


def _looked_at(reading: Reading, request: RecallRequest, known: frozenset[int]) -> int:
    """How many memories drew attention beside those that are known."""
    drew = reading.index[reading.weights >= max(request.min_weight, LEAST_TOLD)]
    return sum(index not in known for index in drew.tolist())


def _nothing(query: str, reason: str, confidence: float = 0.0) -> RecallResult:
    return RecallResult(echoed(query), (), round(confidence, 4), reason)
