"""A chain of reads told to people and agents: hops, the path with most evidence, the ranking over all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ntm_memory.multihop.hop_features import HopFeatures
from ntm_memory.multihop.hops import Hypotheses
from ntm_memory.multihop.parameters import FEATURES, HopParameters
from ntm_memory.multihop.reasons import reason_for
from ntm_memory.operations.excerpt import echoed, fit_contents, fold_in, others_among, with_tellings
from ntm_memory.operations.requests import LEAST_SEEN, RecallRequest
from ntm_memory.operations.results import Action, LeftOut, RecalledMemory, Related
from ntm_memory.privacy.secret_spans import MaybeSecret
from ntm_memory.recall.corpus import Corpus
from ntm_memory.store.records import Memory


@dataclass(frozen=True)
class ReadMemory:
    """A memory that one hop attended to.

    Args:
        weight: the hop's attention on it, 0–1.
        truncated: whether `content` was cut.
        features: with explain, what each feature added to its score on the path that says most for it.
    """

    id: str
    content: str
    weight: float
    truncated: bool = False
    features: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Hop:
    """One read of a chain: what was asked with, and where it looked, best first."""

    query: str
    memories: tuple[ReadMemory, ...]


@dataclass(frozen=True)
class ChainStep:
    """One memory of the path from the question to the last memory.

    Args:
        weight: attention on it when it was read.
        why: what joins it to the step before: `link`, `name`, `words` or `likeness`.
        by: the names or words they share.
    """

    id: str
    content: str
    weight: float
    why: Literal["link", "name", "words", "likeness"]
    by: tuple[str, ...] = ()
    truncated: bool = False


@dataclass(frozen=True)
class ReasonResult:
    """An answer from several reads in a row, or none and the reason.

    Args:
        hops: the reads; fewer than asked for where one more would add nothing.
        chain: the path with most evidence.
        answer_memories: ranked over the whole chain.
        confidence: 0–1, recall's own: the chance that what was asked is in memory at all.
        reason: why there are no memories, or None.
        warnings: what was left out since it is damaged.
        further: how many memories `top_k` cut from the ranking that drew at least half a percent of the attention.
    """

    query: str
    hops: tuple[Hop, ...]
    chain: tuple[ChainStep, ...]
    answer_memories: tuple[RecalledMemory, ...]
    confidence: float
    reason: str | None = None
    warnings: tuple[str, ...] = ()
    further: int = 0


@dataclass(frozen=True)
class Tie:
    """A memory that the new one builds on; `weight` is how strong the link is, 0–1."""

    id: str
    content: str
    weight: float
    kind: str


@dataclass(frozen=True)
class StoreResult:
    """A memory was told together with what it builds on; `links` are all it has; the rest as in `MemorizeResult`."""

    memory: Memory
    action: Action
    related: tuple[Related, ...]
    links: tuple[Tie, ...]
    similar_keys: tuple[str, ...] = ()
    secrets: tuple[LeftOut, ...] = ()
    maybe_secret: tuple[MaybeSecret, ...] = ()
    taken_back: str | None = None


_LEAST = 0.001  # of a hop's attention; less is shown by no one
_READ = 80


def ranked(
    hypotheses: Hypotheses,
    features: HopFeatures,
    retention: NDArray[np.float32],
    request: RecallRequest,
    corpus: Corpus,
    allowed: NDArray[np.bool_] | None,
) -> tuple[tuple[RecalledMemory, ...], int]:
    """The memories with most evidence over the whole chain; a weakened memory's weight shrinks by its retention.

    What says the same stands there once, as in `Recaller`. Beside them: how many others `top_k` cut.
    """
    weights = hypotheses.weights * retention[hypotheses.index]
    order = np.argsort(-weights, kind="stable")
    answers: dict[str, RecalledMemory] = {}
    seen = 0
    while len(answers) < request.top_k and seen < len(order):
        row = order[seen]
        memory = features.lookups.memory(int(hypotheses.index[row]))
        if memory is not None:
            fold_in(answers, RecalledMemory.of(memory, float(weights[row]), float(hypotheses.logits[row])))
        seen += 1
    told = with_tellings(corpus, list(answers.values()), allowed, hypotheses.index, weights)
    told.sort(key=lambda each: -each.weight)
    cut = (row for row in order[seen:] if weights[row] >= LEAST_SEEN)
    further = others_among(told, [features.lookups.memory(int(hypotheses.index[row])) for row in cut])
    return tuple(fit_contents(told, request.max_chars, features.words)), further


def hops_of(
    hypotheses: Hypotheses, features: HopFeatures, parameters: HopParameters, request: RecallRequest
) -> tuple[Hop, ...]:
    """What every hop asked with and looked at."""
    hops, path = [], hypotheses.best_path()
    for number in range(len(hypotheses.hops)):
        attention = hypotheses.attention(number)
        shown = [row for row in np.argsort(-attention, kind="stable")[: request.top_k] if attention[row] >= _LEAST]
        found = [
            (row, memory)
            for row in shown
            if (memory := features.lookups.memory(int(hypotheses.index[row]))) is not None
        ]
        recalled = fit_contents(
            [RecalledMemory.of(m, float(attention[row]), 0.0) for row, m in found], request.max_chars, features.words
        )
        memories = (
            ReadMemory(
                each.id,
                each.content,
                each.weight,
                each.truncated,
                _features(hypotheses, number, int(row), parameters) if request.explain else None,
            )
            for each, (row, _) in zip(recalled, found, strict=True)
        )
        hops.append(Hop(_query(request.query, hypotheses, features, path[:number], number), tuple(memories)))
    return tuple(hops)


def chain_of(hypotheses: Hypotheses, features: HopFeatures, request: RecallRequest) -> tuple[ChainStep, ...]:
    """The path with most evidence, each memory with what joins it to the one before."""
    steps = [(hypotheses.reads[number], row) for number, row in hypotheses.best_path()]
    found = [(read, row, features.lookups.memory(int(read.block.candidates[row]))) for read, row in steps]
    whole = [(read, row, memory) for read, row, memory in found if memory is not None]
    texts = [request.query, *(memory.content for *_, memory in whole)]
    linked = [False] + [any(e.target == b.id for e in a.links) for (*_, a), (*_, b) in pairwise(whole)]
    reasons = [
        reason_for(before, after, features.lookups.rarity, linked=link, question=i == 0)
        for i, ((before, after), link) in enumerate(zip(pairwise(texts), linked, strict=bool(whole)))
    ]
    weights = [float(np.exp(read.log_weights[row])) for read, row, _ in whole]
    told = [RecalledMemory.of(memory, weight, 0.0) for (*_, memory), weight in zip(whole, weights, strict=True)]
    return tuple(
        ChainStep(each.id, each.content, each.weight, reason.kind, reason.by, each.truncated)
        for each, reason in zip(fit_contents(told, request.max_chars, features.words), reasons, strict=True)
    )


def _query(
    text: str, hypotheses: Hypotheses, features: HopFeatures, path: tuple[tuple[int, int], ...], number: int
) -> str:
    """The question, and what the best path had read when this hop asked."""
    if number == 0:
        return echoed(text)
    steps = path if len(path) == number else hypotheses.best_parents(number)
    index = [int(hypotheses.reads[read].block.candidates[row]) for read, row in steps]
    contents = (memory.content for i in index if (memory := features.lookups.memory(i)) is not None)
    return " + ".join([echoed(text), *(_short(content) for content in contents)])


def _short(content: str) -> str:
    line = " ".join(content.split())
    return f"“{line if len(line) <= _READ else line[: _READ - 1] + '…'}”"


def _features(hypotheses: Hypotheses, hop: int, row: int, parameters: HopParameters) -> dict[str, float]:
    """What each feature added to a memory's score, in the read of this hop that says most for it."""
    reads = [(hypotheses.reads[number], hypotheses.rows[number]) for number in hypotheses.hops[hop]]
    read, at = max(
        ((read, int(np.searchsorted(rows, row))) for read, rows in reads if row in rows),
        key=lambda found: float(found[0].logits[found[1]]),
    )
    name, weights = ("first", parameters.first) if hop == 0 else ("next", parameters.next)
    return {
        feature: round(float(value), 4)
        for feature, value in zip(FEATURES[name], read.inputs[at] * weights, strict=True)
    }
