"""The read side of memory: a question in, attention over memories out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine import addressing
from ntm_memory.recall import question as questions
from ntm_memory.recall.candidates import choose
from ntm_memory.recall.centre import centred_cosines
from ntm_memory.recall.confidence import confidence
from ntm_memory.recall.evidence import CONTENT, FEATURES, LOCATION, PRIORS, REACH, Scores, gather
from ntm_memory.recall.heads import Attention, Places, attend
from ntm_memory.recall.keywords import count_keywords
from ntm_memory.recall.parameters import Array, Parameters
from ntm_memory.recall.view import View
from ntm_memory.store.records import Postings

# An anchor is found by likeness alone, and sharply: its neighbours must not speak for it before the focus moves.
ANCHOR_MIX = np.array([1.0, 2.0, 0.0, 0.0])
ANCHOR_STRENGTH = 3.0


@dataclass(frozen=True)
class Request:
    """What is asked of the read heads.

    Args:
        text: the question, or the anchor of a location read.
        key: (dim,) float32 unit norm; None reads without content addressing.
        words: its index words.
        now: unix seconds.
        shift: steps to move the focus in the order of writing; None: only as learned.
        previous: index → weight of the focus before, empty for none.
        allowed: (N,) what filters leave; None for everything.
        date_match: (N,) 0–1, or None.
        content, location, hybrid, priors, by_words: which parts of addressing are on.
    """

    text: str
    key: NDArray[np.float32] | None
    words: Sequence[str]
    now: float
    cjk: bool = False
    shift: int | None = None
    previous: Mapping[int, float] | None = None
    allowed: NDArray[np.bool_] | None = None
    date_match: NDArray[np.float32] | None = None
    content: bool = True
    location: bool = True
    hybrid: bool = True
    priors: bool = True
    by_words: bool = True
    half_life_days: float = 30.0


@dataclass(frozen=True)
class Reading:
    """Where the read heads look.

    Args:
        index: (n,) memories 0…N−1, best first.
        weights: (n,) attention, falling; its sum is 1 less what partial erases and shifts past the ends took.
        score: (n,) evidence behind the weights.
        confidence: 0–1.
        lost: share of the attention that a shift moved past the end of a session.
        steps: for each memory the weight after every step of every head.
    """

    index: NDArray[np.int64]
    weights: Array
    score: Array
    confidence: float
    lost: float
    steps: tuple[Mapping[str, Any], ...]


def read(view: View, postings: Postings, request: Request, parameters: Parameters, *, explain: bool = False) -> Reading:
    """Read heads' attention over the memories of a view; `postings` hold the words and marks of the question."""
    scores = _scores(view, postings, request)
    focus = np.array(sorted(request.previous or {}), dtype=np.int64)
    candidates = choose(scores, view.sequence, focus, request.allowed, location=request.location)
    if not len(candidates):
        return Reading(candidates, np.empty(0), np.empty(0), 0.0, 0.0, ())
    attention, kept = _attend(view, postings, request, parameters, scores, candidates)
    sure = confidence(scores, attention, parameters.confidence)
    weights, evidence, lost = attention.weights, attention.evidence, 0.0
    if request.shift is not None:
        candidates, weights, lost = _move(view, candidates, weights, request.shift)
        evidence = np.log(weights + 1e-16)
    weights = weights * view.slots.strength[candidates]
    ranked = np.argsort(-weights, kind="stable")
    steps = tuple(_explain(kept, attention, i) for i in ranked) if explain and request.shift is None else ()
    return Reading(candidates[ranked], weights[ranked], evidence[ranked], sure, lost, steps)


def _scores(view: View, postings: Postings, request: Request) -> Scores:
    total = len(view.slots)
    keywords = count_keywords(view.slots, postings, request.words if request.by_words else ())
    cosine = np.zeros(total, dtype=np.float32)
    if request.key is not None and request.content:
        cosine = centred_cosines(view.slots, view.centre, request.key, request.cjk)
    length = view.slots.length.astype(np.float32)
    words = keywords.bm25(keywords.count, length, keywords.mean_length)
    return Scores(cosine, words if request.content else np.zeros_like(words), keywords)


def _attend(
    view: View,
    postings: Postings,
    request: Request,
    parameters: Parameters,
    scores: Scores,
    candidates: NDArray[np.int64],
) -> tuple[Attention, Parameters]:
    features = gather(_question(view, postings, request), scores, view.slots, view.sequence, candidates)
    previous = _previous(request, candidates)
    places = _places(view, candidates)
    kept = _switched(parameters, request)
    if request.shift is None:
        return attend(kept, features.astype(np.float64), places, previous), kept
    if previous is not None and not request.text:
        return Attention(previous, np.log(previous + 1e-16), ()), kept
    score = features[:, : len(CONTENT)] @ ANCHOR_MIX
    weights = addressing.content_focus(score, ANCHOR_STRENGTH)
    return Attention(weights, score, ()), kept


def _question(view: View, postings: Postings, request: Request) -> questions.Question:
    _, marks = questions.index_terms(request.text)
    return questions.Question(
        marks=questions.read_marks(view.slots, postings, marks),
        asks_when=questions.asks_when(request.text),
        asks_how_many=questions.asks_how_many(request.text),
        now=request.now,
        half_life_days=request.half_life_days,
        date_match=np.zeros(len(view.slots), dtype=np.float32) if request.date_match is None else request.date_match,
    )


def _previous(request: Request, candidates: NDArray[np.int64]) -> Array | None:
    if not request.previous or not request.hybrid:
        return None
    weights = np.array([request.previous.get(int(i), 0.0) for i in candidates])
    return weights / weights.sum() if weights.sum() > 0 else None


def _places(view: View, candidates: NDArray[np.int64]) -> Places:
    near = view.sequence.neighbours(candidates, REACH)
    among = np.full(len(view.slots) + 1, -1, dtype=np.int64)  # the last entry stands for "no neighbour"
    among[candidates] = np.arange(len(candidates))
    _, session = np.unique(view.sequence.session[candidates], return_inverse=True)
    return Places(among[near], session)


def _switched(parameters: Parameters, request: Request) -> Parameters:
    """The parameters with switched-off parts at nothing: no location means no shift and no evidence from neighbours."""
    off = set() if request.location else set(LOCATION)
    off |= set() if request.priors else set(PRIORS)
    off |= set() if request.content else set(CONTENT)
    return parameters.without(frozenset(off), shift=not request.location)


def _move(
    view: View, candidates: NDArray[np.int64], weights: Array, shift: int
) -> tuple[NDArray[np.int64], Array, float]:
    """The focus, moved as a whole: a one-hot shift over steps of `shift` memories (paper, equation 8)."""
    there = view.sequence.step(candidates, shift)
    everywhere = np.union1d(candidates, there[there >= 0])
    among = np.full(len(view.slots) + 1, -1, dtype=np.int64)
    among[everywhere] = np.arange(len(everywhere))
    near = np.stack([among[view.sequence.step(everywhere, k)] for k in (-shift, 0, shift)], axis=1)
    before = np.zeros(len(everywhere))
    before[among[candidates]] = weights
    after = addressing.shift_sparse(before, np.array([0.0, 0.0, 1.0]), near)
    reached = after > 0
    return everywhere[reached], after[reached], float(1 - after.sum())


def _explain(parameters: Parameters, attention: Attention, i: int) -> Mapping[str, Any]:
    """The weight of candidate i after every step of every head, and what each head and feature added to its evidence."""
    heads = [
        {name: round(float(values[i]), 6) for name, values in vars(steps).items()} | {"part": round(float(part), 6)}
        for steps, part in zip(attention.heads, parameters.part, strict=True)
    ]
    return {"evidence": round(float(attention.evidence[i]), 6), "heads": heads}


__all__ = ["FEATURES", "Reading", "Request", "read"]
