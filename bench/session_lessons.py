"""Lessons for the controller of a session: what each question finds alone, and without what answers it.

A lesson's folder has told.jsonl and sessions.jsonl, written as stores.jsonl and sessions.jsonl of
tests/outsiders/follow_ups; the kind `same` is of the matter that was asked about before, and names all it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.followed_up import told_stores
from ntm_memory import NTMMemoryManager
from ntm_memory.answering.looks import Looks
from ntm_memory.controller.session import SessionLook, evidence_of, heard_of, read_vector
from ntm_memory.embedding import Embedder
from ntm_memory.large_memory.look import directions_of
from ntm_memory.operations.requests import RecallRequest
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, Reading

FOLLOWS = "follow"


@dataclass(frozen=True)
class Alone:
    """What a question finds alone.

    Args:
        weights: (N,) of all memories, by both looks.
        confidence: 0–1.
        first: (N,) their weights by the first look.
    """

    weights: np.ndarray
    confidence: float
    first: np.ndarray

    @classmethod
    def of(cls, reading: Reading, first: Reading, memories: int) -> Alone:
        """What two readings say of all memories."""
        both = np.zeros((2, memories))
        both[0, reading.index], both[1, first.index] = reading.weights, first.weights
        return cls(both[0], reading.confidence, both[1])


@dataclass(frozen=True)
class LessonTurn:
    """A question of a session.

    Args:
        kind: first, follow, same or unrelated.
        gold: which memories 0…N−1 answer.
        direction: (dim,) its centred key at unit length.
        cosine: (N,) of the question as it is turned towards its answers.
        words: how many of it count.
        alone: what it finds alone.
        without: what it finds alone where all that answers is left out; None: it was not asked so, as every other.
    """

    kind: str
    gold: tuple[int, ...]
    direction: np.ndarray
    cosine: np.ndarray
    words: int
    alone: Alone
    without: Alone | None

    def look(self, keys: np.ndarray, trace: np.ndarray) -> SessionLook:
        """What it meets in a session with a trace (N,), of N memories with centred keys (N, dim)."""
        return self._look(keys, trace, self.alone, np.arange(len(keys)))

    def look_without(self, keys: np.ndarray, trace: np.ndarray) -> SessionLook | None:
        """The same where all that answers is left out; None: it was not asked so."""
        if self.without is None:
            return None
        return self._look(keys, trace, self.without, np.setdiff1d(np.arange(len(keys)), self.gold))

    def _look(self, keys: np.ndarray, trace: np.ndarray, alone: Alone, there: np.ndarray) -> SessionLook:
        r, length = read_vector(trace, keys)
        evidence = evidence_of(alone.first, self.cosine, keys @ r, trace, length)[there]
        along = float(self.direction @ r)
        heard = heard_of(evidence, alone.weights[there], alone.confidence, self.words, along)
        return SessionLook(there, evidence, heard)


@dataclass(frozen=True)
class LessonStore:
    """A store of N memories and the sessions in which it was asked.

    Args:
        name: of its folder and its own.
        keys: (N, dim) centred, at unit length.
        sessions: questions in their order.
    """

    name: str
    keys: np.ndarray
    sessions: list[list[LessonTurn]]


def read_lessons(folder: Path, embedder: Embedder) -> Iterator[LessonStore]:
    """The stores of a folder, each told to a memory of its own and asked all its questions one by one."""
    for told in told_stores(folder, "told.jsonl", embedder):
        asked = [session["turns"] for session in told.sessions]
        yield _read_store(told.manager, f"{folder.name} {told.name}", told.known, asked)


def _read_store(
    manager: NTMMemoryManager, name: str, known: Mapping[str, str], asked: Sequence[Sequence[Mapping[str, Any]]]
) -> LessonStore:
    context = manager._verbs.context
    with manager.store.snapshot():
        corpus = Corpus(manager.store, "default")
        every = np.arange(len(corpus.slots))
        ids = [known.get(memory.id, "") if memory else "" for memory in corpus.memories(every)]
        keys = context.view(corpus).centred(every)
        sessions = [
            [_ask(manager, corpus, ids, turn, twice=number % 2 == 1) for number, turn in enumerate(turns)]
            for turns in asked
        ]
    return LessonStore(name, keys, sessions)


def _ask(
    manager: NTMMemoryManager, corpus: Corpus, ids: Sequence[str], turn: Mapping[str, Any], *, twice: bool
) -> LessonTurn:
    """A question with what it finds alone; `twice`: also where what answers is left out."""
    context = manager._verbs.context
    request = RecallRequest.of(turn["question"], {"all": True}, manager.settings.recall)
    query, looks, view = context.ask(request), Looks(context, request, corpus), context.view(corpus)
    directions = directions_of(view, query)
    assert directions is not None
    gold = tuple(ids.index(id) for id in turn["gold"])
    others = np.ones(len(ids), dtype=bool)
    others[list(gold)] = False
    parts = context.ask_within(query)

    def alone(asked: Query) -> tuple[Alone, Reading]:
        first = context.read(corpus, asked, context.parameters)
        return Alone.of(looks.reading(asked, parts, first), first, len(ids)), first

    found, first = alone(query)
    assert first.look is not None
    return LessonTurn(
        turn["kind"],
        gold,
        directions[1],
        first.look.scores.cosine,
        len(query.words),
        found,
        alone(replace(query, allowed=others))[0] if twice else None,
    )
