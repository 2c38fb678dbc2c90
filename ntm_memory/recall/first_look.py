"""The first look at memory: a question in, attention over memories out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.controller.asking import Asked
from ntm_memory.machine import addressing
from ntm_memory.recall import question_cues as cues
from ntm_memory.recall.bm25 import count_keywords
from ntm_memory.recall.candidates import choose, once_each
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.centring import centred_cosines
from ntm_memory.recall.confidence import confidence
from ntm_memory.recall.controller import AskedOf, hear
from ntm_memory.recall.features import CONTENT, LOCATION, PRIORS, REACH, Scores, gather
from ntm_memory.recall.parameters import Array, RecallParameters
from ntm_memory.recall.read_heads import Attention, Places, attend
from ntm_memory.recall.time_match import date_match
from ntm_memory.store.records import Postings
from ntm_memory.text.question_names import names_within
from ntm_memory.times.told import Time

# An anchor is found by likeness alone, and sharply: its neighbours must not speak for it before the focus moves.
ANCHOR_MIX = np.array([1.0, 2.0, 0.0, 0.0, 0.0])
ANCHOR_BETA = 3.0
# Of a moved focus only what has a visible share of the best one is an answer.
SHOWN = 0.01


@dataclass(frozen=True)
class Query:
    """What is asked of the read heads.

    Args:
        text: the question, or the anchor of a location read.
        key: (dim,) float32 unit norm; None reads without content addressing.
        words: its index words.
        now: unix seconds.
        zone: whose days are meant by the times it tells; None: the system's.
        shift: steps to move the focus in the order of writing; None: only as learned.
        previous: index → weight of the focus before, empty for none.
        trace: index → weight of all that its session looked at, as that fades.
        allowed: (N,) what filters leave; None for everything.
        content, location, hybrid, priors, by_words: which parts of addressing are on.
        asked: what it asks for beside its content; None: nobody can tell.
    """

    text: str
    key: NDArray[np.float32] | None
    words: Sequence[str]
    now: float
    cjk: bool = False
    shift: int | None = None
    previous: Mapping[int, float] | None = None
    allowed: NDArray[np.bool_] | None = None
    content: bool = True
    location: bool = True
    hybrid: bool = True
    priors: bool = True
    by_words: bool = True
    asked: Asked | None = None
    zone: tzinfo | None = None
    times: tuple[Time, ...] = ()
    trace: Mapping[int, float] | None = None

    @property
    def place(self) -> float:
        """Chance that it asks in its own words for what stands before or after something."""
        return 0.0 if self.asked is None or not self.location else self.asked.place

    @property
    def past(self) -> float:
        """Chance that it asks how something was before it changed."""
        return 0.0 if self.asked is None else self.asked.past

    @property
    def everything(self) -> float:
        """Chance that it asks for all there is of a kind or on somebody."""
        return 0.0 if self.asked is None else self.asked.all

    @property
    def time_alone(self) -> float:
        """Chance that it asks for what happened at a time that it tells, whatever that was."""
        return 0.0 if self.asked is None or not self.times else self.asked.time

    @cached_property
    def terms(self) -> list[str]:
        """The words and marks whose postings it needs."""
        return [*dict.fromkeys(self.words), *cues.marks_for(self.words)]


@dataclass(frozen=True)
class Look:
    """What there is to attend to.

    Args:
        candidates: (n,) memories 0…N−1, rising.
        features: (n, d), what is known of them.
        places: where they stand.
        previous: (n,) the focus before, sums to 1, or None.
        scores: likeness of all N memories, from which the candidates were chosen.
    """

    candidates: NDArray[np.int64]
    features: Array
    places: Places
    previous: Array | None
    scores: Scores


@dataclass(frozen=True)
class Reading:
    """Where the read heads look.

    Args:
        index: (n,) memories 0…N−1, best first.
        weights: (n,) attention, falling; its sum is 1 less what partial erases and shifts past the ends took.
        logits: (n,) what the weights are the softmax of.
        confidence: 0–1.
        lost: share of the attention that a shift moved past the end of a session.
        steps: for each memory the weight after every step of every head.
        look: what there was to attend to.
        chances: (n,) calibrated chance that each memory answers, NaN for one that was not read again; None: no second
            look was taken.
        ended: memory that tells how something was before → the one that tells how it was then on, by their indices.
    """

    index: NDArray[np.int64]
    weights: Array
    logits: Array
    confidence: float
    lost: float
    steps: tuple[Mapping[str, Any], ...]
    look: Look | None = None
    chances: Array | None = None
    ended: Mapping[int, int] = field(default_factory=dict)


def read(
    view: CentredMatrix, postings: Postings, query: Query, parameters: RecallParameters, *, explain: bool = False
) -> Reading:
    """Read heads' attention over the memories of a view; `postings` are those of `query.terms`."""
    return attend_to(examine(view, postings, query), view, query, parameters, explain=explain)


def attend_to(
    look: Look, view: CentredMatrix, query: Query, parameters: RecallParameters, *, explain: bool = False
) -> Reading:
    """Where the read heads look among what was examined; with `explain` the weight after every step."""
    if not len(look.candidates):
        return Reading(look.candidates, np.empty(0), np.empty(0), 0.0, 0.0, ())
    heads = attend(switched(parameters, query), look.features, look.places, look.previous)
    sure = confidence(look.features, heads.weights, look.places.context, parameters.confidence)
    attention = heads if query.shift is None else _anchor(look, query)
    candidates, weights, logits, lost = look.candidates, attention.weights, attention.logits, 0.0
    if query.shift is not None:
        candidates, weights, lost = _move(view, candidates, weights, query.shift, query.allowed)
        logits = np.log(weights + 1e-16)
    weights = weights * view.slots.at("retention", candidates)
    ranked = np.argsort(-weights, kind="stable")
    steps: tuple[Mapping[str, Any], ...] = ()
    if explain and query.shift is None:
        steps = tuple(attention.told(int(i)) for i in ranked)
    elif explain and query.shift is not None:
        told = view.sequence.origins(candidates[ranked], look.candidates, attention.weights, *_kernel(query.shift))
        steps = tuple(each | {"shifted": round(float(weights[i]), 6)} for each, i in zip(told, ranked, strict=True))
    return Reading(candidates[ranked], weights[ranked], logits[ranked], sure, lost, steps, look)


def examine(view: CentredMatrix, postings: Postings, query: Query) -> Look:
    """Choose candidates and gather their features, before any parameter is asked."""
    scores = score_all(view, postings, query)
    focus = np.array(sorted(query.previous or {}), dtype=np.int64)
    fits = date_match(query.times, view.slots.happened, view.slots.over, view.slots.mentioned) if query.priors else None
    each = None
    if view.once is not None and fits is None:  # copies may be of different times
        each = once_each(view.digest_with_before, view.slots.superseded, focus, query.allowed)
    candidates = choose(scores, view.sequence, focus, query.allowed, location=query.location, dated=fits, each=each)
    asked = _cues(view, postings, query, scores, fits)
    near = view.sequence.neighbours(candidates, REACH)
    features = gather(asked, scores, view, candidates, near).astype(np.float64)
    previous = previous_among(query, candidates)
    places = places_of(view, candidates, near, asked, asked_of(query, asked, scores.number), features)
    return Look(candidates, features, places, previous, scores)


def switched_off(query: Query) -> frozenset[str]:
    """Evidence that counts for nothing: without location none from neighbours, without priors none about itself."""
    off = set() if query.location else set(LOCATION)
    off |= set() if query.priors else set(PRIORS)
    off |= set() if query.content else set(CONTENT)
    return frozenset(off)


def switched(parameters: RecallParameters, query: Query) -> RecallParameters:
    """The parameters with switched-off parts at nothing: no location means no shift and no evidence from neighbours."""
    return parameters.without(switched_off(query), shift=not query.location)


def score_all(view: CentredMatrix, postings: Postings, query: Query) -> Scores:
    """Likeness of every memory to the question by key and by words."""
    words = query.words if query.by_words and query.content else ()
    keywords = count_keywords(view.slots, postings, words, view.once)
    cosine = about = np.zeros(len(view.slots), dtype=np.float32)
    if query.key is not None and query.content:
        cosine = centred_cosines(view.slots, view.centre, query.key, query.cjk, view.query_adapter)
        about = centred_cosines(view.slots, view.centre, query.key, query.cjk)
    if words:  # what holds no word, as 👍, is like no question that does
        wordless = view.slots.length == 0
        cosine, about = (np.where(wordless, values.mean(), values) for values in (cosine, about))
    return Scores(cosine, about, keywords.of_all(view.slots.length), keywords, view.once)


def _anchor(look: Look, query: Query) -> Attention:
    """From where a location read moves: the previous focus, or what the question's words are likest to."""
    if look.previous is not None and not query.text:
        return Attention(look.previous, np.log(look.previous + 1e-16))
    score = look.features[:, : len(CONTENT)] @ ANCHOR_MIX
    return Attention(addressing.content_focus(score, ANCHOR_BETA), score)


def _cues(
    view: CentredMatrix, postings: Postings, query: Query, scores: Scores, fits: NDArray[np.float32] | None
) -> cues.QuestionCues:
    marks = cues.read_marks(view.slots, postings, query.terms)
    return cues.QuestionCues(
        marks=marks,
        names=cues.names_held(names_within(query.text), scores.keywords),
        asks_when=cues.asks_when(query.text),
        asks_how_many=cues.asks_how_many(query.text),
        now=query.now,
        date_match=np.zeros(len(view.slots), dtype=np.float32) if fits is None else fits,
        spoken=float(marks.spoken.mean()),
    )


def previous_among(query: Query, candidates: NDArray[np.int64]) -> Array | None:
    """(n,) the focus before over some memories, as it sums to 1; None: there was none."""
    if not query.previous or not query.hybrid:
        return None
    weights = np.array([query.previous.get(int(i), 0.0) for i in candidates])
    return weights / weights.sum() if weights.sum() > 0 else None


def asked_of(query: Query, asked: cues.QuestionCues, memories: int) -> AskedOf:
    """What a question tells the controller itself, put to so many memories."""
    wants = query.time_alone, query.past, query.everything
    return AskedOf(asked.asks_when, asked.asks_how_many, query.cjk, len(query.words), memories, *wants)


def places_of(
    view: CentredMatrix,
    candidates: NDArray[np.int64],
    near: NDArray[np.int64],
    question: cues.QuestionCues,
    asked: AskedOf,
    features: Array,
) -> Places:
    """Where candidates (n,) stand, `near` (n, 2·REACH + 1) being their neighbours, and what the controller hears."""
    among = np.full(len(view.slots) + 1, -1, dtype=np.int64)  # the last entry stands for "no neighbour"
    among[candidates] = np.arange(len(candidates))
    _, session = np.unique(view.sequence.session[candidates], return_inverse=True)
    context = view.context(question.spoken)
    return Places(among[near], session, context, hear(asked, features, context))


def _move(
    view: CentredMatrix,
    candidates: NDArray[np.int64],
    weights: Array,
    shift: int,
    allowed: NDArray[np.bool_] | None,
) -> tuple[NDArray[np.int64], Array, float]:
    """The focus, moved as a whole: a one-hot shift over steps of `shift` memories (paper, equation 8)."""
    there, after = view.sequence.moved(candidates, weights, *_kernel(shift))
    lost = float(1 - after.sum())
    reached = after > SHOWN * after.max(initial=0)
    if allowed is not None:
        reached &= allowed[there]
    return there[reached], after[reached], lost


def _kernel(shift: int) -> tuple[NDArray[np.int64], Array]:
    """(steps, how much is moved by each) of a shift by so many."""
    kernel = np.zeros(3)
    kernel[1 + int(np.sign(shift))] = 1.0
    return np.array([-abs(shift), 0, abs(shift)]), kernel
