"""The second look: the likeliest memories of the first are read with the question, until it is sure which one answers.

A cascade (Wang, Lin and Metzler 2011): what the first look knows chooses whom the reader skims, by its early layers;
these choose whom it reads to the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.addressing import content_focus
from ntm_memory.reader.joining import Array, FirstLook, Judgement, judge
from ntm_memory.reader.newest import BEHIND, marked_behind, newest_first
from ntm_memory.reader.pair_reader import PairReader, Skimmed
from ntm_memory.reader.parameters import SecondLookParameters
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Look, Query, Reading
from ntm_memory.recall.sequence import Sequence as Order
from ntm_memory.store.records import Memory
from ntm_memory.text.excerpts import excerpt

LIKEST = 12
"""Memories that are thought of: so many of the read heads', and so many by cosine."""
MOST = 8
"""Memories that are skimmed at most."""
AT_ONCE = 4
"""Memories that are skimmed before it is asked again whether to go on."""
DEEPLY = 3
"""Memories that are read to the end at most."""
SURE = 0.9
"""Confidence at which no more is read, where one memory leads."""
LONGEST = 300
"""Characters of a memory that are read: of a longer one the part that holds most of the question's words."""


class Reread(NamedTuple):
    """What the second look thinks.

    Args:
        chosen: (k,) places of the memories that were read at all, the likeliest first.
        judged: what is thought of each.
        told: (k,) the reader's last word on each, log-odds.
    """

    chosen: NDArray[np.int64]
    judged: Judgement
    told: Array


def read_until_sure(
    reader: PairReader, question: str, texts: Sequence[tuple[str, str]], first: FirstLook, p: SecondLookParameters
) -> Reread:
    """Skim a few memories at a time, the likeliest first, and read the best of them to the end.

    Args:
        reader: reads question and memory together.
        question: as it was asked.
        texts: n ≥ 1 memories, each with what stood before it, as many as may be skimmed, the likeliest first.
        first: what the first look knows of them.
        p: how it is joined with what the reader says.
    """
    skimmed: list[Skimmed] = []
    while True:
        skimmed += reader.skim(question, texts[len(skimmed) : len(skimmed) + AT_ONCE])
        told = np.array([each.relevance for each in skimmed])
        seen = first[: len(told)]
        judged = judge(seen, p, told)
        if is_decided(judged) or len(skimmed) == len(texts):
            break
    order = judged.order
    if is_decided(judged):
        return Reread(order, _of(judged, order), told[order])
    best, others = order[:DEEPLY], order[DEEPLY:]
    read = reader.deepen([skimmed[i] for i in best])
    deep = judge(seen[best], p, told[best], read)
    return joined(best, others, deep, judged, np.concatenate([read, told[others]]))


def joined(
    best: NDArray[np.int64], others: NDArray[np.int64], deep: Judgement, judged: Judgement, told: Array
) -> Reread:
    """What was read to the end first, by what that told; below it the others, as they were skimmed."""
    within = deep.order
    below = np.minimum(judged.logits[others], deep.logits.min() - BEHIND)
    return Reread(
        np.concatenate([best[within], others]),
        Judgement(
            np.concatenate([deep.logits[within], below]),
            np.concatenate([deep.chances[within], judged.chances[others]]),
            deep.confidence,
        ),
        np.concatenate([told[: len(best)][within], told[len(best) :]]),
    )


def _of(judged: Judgement, order: NDArray[np.int64]) -> Judgement:
    return Judgement(judged.logits[order], judged.chances[order], judged.confidence)


def is_decided(judged: Judgement) -> bool:
    """Whether one memory has everything."""
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
    chosen, first = likeliest(reading, reading.look, p)
    memories = known.memories(chosen)
    there = np.array([memory is not None for memory in memories])
    kept = [memory for memory in memories if memory is not None]
    if not kept:  # all were erased in the meantime
        return reading
    chosen, first = chosen[there], first[there]
    texts = as_read(known, order, chosen, kept, query)
    found = read_until_sure(reader, query.text, texts, first, p)
    ranked = [kept[i] for i in found.chosen]
    judged = newest_first(marked_behind(found.judged, ranked), ranked, reader.relations, p)
    return _joined(reading, chosen[found.chosen], judged, found.told)


def thought_of(reading: Reading, look: Look) -> NDArray[np.int64]:
    """(n,) the likest memories of the read heads, and by cosine, each once."""
    by_cosine = look.candidates[np.argsort(-look.scores.about[look.candidates], kind="stable")]
    both = np.concatenate([reading.index[:LIKEST], by_cosine[:LIKEST]])
    _, first = np.unique(both, return_index=True)
    return both[np.sort(first)]


def likeliest(reading: Reading, look: Look, p: SecondLookParameters) -> tuple[NDArray[np.int64], FirstLook]:
    """(≤ MOST,) memories that are to be skimmed, the likeliest first, and what is known of them."""
    chosen = thought_of(reading, look)
    first = FirstLook.of(reading, look, chosen)
    best = judge(first, p).order[:MOST]
    return chosen[best], first[best]


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


def _joined(reading: Reading, chosen: NDArray[np.int64], judged: Judgement, told: Array) -> Reading:
    """The reading with what was read first; what was not goes on below, its weights falling as they did."""
    rest, logits = ~np.isin(reading.index, chosen), judged.logits
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
        steps=_steps(reading, index[ranked], dict(zip(chosen.tolist(), told.tolist(), strict=True))),
        chances=chances[ranked],
    )


def _steps(reading: Reading, index: NDArray[np.int64], read: dict[int, float]) -> tuple[Mapping[str, Any], ...]:
    """The steps of the first look, and what the reader said."""
    if not reading.steps:
        return ()
    steps = dict(zip(reading.index.tolist(), reading.steps, strict=True))
    told = {i: {"reader": round(value, 6)} for i, value in read.items()}
    return tuple({**steps.get(i, {}), **told.get(i, {})} for i in index.tolist())
