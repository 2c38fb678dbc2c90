"""The looks that one question is worth: by content, by place, at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.answering import at_times
from ntm_memory.answering.at_times import ELSEWHERE
from ntm_memory.answering.explaining import what_the_controller_said
from ntm_memory.answering.in_session import can_lean, leaning, look_along, what_was_said
from ntm_memory.answering.topics import topic_of
from ntm_memory.controller.asking import LEAST, LIKELY, SURE
from ntm_memory.controller.session import speak
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.requests import RecallRequest
from ntm_memory.recall.controller import head_settings
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, Reading, switched
from ntm_memory.recall.fusion import agreed, dated, placed, surest, together
from ntm_memory.text.subquestions import is_talk

WITH_A_TOPIC = 0.3
"""How likely all of a time is asked for where the question names more, and nothing of that time surely fits that."""


class Looks:
    """Reads the memories of a corpus for a request.

    Args:
        context: the store as questions are put to it.
        request: the question, and how it is to be answered.
        corpus: the memories.
    """

    def __init__(self, context: RetrievalContext, request: RecallRequest, corpus: Corpus) -> None:
        self.request, self.corpus = request, corpus
        self._context = context
        self._firsts: list[Reading] = []
        self._then: tuple[Query, NDArray[np.bool_]] | None = None

    def of_the_time(self, query: Query) -> NDArray[np.bool_]:
        """(N,) which memories are of the times that a question tells; reckoned once of the same question."""
        if self._then is None or self._then[0] is not query:
            self._then = query, at_times.of_the_time(self.corpus.slots, query)
        return self._then[1]

    def reading(self, query: Query, parts: Sequence[Query] = (), seen: Reading | None = None) -> Reading:
        """Where the heads look, each way as far as the question asks so.

        Args:
            query: the question.
            parts: the questions within it.
            seen: what the first look sees by content, where that is known already.
        """
        if seen is not None:
            self._firsts.append(seen)
        by_time = at_times.asks_by_time(query, parts) and query.shift is None
        if query.place > LEAST and not (by_time and query.time_alone > query.place):
            content = self.by_content(query, parts, seen) if query.place <= SURE else None
            found = self._by_place(query, content)
            if content is None and not len(found.index):  # nothing stands there: what the words name, less sure
                content = self.by_content(query, parts, seen)
                found = replace(content, confidence=content.confidence * ELSEWHERE)
            return found
        return self._at_times(query, parts) if by_time else self.by_content(query, parts, seen)

    def by_content(self, query: Query, parts: Sequence[Query] = (), seen: Reading | None = None) -> Reading:
        """Both looks at what a question says."""
        whole = seen or self._first(query)
        if not parts:
            return self._context.look_again(self.corpus, query, whole)
        parts = [at_times.of_its_time(self.corpus.slots, replace(part, allowed=query.allowed)) for part in parts]
        within = [self._first(part) for part in parts]
        reading = together([whole, *within], [query.text, *(part.text for part in parts)])
        if len(parts) == 1 and not is_talk(query.text):
            return self._context.look_again(self.corpus, query, reading)
        read = [self._context.look_again(self.corpus, *each) for each in zip(parts, within, strict=True)]
        if len(parts) > 1:
            return surest(reading, read)
        return agreed(reading, [*read, self._context.look_again(self.corpus, query, whole)])  # it may lean on the rest

    def controller(self, query: Query, reading: Reading) -> dict[str, Any]:
        """What the controller said to the read heads of the whole question; nothing where they did not look."""
        if reading.look is None or not len(reading.look.candidates):
            return {}
        places = reading.look.places
        said = head_settings(switched(self._context.parameters_for(self.request), query), places.context, places.heard)
        return what_the_controller_said(said, places.heard)

    def in_session(self, query: Query, reading: Reading) -> tuple[Reading, dict[str, Any]]:
        """(the reading as far as the question leans on its session, what its controller said where `explain` asks).

        A gate that was told by hand decides instead; a session's way through what was before leads nowhere now.
        """
        context, corpus, request = self._context, self.corpus, self.request
        may_lean = request.session is not None and request.gate is None and corpus.is_now
        trace = query.trace if may_lean and can_lean(query) else None
        if not trace or reading.look is None:
            return reading, {}
        first = next(each for each in self._firsts if each.look is reading.look)
        look = look_along(context.view(corpus), query, reading, first, trace)
        p, explain = context.session_parameters, request.explain
        said = speak(look, p)
        told = what_was_said(corpus, look, said, trace) if explain else {}
        return leaning(look, said, reading, p, corpus.slots.retention, explain=explain), told

    def _by_place(self, query: Query, content: Reading | None) -> Reading:
        """What stands before or after what the question names, beside what its content finds.

        Where no words name what to move from, and the question as a whole surely finds nothing, there is no such place.
        """
        asked = query.asked
        assert asked is not None
        anchor = self._context.about(query, asked.anchor) if asked.anchor else query
        anchor = replace(anchor, asked=None, previous=None, allowed=None, times=())
        found = self.by_content(anchor)
        if not asked.anchor and found.confidence < LIKELY:
            return content or self.by_content(query)
        view = self._context.view(self.corpus)
        order = view.sequence if self.request.order == "told" else view.timeline
        return placed(order, asked, content, found, query.allowed, view.slots.retention, explain=self.request.explain)

    def _at_times(self, query: Query, parts: Sequence[Query]) -> Reading:
        """What is of the times that a question tells: all of it where nothing else is asked, else what answers there.

        Where nothing that answers is of that time, what answers at others is read too, and trusted less.
        """
        slots = self.corpus.slots
        there = self.of_the_time(query)
        within = self.by_content(replace(query, allowed=there), parts) if there.any() else None
        if within is not None:
            within = at_times.fitted(within, slots, query)
        if within is not None and query.time_alone > LIKELY:
            return self._of_a_time(query, there, within)
        if within is not None and within.confidence >= LIKELY:
            return within
        everywhere = at_times.doubted(self.by_content(query, parts), slots, query)
        return everywhere if within is None or within.confidence < everywhere.confidence else within

    def _of_a_time(self, query: Query, there: NDArray[np.bool_], within: Reading) -> Reading:
        """All that is of a time that is asked for, in its order; where more is named, what holds it, else less sure."""
        slots, topic = self.corpus.slots, topic_of(self.corpus, query)
        chance = query.time_alone
        if topic is not None and topic.leads(there, within):
            there, chance = there & topic.holding, min(chance, SURE)
        elif topic is not None:
            chance = WITH_A_TOPIC
        return dated(at_times.in_order(slots, query, there), chance, within, slots.retention)

    def _first(self, query: Query) -> Reading:
        parameters = self._context.parameters_for(self.request)
        first = self._context.read(self.corpus, query, parameters, explain=self.request.explain)
        self._firsts.append(first)
        return first
