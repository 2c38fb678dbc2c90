"""Which memories matter for what somebody types to an assistant: few or none, found cheaply enough for every prompt."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError, unknown_name, whole_number
from ntm_memory.operations import validation
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.excerpt import echoed, fit_contents
from ntm_memory.operations.requests import checked_max_chars
from ntm_memory.operations.results import RecalledMemory
from ntm_memory.privacy.trust import LOWEST, at_least, checked_trust
from ntm_memory.reader.pair_reader import Impressions, PairReader
from ntm_memory.reader.relevance import (
    Glimpse,
    RelevanceParameters,
    chances,
    chosen,
    glance,
    glimpse,
    read_parameters,
    read_together,
)
from ntm_memory.reader.second_look import as_read
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query
from ntm_memory.store.records import Memory
from ntm_memory.text.folding import word_for_word
from ntm_memory.text.words import index_words
from ntm_memory.text.writing_systems import is_cjk

MOST = 3
"""Memories that are read with a prompt, and put before an agent, at most."""
AS_TYPED = 600
"""Characters of a prompt that count, its beginning: what is asked for; the rest is mostly pasted."""
_OPTIONS = ("namespaces", "top", "max_chars", "min_trust", "without")


@dataclass(frozen=True)
class RelevantMemory(RecalledMemory):
    """A memory that matters for a prompt: `chance` says how surely, `weight` is the same, `score` its logit.

    Args:
        namespace: where it is.
        kind: of it, as it was told.
        updated_at: when it was last changed.
    """

    namespace: str = "default"
    kind: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True)
class RelevantResult:
    """What matters for a prompt: mostly nothing.

    Args:
        memories: the surest first.
        confidence: 0–1, chance that the surest of those that were read matters.
        read: how many were read with the prompt.
        reason: why there are none, or None.
    """

    prompt: str
    memories: tuple[RelevantMemory, ...]
    confidence: float
    read: int
    reason: str | None = None


@dataclass(frozen=True)
class RelevantRequest:
    """A prompt, and whose memories may matter for it.

    Args:
        prompt: as it was typed.
        namespaces: where to look.
        top: at most so many memories, 1–3.
        max_chars: at most so many characters of content in all.
        min_trust: only memories told by such or by better trusted ones; see `privacy.trust`.
        without: ids that are left out, as those that the agent has seen already.
    """

    prompt: str
    namespaces: tuple[str, ...]
    top: int
    max_chars: int
    min_trust: str
    without: tuple[str, ...]

    @classmethod
    def of(cls, prompt: str, options: Mapping[str, Any], *, max_chars: int, min_trust: str) -> RelevantRequest:
        """A prompt with the options that were told; the last two are as config has them.

        Raises:
            BadValueError: there is no such option, or a value is not usable.
        """
        for name in options:
            if name not in _OPTIONS:
                raise BadValueError(*unknown_name("option", name, _OPTIONS))
        told = {name: value for name, value in options.items() if value is not None}
        return cls(
            prompt=validation.checked_query(prompt, "prompt"),
            namespaces=validation.checked_names("namespaces", told.get("namespaces", ["default"])),
            top=whole_number("top", told.get("top", MOST), 1, MOST),
            max_chars=checked_max_chars(told.get("max_chars", max_chars)),
            min_trust=checked_trust(told.get("min_trust", min_trust), "min_trust"),
            without=validation.checked_names("without", told.get("without", ())),
        )


@dataclass(frozen=True)
class Thought:
    """One memory that may matter, where it is, and what is known of it before it is read."""

    memory: Memory
    text: tuple[str, str]
    signals: np.ndarray


class Noticer:
    """Finds what matters for a prompt in one store.

    Args:
        context: the store as questions are put to it.
    """

    def __init__(self, context: RetrievalContext) -> None:
        self._context, self._store = context, context.store

    @cached_property
    def parameters(self) -> RelevanceParameters:
        """What was learned."""
        return read_parameters()

    def relevant(self, request: RelevantRequest) -> RelevantResult:
        """The memories that matter for a prompt, the surest first; mostly none."""
        if not any(len(self._store.memory_matrix(name)) for name in request.namespaces):
            return _nothing(request, "nothing is stored there")  # before the embedder is loaded
        reader = self._context.reader()
        if reader is None:
            return _nothing(request, "there is no reader: recall.reader is off, or the embedder has none")
        query = self.query(request.prompt)
        thoughts = self.thoughts(request, query)
        logits, read_ones = self._read(reader, query, thoughts)
        best = chosen(logits, self.parameters.limits[int(query.cjk)], request.top)
        sure = float(chances(logits).max()) if len(logits) else 0.0
        if not best:
            return replace(_nothing(request, "nothing matters for it"), confidence=round(sure, 4), read=len(logits))
        shown = fit_contents(
            [_shown(read_ones[i].memory, float(logits[i])) for i in best], request.max_chars, query.words
        )
        self._context.remember(request.namespaces[0], None, shown)
        return RelevantResult(echoed(request.prompt), tuple(shown), round(sure, 4), len(logits))

    def query(self, prompt: str) -> Query:
        """What a prompt asks of the read heads: by content alone, whatever it says of places."""
        text = prompt[:AS_TYPED]
        key = self._context.encoder().question(text)
        return Query(
            text=text,
            key=key,
            words=index_words(text),
            now=self._context.clock(),
            cjk=is_cjk(text),
            zone=self._context.zone,
        )

    def thoughts(
        self, request: RelevantRequest, query: Query, parameters: RelevanceParameters | None = None
    ) -> list[Thought]:
        """The few memories that may be read with a prompt, the likeliest first, each text once.

        Args:
            request: the prompt, with where to look.
            query: made of it.
            parameters: what was learned; None: what ships.
        """
        p = parameters or self.parameters
        found: list[tuple[float, Thought]] = []
        with self._store.snapshot():
            for name in dict.fromkeys(request.namespaces):
                found += self._of_namespace(request, query, Corpus(self._store, name), p)
        found.sort(key=lambda each: -each[0])
        texts: dict[str, Thought] = {}
        for logit, thought in found:
            if logit >= p.limits[int(query.cjk), 0]:
                texts.setdefault(word_for_word(thought.memory.content), thought)
        return list(texts.values())[:MOST]

    def _of_namespace(
        self, request: RelevantRequest, query: Query, corpus: Corpus, p: RelevanceParameters
    ) -> list[tuple[float, Thought]]:
        """The likeliest memories of one namespace with their logits at a glance."""
        if not len(corpus.slots):
            return []
        trusted = None if request.min_trust == LOWEST else at_least(request.min_trust)
        allowed = corpus.allowed((), None, None, trusted)
        if allowed is not None and not allowed.any():
            return []
        query = replace(query, allowed=allowed)
        view = self._context.view(corpus)
        reading = self._context.read(corpus, query, self._context.parameters)
        if reading.look is None:
            return []
        seen: Glimpse = glimpse(view, reading, query, p, self._context.joining)
        logits = glance(seen.signals, p)
        kept = _kept(corpus, seen.places, np.argsort(-logits, kind="stable"), request.without)
        if not kept:
            return []
        texts = as_read(corpus, view.sequence, seen.places[[i for i, _ in kept]], [memory for _, memory in kept], query)
        return [
            (float(logits[i]), Thought(memory, text, seen.signals[i]))
            for (i, memory), text in zip(kept, texts, strict=True)
        ]

    def _read(
        self, reader: PairReader, query: Query, thoughts: Sequence[Thought]
    ) -> tuple[np.ndarray, Sequence[Thought]]:
        """(k,) logits of those that were read, and which they are."""
        if not thoughts:
            return np.empty(0), ()
        read_ones: Impressions = reader.impressions(query.text, [each.text for each in thoughts])
        signals = np.stack([each.signals for each in thoughts])
        return read_together(signals, read_ones, self.parameters), thoughts


def _kept(
    corpus: Corpus, places: NDArray[np.int64], order: NDArray[np.int64], without: Collection[str]
) -> list[tuple[int, Memory]]:
    """The first `MOST` memories in an order, each text once, none that is known already under whichever id."""
    kept: dict[str, tuple[int, Memory]] = {}
    for start in range(0, len(order), MOST):
        some = order[start : start + MOST]
        for i, memory in zip(some.tolist(), corpus.memories(places[some]), strict=True):
            if memory is not None and not (without and _is_known(corpus, memory, without)):
                kept.setdefault(word_for_word(memory.content), (i, memory))
        if len(kept) >= MOST:
            break
    return list(kept.values())[:MOST]


def _is_known(corpus: Corpus, memory: Memory, without: Collection[str]) -> bool:
    return memory.id in without or any(same.id in without for same in corpus.saying(memory.content))


def _shown(memory: Memory, logit: float) -> RelevantMemory:
    chance = float(chances(np.array([logit]))[0])
    return RelevantMemory.of(memory, chance, logit, chance=round(chance, 4))


def _nothing(request: RelevantRequest, reason: str) -> RelevantResult:
    return RelevantResult(echoed(request.prompt), (), 0.0, 0, reason)
