"""The second look: the likeliest memories of the first are read with the question, until it is sure which one answers.

What the first look knows chooses them; what both know goes into one logit for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ntm_memory.controller.asking import LIKELY
from ntm_memory.reader.former import former_first
from ntm_memory.reader.joining import Array, FirstLook, Judgement, judge
from ntm_memory.reader.newest import marked_behind, newest_first
from ntm_memory.reader.pair_reader import PairReader
from ntm_memory.reader.parameters import SecondLookParameters
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Look, Query, Reading
from ntm_memory.recall.fusion import ahead
from ntm_memory.recall.sequence import Sequence as Order
from ntm_memory.store.records import Memory
from ntm_memory.text.excerpts import excerpt
from ntm_memory.text.folding import word_for_word
from ntm_memory.text.passages import WIDTH

LIKEST = 12
"""Memories that are thought of: so many of the read heads', and so many by cosine."""
MOST = 6
"""Memories that are read at most."""
AT_ONCE = 2
"""Memories that are read before it is asked again whether to read on."""
SURE = 0.9
"""Confidence at which no more is read, where one memory leads."""
_DIGITS = 5
"""Of a likeness; equal ones may differ in the last."""
LONGEST = 300
"""Characters of a memory that are read: of a longer one the part that holds most of the question's words.

Of Chinese, Japanese or Korean a third, which are as many pieces: the reader takes no more and would not see the rest.
"""


def read_until_sure(
    first: FirstLook, read: Callable[[slice], Array], p: SecondLookParameters, at_once: int = AT_ONCE
) -> tuple[Judgement, Array]:
    """Read a few memories at a time, the likeliest first.

    Args:
        first: what the first look knows of n ≥ 1 memories, as many as may be read, the likeliest first.
        read: the reader's log-odds of some of them, by their places.
        p: how both looks are joined.
        at_once: memories that are read before it is asked again whether to read on.

    Returns:
        (what is thought of the k memories that were read, (k,) what the reader said of them).
    """
    said = np.empty(0)
    while True:
        said = np.concatenate([said, read(slice(len(said), min(len(said) + at_once, len(first))))])
        judged = judge(first[: len(said)], p, said)
        if len(said) == len(first) or is_decided(judged):
            return judged, said


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
    look = reading.look
    reading, aside = each_once(known, order, query, reading, look)
    wants_all = query.everything > LIKELY
    chosen, first = likeliest(reading, look, p, aside, LIKEST if wants_all else MOST)
    with_words = known.slots.length[chosen] > 0  # a sign or two tell the reader nothing
    chosen, first = chosen[with_words], first[with_words]
    memories = known.memories(chosen)
    there = np.array([memory is not None for memory in memories], dtype=bool)
    kept = [memory for memory in memories if memory is not None]
    if not kept:  # there are none with words, or all were erased in the meantime
        return reading
    chosen, first = chosen[there], first[there]
    texts = as_read(known, order, chosen, kept, query)
    at_once = len(first) if wants_all else AT_ONCE
    judged, said = read_until_sure(first, lambda part: reader.relevance(query.text, texts[part]), p, at_once)
    chosen, kept = chosen[: len(said)], kept[: len(said)]
    if query.past <= LIKELY:
        judged = newest_first(marked_behind(judged, kept), kept, query.text, reader.relations, p)
        return _joined(reading, chosen, judged, said)
    judged, pair = former_first(judged, kept, query, reader.relations, p)
    ended = {} if pair is None else {int(chosen[pair.older]): int(chosen[pair.newer])}
    return replace(_joined(reading, chosen, judged, said), ended=ended)


def each_once(
    known: Corpus, order: Order, query: Query, reading: Reading, look: Look
) -> tuple[Reading, frozenset[int]]:
    """The reading in which, of memories that say the same, one has all their attention; and the others, left aside.

    Read one by one they would take the places of others, and none would be ahead of the rest.
    """
    aside: dict[int, int] = {}
    while new := _copies(known, order, query, look, thought_of(reading, look, frozenset(aside))):
        aside |= new  # which makes room for others, among them perhaps more of the same
    if not aside:
        return reading, frozenset()
    weights = reading.weights.copy()
    place = {index: at for at, index in enumerate(reading.index.tolist())}
    for index, one in aside.items():
        if index in place and one in place:
            weights[place[one]] += weights[place[index]]
            weights[place[index]] = 0.0
    return replace(reading, weights=weights), frozenset(aside)


def _copies(known: Corpus, order: Order, query: Query, look: Look, chosen: NDArray[np.int64]) -> dict[int, int]:
    """Those of some memories that would be read as the same → the one that stands for them, best an unrevised one.

    Equal texts are as like to a question as each other: only where the likeness is equal are the texts compared.
    """
    likeness = np.stack([look.scores.about[chosen], look.scores.words[chosen]]).round(_DIGITS)
    _, group, count = np.unique(likeness, axis=1, return_inverse=True, return_counts=True)
    alike = chosen[count[group.ravel()] > 1]
    if not len(alike):
        return {}
    alike = alike[np.argsort(known.slots.superseded[alike], kind="stable")]
    found = [(index, memory) for index, memory in zip(alike, known.memories(alike), strict=True) if memory is not None]
    memories = [memory for _, memory in found]
    read = as_read(known, order, np.array([index for index, _ in found], dtype=np.int64), memories, query)
    first: dict[tuple[str, str], int] = {}
    ones = [
        first.setdefault((word_for_word(memory.content), before), int(index))
        for (index, memory), (_, before) in zip(found, read, strict=True)
    ]
    return {int(index): one for (index, _), one in zip(found, ones, strict=True) if index != one}


def thought_of(reading: Reading, look: Look, aside: frozenset[int] = frozenset()) -> NDArray[np.int64]:
    """(n,) the likest memories of the read heads, and by cosine, each once; none of those left aside."""
    by_cosine = look.candidates[np.argsort(-look.scores.about[look.candidates], kind="stable")]
    by_heads = reading.index
    if aside:
        by_cosine, by_heads = (index[~np.isin(index, list(aside))] for index in (by_cosine, by_heads))
    both = np.concatenate([by_heads[:LIKEST], by_cosine[:LIKEST]])
    _, first = np.unique(both, return_index=True)
    return both[np.sort(first)]


def likeliest(
    reading: Reading, look: Look, p: SecondLookParameters, aside: frozenset[int] = frozenset(), most: int = MOST
) -> tuple[NDArray[np.int64], FirstLook]:
    """(≤ most,) memories that are to be read, the likeliest first, and what is known of them; not those left aside.

    The last may be the one that has most of the question's words: a rare word in a long text speaks for it alone.
    """
    candidates = look.candidates[~np.isin(look.candidates, list(aside))] if aside else look.candidates
    worded = int(candidates[look.scores.words[candidates].argmax()])
    chosen = thought_of(reading, look, aside)
    if look.scores.words[worded] > 0 and worded not in chosen:
        chosen = np.append(chosen, worded)
    first = FirstLook.of(reading, look, chosen)
    best = judge(first, p).order
    best, missed = best[:most], best[most:]
    if look.scores.words[worded] > 0 and worded in chosen[missed]:
        best = np.append(best[: most - 1], np.flatnonzero(chosen == worded))
    return chosen[best], first[best]


def as_read(
    known: Corpus, order: Order, chosen: NDArray[np.int64], memories: Sequence[Memory], query: Query
) -> list[tuple[str, str]]:
    """(text, what stood before it) of memories as the reader is given them: of a turn of a session the last turn."""
    sizes = [LONGEST // WIDTH if cjk else LONGEST for cjk in known.slots.cjk[chosen].tolist()]
    texts = [
        memory.content if len(memory.content) <= size else excerpt(memory.content, size, query.words)
        for memory, size in zip(memories, sizes, strict=True)
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


def _joined(reading: Reading, chosen: NDArray[np.int64], judged: Judgement, said: Array) -> Reading:
    """The reading with what was read first, by both looks; to its steps is added what the reader said."""
    seen = dict(zip(reading.index.tolist(), reading.steps, strict=bool(reading.steps)))
    steps = {
        index: {**seen.get(index, {}), "reader": round(value, 6)}
        for index, value in zip(chosen.tolist(), said.tolist(), strict=True)
    }
    return replace(ahead(reading, chosen, judged.logits, judged.chances, steps), confidence=judged.confidence)
