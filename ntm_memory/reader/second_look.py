"""The second look: the likeliest memories of the first are read with the question, until it is sure which one answers.

What both looks know goes into one logit for each memory; NULL stands among them for "none of these".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.activations import logistic
from ntm_memory.machine.addressing import content_focus
from ntm_memory.reader.pair_reader import PairReader
from ntm_memory.reader.parameters import FEATURES, SecondLookParameters
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.features import standard
from ntm_memory.recall.first_look import Look, Query, Reading
from ntm_memory.recall.sequence import Sequence as Order
from ntm_memory.store.records import Memory
from ntm_memory.text.excerpts import excerpt

MOST = 8
"""Memories that are read at most."""
MOST_OF_TALK = 5
"""The same among turns of a talk, each of which is read with the one before it; the read heads alone choose them."""
AT_ONCE = 4
"""Memories that are read before it is asked again whether to read on."""
SURE = 0.9
"""Confidence at which no more is read, where one memory leads."""
LONGEST = 300
"""Characters of a memory that are read: of a longer one the part that holds most of the question's words."""
LEAST_SPREAD = 0.05
"""Of cosines, what a standard deviation counts at least."""
BEHIND = 1e-3
_LEAST = 1e-6
Array = NDArray[np.floating]


@dataclass(frozen=True)
class FirstLook:
    """What the first look knows of n memories, in the order in which they are to be read.

    Args:
        attention: (n,) weights of the read heads.
        cosine: (n,) how far each one's centred cosine with the question stands out of all N, in standard deviations.
        question_cosine: (n,) the same for the question as the query adapter turns it.
        words: (n,) share of the question's words, by BM25, 0–1.
        memories: N.
        confidence: of the first look, 0–1.
        talk: how much this is a talk in short turns, 0–1.
    """

    attention: Array
    cosine: Array
    question_cosine: Array
    words: Array
    memories: int
    confidence: float
    talk: float

    def features(self, read: Array) -> Array:
        """(k, 5) of the first k memories, columns as in `parameters.FEATURES`; `read` (k,) is the reader's log-odds."""
        known = len(read)
        columns = dict(
            zip(
                FEATURES,
                (read, np.log(np.maximum(self.attention, _LEAST)), self.cosine, self.question_cosine, self.words),
                strict=True,
            )
        )
        return np.stack([columns[name][:known] for name in FEATURES], axis=1)


@dataclass(frozen=True)
class Judgement:
    """What is thought of the first k memories that were to be read.

    Args:
        logits: (k,) above NULL: 0 is as likely as "none of these".
        chances: (k,) calibrated chance that each one answers.
        confidence: calibrated chance that any does.
        read: (k,) what the reader said.
    """

    logits: Array
    chances: Array
    confidence: float
    read: Array


def read_until_sure(
    first: FirstLook, read: Callable[[slice], NDArray[np.float32]], parameters: SecondLookParameters
) -> Judgement:
    """Read a few memories at a time, the likeliest first.

    Args:
        first: what the first look knows of n ≥ 1 memories, as many as may be read.
        read: the reader's log-odds of some of them, by their places.
        parameters: how both looks are joined.
    """
    total = len(first.attention)
    seen = np.empty(0)
    while True:
        seen = np.concatenate([seen, read(slice(len(seen), min(len(seen) + AT_ONCE, total)))])
        judged = judge(first, seen, parameters)
        if len(seen) == total or _is_decided(judged):
            return judged


def judge(first: FirstLook, read: Array, p: SecondLookParameters) -> Judgement:
    """Join both looks for the memories that were read."""
    context = np.array([1.0, first.talk])
    logits = first.features(read) @ (context @ p.ranker) - context @ p.null
    chances = logistic(chance_signals(logits, first) @ p.chance)
    return Judgement(logits, chances, float(logistic(confidence_signals(logits, first) @ p.confidence)), read)


def chance_signals(logits: Array, first: FirstLook) -> Array:
    """(k, 4) what the chance of each memory is drawn from, columns as in `parameters.CHANCE`."""
    signals: Array = np.stack(
        [np.ones_like(logits), logits, leads(logits), np.full_like(logits, np.log(first.memories))], axis=1
    )
    return signals


def confidence_signals(logits: Array, first: FirstLook) -> Array:
    """(5,) what the confidence of an answer is drawn from, in the order of `parameters.CONFIDENCE`."""
    best = int(logits.argmax())
    doubt = np.clip(first.confidence, 1e-4, 1 - 1e-4)
    return np.array([1.0, logits[best], leads(logits)[best], np.log(first.memories), np.log(doubt / (1 - doubt))])


def leads(logits: Array) -> Array:
    """(k,) how far each logit is above the best other one; above NULL where there is no other."""
    second, first = np.sort(np.append(logits, 0.0 if len(logits) == 1 else -np.inf))[-2:]
    ahead: Array = np.clip(logits - np.where(logits == first, second, first), -10.0, 10.0)
    return ahead


def _is_decided(judged: Judgement) -> bool:
    return judged.confidence >= SURE and bool((judged.chances >= 0.5).sum() == 1)


def reread(
    reader: PairReader, p: SecondLookParameters, known: Corpus, order: Order, query: Query, reading: Reading
) -> Reading:
    """What the first look found, read together with the question.

    Args:
        reader: reads two texts together.
        p: how both looks are joined.
        known: the memories.
        order: in which they were written.
        query: the question; it asks by content.
        reading: of the first look, of at least one memory.

    Returns:
        The memories that were read come first, by both looks; the others follow as they were.
    """
    if reading.look is None:
        return reading
    chosen, memories = likeliest(known, reading, reading.look)
    if not memories:  # all were erased in the meantime
        return reading
    texts = as_read(known, order, chosen, memories, query)
    first = first_look_at(reading, reading.look, chosen)
    judged = read_until_sure(first, lambda part: reader.relevance(query.text, texts[part]), p)
    logits = newer_first(judged.logits, memories)
    return _joined(reading, chosen[: len(logits)], logits, judged)


def likeliest(known: Corpus, reading: Reading, look: Look) -> tuple[NDArray[np.int64], list[Memory]]:
    """(≤ MOST,) memories that are to be read, and their records: of the read heads and of the cosine in turn.

    A turn of a talk is found by what stands around it: a cosine of its own tells little, and takes no turn.
    """
    by_cosine = look.candidates[np.argsort(-look.scores.about[look.candidates], kind="stable")]
    is_talk = look.places.context[1] >= 0.5
    chosen = reading.index[:MOST_OF_TALK] if is_talk else reading_order(reading.index, by_cosine)
    found = known.memories(chosen)
    return chosen[[memory is not None for memory in found]], [memory for memory in found if memory is not None]


def reading_order(ranked: NDArray[np.int64], by_cosine: NDArray[np.int64]) -> NDArray[np.int64]:
    """(≤ MOST,) the best of two rankings in turn, each memory once."""
    count = min(len(ranked), len(by_cosine), MOST)
    both = np.stack([ranked[:count], by_cosine[:count]], axis=1).ravel()
    _, first = np.unique(both, return_index=True)
    return both[np.sort(first)][:MOST]


def as_read(
    known: Corpus, order: Order, chosen: NDArray[np.int64], memories: Sequence[Memory], query: Query
) -> list[tuple[str, str]]:
    """(text, what stood before it) of memories as the reader is given them: of a turn of a session the last turn."""
    texts = [
        memory.content if len(memory.content) <= LONGEST else excerpt(memory.content, LONGEST, query.words)
        for memory in memories
    ]
    if all(memory.session is None for memory in memories):
        return [(text, "") for text in texts]
    before = order.step(chosen, -1)
    there = before[before >= 0]
    lines = {i: line.content for i, line in zip(there.tolist(), known.memories(there), strict=True) if line is not None}
    spoken = [memory.session is not None for memory in memories]
    return [
        (text, lines.get(i, "") if said else "") for text, i, said in zip(texts, before.tolist(), spoken, strict=True)
    ]


def first_look_at(reading: Reading, look: Look, chosen: NDArray[np.int64]) -> FirstLook:
    """What the first look knows of these memories."""
    place = {index: at for at, index in enumerate(reading.index.tolist())}
    scores = look.scores
    return FirstLook(
        attention=np.array([reading.weights[place[i]] if i in place else 0.0 for i in chosen.tolist()]),
        cosine=standard(scores.about, LEAST_SPREAD)[chosen],
        question_cosine=standard(scores.cosine, LEAST_SPREAD)[chosen],
        words=scores.words[chosen],
        memories=len(scores.about),
        confidence=reading.confidence,
        talk=float(look.places.context[1]),
    )


def _joined(reading: Reading, chosen: NDArray[np.int64], logits: Array, judged: Judgement) -> Reading:
    """The reading with what was read first; what was not goes on below, its weights falling as they did."""
    rest = ~np.isin(reading.index, chosen)
    former = np.log(reading.weights[rest] + 1e-16)
    below = logits.min() + np.minimum(former - former.max(initial=-np.inf), 0.0)
    index, both = np.concatenate([chosen, reading.index[rest]]), np.concatenate([logits, below])
    chances = np.concatenate([judged.chances, np.full(len(below), np.nan)])
    ranked = np.argsort(-both, kind="stable")
    return replace(
        reading,
        index=index[ranked],
        weights=content_focus(both, 1.0)[ranked] * reading.weights.sum(),
        logits=both[ranked],
        confidence=judged.confidence,
        steps=_steps(reading, index[ranked], dict(zip(chosen.tolist(), judged.read.tolist(), strict=True))),
        chances=chances[ranked],
    )


def _steps(reading: Reading, index: NDArray[np.int64], read: dict[int, float]) -> tuple[Mapping[str, Any], ...]:
    """The steps of the first look, and what the reader said."""
    if not reading.steps:
        return ()
    steps = dict(zip(reading.index.tolist(), reading.steps, strict=True))
    told = {i: {"reader": round(value, 6)} for i, value in read.items()}
    return tuple({**steps.get(i, {}), **told.get(i, {})} for i in index.tolist())


def newer_first(logits: Array, memories: Sequence[Memory]) -> Array:
    """Logits in which a memory stands behind the one that perhaps revises it, where that one answers too.

    Args:
        logits: (k,) above NULL.
        memories: at least k, in the same order.
    """
    moved: Array = logits.copy()
    place = {memory.id: at for at, memory in enumerate(memories[: len(logits)])}
    for at, memory in enumerate(memories[: len(logits)]):
        newer = place.get(memory.superseded_by or "")
        if newer is not None and logits[newer] > 0:
            moved[at] = min(logits[at], logits[newer] - BEHIND)
    return moved
