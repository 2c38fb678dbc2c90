"""From a question to a query to the read heads, and what they read: the same for recall, reasoning and tuning."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ntm_memory.config import Settings, zone_named
from ntm_memory.controller.asking import LIKELY
from ntm_memory.entry.told_times import Here
from ntm_memory.errors import CheckpointError
from ntm_memory.large_memory.large_view import LargeView
from ntm_memory.large_memory.look import examine_large
from ntm_memory.large_memory.views import LargeViews
from ntm_memory.operations.requests import RecallRequest
from ntm_memory.operations.results import RecalledMemory
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.encoder import Encoder
from ntm_memory.recall.first_look import Look, Query, Reading, attend_to, examine
from ntm_memory.recall.parameters import RecallParameters, load_parameters, override
from ntm_memory.slots.columns import refuse
from ntm_memory.store.base import Store
from ntm_memory.text.subquestions import is_talk, questions_within
from ntm_memory.text.words import index_words
from ntm_memory.text.writing_systems import is_cjk
from ntm_memory.times.finding import find_times, narrowest
from ntm_memory.times.told import Time

if TYPE_CHECKING:
    from ntm_memory.controller.session import SessionParameters
    from ntm_memory.reader.pair_reader import PairReader
    from ntm_memory.reader.parameters import SecondLookParameters

TUNED = "recall.json"
MOST = 16.0
"""Attention and confidence are at most 1 each: what is more, or no number, comes from a damaged file."""


class RetrievalContext:
    """One store as questions are put to it.

    Args:
        store: where memories are.
        encoder: loads the embedder when first called.
        settings: how much is answered, and which parts of addressing are on.
        home: data folder, where tuned parameters lie.
        clock: unix seconds.
        reader: loads what reads two texts together when first called; it may be that there is none.
    """

    def __init__(
        self,
        store: Store,
        encoder: Callable[[], Encoder],
        settings: Settings,
        home: Path,
        clock: Callable[[], float],
        reader: Callable[[], PairReader | None] = lambda: None,
    ) -> None:
        self.store = store
        self.encoder = encoder
        self.settings = settings
        self.home = home
        self.clock = clock
        self.reader = reader
        self.zone = zone_named(settings.time_zone)
        self._views: dict[str, CentredMatrix] = {}
        self.large = LargeViews(store)

    @property
    def here(self) -> Here:
        """When and where times are typed."""
        return Here(self.clock(), self.zone)

    def nothing_in(self, namespace: str) -> str:
        """That nothing is stored there; and where it may be instead."""
        from ntm_memory.recovery.daily import left_beside

        beside = left_beside(self.settings.store.url, self.home)
        return f"nothing is stored in namespace {namespace!r}" + (f"; {beside}" if beside else "")

    @cached_property
    def parameters(self) -> RecallParameters:
        """The tuned parameters if there are any and config lets them, else the shipped ones.

        Raises:
            CheckpointError: a tuned file is not usable.
        """
        return parameters_in_force(self.home, self.settings)

    def parameters_for(self, request: RecallRequest) -> RecallParameters:
        """The parameters in force, with what the request or config sets by hand."""
        by_hand = {"beta": request.beta, "gate": request.gate, "gamma": request.gamma}
        return override(self.parameters, **by_hand, heads=self.settings.num_read_heads)

    def drop_damaged(self) -> list[str]:
        """Remove the files of what is derived that are not what was written, and forget what was read; their names."""
        names = self.store.derived.drop_damaged()
        if names:
            self._views, self.large = {}, LargeViews(self.store)
        return names

    def forget_parameters(self) -> None:
        """Read the parameters anew when next asked: they were tuned."""
        self.__dict__.pop("parameters", None)

    def ask(self, request: RecallRequest) -> Query:
        """What a question asks of the read heads; in a session that has a focus it can go on from there."""
        session = request.session
        has_focus = session is not None and bool(self.store.focus(request.namespace, session).last)
        now = self.clock()
        is_dated = (request.after, request.before) != (None, None)
        if has_focus and is_dated and request.query and self.settings.addressing.content:
            asked = self.encoder().ask(request.query)[1]  # "what happened?" at a time goes on from nothing
            has_focus = asked is None or asked.time <= LIKELY
        return to_query(request.query, self.encoder, self.settings, now, shift=request.shift, has_focus=has_focus)

    def ask_within(self, query: Query) -> list[Query]:
        """The questions within a question that asks by content, each on its own, without a previous focus.

        Each hears the times that it tells; one that tells none hears those that no question tells, but what stands
        around them: "On 3 May we had lunch. Who was there?" Long talk tells times of its own.
        """
        talk = is_talk(query.text)
        if query.key is None or query.shift is not None or (query.place > LIKELY and not talk):
            return []
        texts, around = questions_within(query.text), query.text
        for text in texts if query.times else ():
            around = around.replace(text, "\n", 1)
        shared = self._times(query, around) if texts and not talk else ()
        parts = [self.about(query, text) for text in texts]
        return [replace(part, times=part.times or shared) for part in parts if part.place <= LIKELY]

    def without_talk(self, query: Query, parts: Sequence[Query]) -> Query:
        """The query of a long text with questions within: as a whole it asks for no place and no time.

        What long talk seems to ask for is what its words happen to be like.
        """
        return replace(query, asked=None, times=()) if parts and is_talk(query.text) else query

    def about(self, query: Query, text: str) -> Query:
        """The query with other words, and the times that these tell."""
        key, asked = self.encoder().ask(text)
        times = self._times(query, text)
        return replace(query, text=text, key=key, words=index_words(text), cjk=is_cjk(text), asked=asked, times=times)

    def _times(self, query: Query, text: str) -> tuple[Time, ...]:
        """The times that a part of a question tells; where the whole tells none there are none."""
        return tuple(narrowest(find_times(text, query.now, query.zone))) if query.times else ()

    def view(self, known: Corpus) -> CentredMatrix:
        """The memory matrix with what is derived from it, kept as long as the matrix stays the same.

        Raises:
            EmbedderMismatchError: the keys are another embedder's by now.
        """
        view = self._views.get(known.namespace)
        if view is None or view.slots is not known.slots:
            made = self._made(known)
            if known.is_now:
                made = made if view is None else made.following(view)
                self._views[known.namespace] = made
            view = made
        return self.large.of(known.namespace, view) if known.is_now else view

    def _made(self, known: Corpus) -> CentredMatrix:
        if not self.settings.addressing.content:
            return CentredMatrix(known.slots)
        self.encoder().refuse_others(self.store.embedder())  # another process may have written all keys anew
        return self.encoder().view(known.slots)

    def read(self, known: Corpus, query: Query, parameters: RecallParameters, *, explain: bool = False) -> Reading:
        """What the read heads attend to among memories that are known."""
        view = self.view(known)
        reading = attend_to(self._examined(view, known, query), view, query, parameters, explain=explain)
        refuse(not abs(float(reading.weights.sum()) + reading.confidence) < MOST)
        return reading

    def examine(self, known: Corpus, query: Query) -> Look:
        """What there is to attend to, before any parameter is asked."""
        return self._examined(self.view(known), known, query)

    def _examined(self, view: CentredMatrix, known: Corpus, query: Query) -> Look:
        if isinstance(view, LargeView):
            return examine_large(view, query)
        return examine(view, known.postings(query.terms), query)

    def look_again(self, known: Corpus, query: Query, reading: Reading) -> Reading:
        """The second look: what the reading found, read together with the question; the same where nothing reads."""
        asks_by_content = query.key is not None and query.shift is None and reading.look is not None
        may_read = asks_by_content and len(reading.index) and not _asks_in_signs(query)
        reader = self.reader() if may_read else None
        if reader is None:
            return reading
        from ntm_memory.reader.second_look import reread

        return reread(reader, self.joining, known, self.view(known).sequence, query, reading)

    @cached_property
    def joining(self) -> SecondLookParameters:
        """How both looks are joined."""
        from ntm_memory.reader.parameters import load_parameters as load_joining

        return load_joining()

    @cached_property
    def session_parameters(self) -> SessionParameters:
        """What the controller of a session has learned."""
        from ntm_memory.controller.session import load_parameters as load_session

        return load_session()

    def remember(self, namespace: str, session: str | None, answers: Sequence[RecalledMemory]) -> None:
        """What was read is used, and in focus for the session's next question.

        Raises:
            BadValueError: the session's name holds a secret.
        """
        if session is not None and self.settings.privacy.on_secret != "allow":
            from ntm_memory.entry.names import refuse_secrets_in  # few questions name a session

            refuse_secrets_in([("session", session)])
        weights: dict[str, float] = {}  # one may be shown as it is and as it was
        for answer in answers:
            weights[answer.id] = max(answer.weight, weights.get(answer.id, 0.0))
        self.store.note_reads([*dict.fromkeys(answer.address for answer in answers if answer.address is not None)])
        if session is not None and answers:
            self.store.set_focus(namespace, session, list(weights), list(weights.values()))


def parameters_in_force(home: Path, settings: Settings) -> RecallParameters:
    """The tuned parameters if there are any that can be used, else the shipped ones."""
    try:
        tuned = tuned_parameters(home) if settings.recall.tuned else None
    except CheckpointError:  # they can be learned again, and what can be told without them is
        tuned = None
    return load_parameters() if tuned is None else tuned


def tuned_parameters(home: Path) -> RecallParameters | None:
    """The parameters tuned for a data folder; None: there are none.

    Raises:
        CheckpointError: the file is not usable.
    """
    return load_parameters(home / TUNED) if (home / TUNED).exists() else None


def _asks_in_signs(query: Query) -> bool:
    """Whether a question has emoji or other signs and no word: the reader knows words alone."""
    return not query.words and any(unicodedata.category(each).startswith("S") for each in query.text)


def to_query(
    text: str,
    encoder: Callable[[], Encoder],
    settings: Settings,
    now: float,
    *,
    shift: int | None = None,
    has_focus: bool = False,
) -> Query:
    """What a question asks of the read heads.

    Args:
        text: the question.
        encoder: loads the embedder when first called.
        settings: which parts of addressing are on.
        now: unix seconds.
        shift: steps to move the focus, as told beside the question.
        has_focus: whether there is a previous focus from which a question without content can go on.
    """
    on, zone = settings.addressing, zone_named(settings.time_zone)
    key, asked = encoder().ask(text) if text and on.content else (None, None)
    if asked is not None and asked.follows and has_focus and on.location and shift is None:
        key, shift = None, asked.step
    text = "" if key is None and shift is not None and has_focus else text  # it can only go on from there
    return Query(
        text=text,
        key=key,
        words=index_words(text),
        now=now,
        cjk=is_cjk(text),
        shift=shift if on.location else None,
        content=on.content,
        location=on.location,
        hybrid=on.hybrid,
        priors=settings.recall.priors,
        by_words=settings.recall.words,
        asked=asked if shift is None else None,
        zone=zone,
        times=tuple(narrowest(find_times(text, now, zone))) if on.content else (),
    )
