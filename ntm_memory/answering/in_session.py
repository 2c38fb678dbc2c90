"""What a question finds in its session: what was asked before leads to what the words leave unsaid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.controller.asking import LIKELY
from ntm_memory.controller.session import (
    EVIDENCE,
    HEARD,
    SessionLook,
    SessionParameters,
    Spoken,
    evidence_of,
    heard_of,
    read_vector,
)
from ntm_memory.large_memory.found import likest_by_key
from ntm_memory.large_memory.large_view import LargeView
from ntm_memory.large_memory.look import directions_of
from ntm_memory.recall.centred_matrix import CentredMatrix, largest
from ntm_memory.recall.centring import cosines_along
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, Reading
from ntm_memory.recall.fusion import OneLook, beside

NEAR = 32
"""So many memories that are likest to what the session read join those that the question found."""


def can_lean(query: Query) -> bool:
    """Whether a question may lean on its session: it asks by content, and for no place and no time alone."""
    by_content = query.key is not None and query.shift is None and query.hybrid
    return by_content and query.place <= LIKELY and query.time_alone <= LIKELY


def look_along(
    view: CentredMatrix, query: Query, reading: Reading, first: Reading, trace: Mapping[int, float]
) -> SessionLook:
    """What a question in a session meets.

    Args:
        view: N memories.
        query: the question, which can lean on its session.
        reading: of it alone, by both looks; it has a first look.
        first: of it alone, by the first look.
        trace: memory 0…N−1 → its weight in the trace of the session, at least one.
    """
    directions = directions_of(view, query)
    assert directions is not None
    turned, asked = directions
    traced = np.array(sorted(trace), dtype=np.int64)
    r, length = read_vector(_values(traced, trace), view.centred(traced))
    candidates, along, cosine = _likeness(view, query, reading, traced, r.astype(np.float32), turned)
    evidence = evidence_of(_weights(candidates, first), cosine, along, _values(candidates, trace), length)
    alone = _weights(candidates, reading)
    heard = heard_of(evidence, alone, reading.confidence, len(query.words), float(asked @ r))
    return SessionLook(candidates, evidence, heard)


def _likeness(
    view: CentredMatrix,
    query: Query,
    reading: Reading,
    traced: NDArray[np.int64],
    r: NDArray[np.float32],
    turned: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """(candidates (n,), their cosines with r, their cosines with the question `turned` towards its answers)."""
    assert reading.look is not None
    if isinstance(view, LargeView):
        candidates = _seen(query, reading.index, traced, likest_by_key(view, r, query))
        along, cosine = view.rows_of(candidates).likeness(np.stack([r, turned])).T
        return candidates, along, cosine
    along = cosines_along(view.slots, view.centre, r)
    near = largest(along if query.allowed is None else np.where(query.allowed, along, -np.inf), NEAR)
    candidates = _seen(query, reading.index, traced, near)
    return candidates, along[candidates], reading.look.scores.cosine[candidates]


def _seen(query: Query, *found: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) rising, those of several finds that the question may see."""
    every = np.unique(np.concatenate(found))
    return every if query.allowed is None else every[query.allowed[every]]


def _weights(candidates: NDArray[np.int64], reading: Reading) -> NDArray[np.float64]:
    return _values(candidates, dict(zip(reading.index.tolist(), reading.weights.tolist(), strict=True)))


def _values(candidates: NDArray[np.int64], of: Mapping[int, float]) -> NDArray[np.float64]:
    return np.array([of.get(i, 0.0) for i in candidates.tolist()])


def leaning(
    look: SessionLook,
    said: Spoken,
    reading: Reading,
    p: SessionParameters,
    retention: NDArray[Any],
    *,
    explain: bool = False,
) -> Reading:
    """The reading of a question alone with what it finds in its session, as far as it leans on that.

    Args:
        look: what it meets in its session.
        said: what the controller says to that.
        reading: of it alone.
        p: what the controller has learned.
        retention: (N,) what partial erases have left of each memory.
        explain: whether the steps tell what counted for a memory.
    """
    steps = _steps(look, said, p) if explain else ()
    part = OneLook(look.candidates, said.weights * retention[look.candidates], said.chances, 0.0, steps)
    both = beside(reading, part, said.gate, lost=reading.lost)
    return replace(
        both,
        confidence=said.confidence(reading.confidence),
        chances=None if reading.chances is None else both.chances,
        ended=reading.ended,
    )


def what_was_said(corpus: Corpus, look: SessionLook, said: Spoken, trace: Mapping[int, float]) -> dict[str, Any]:
    """What the controller of a session said: its `gate`, what it `heard` by name, the `trace` (id → weight)."""
    heard = {name: round(float(value), 4) for name, value in zip(HEARD[1:], look.heard[1:], strict=True)}
    most = sorted(trace, key=lambda index: -trace[index])
    there = zip(most, corpus.memories(np.array(most, dtype=np.int64)), strict=True)
    traced = {memory.id: round(trace[index], 4) for index, memory in there if memory is not None}
    return {"gate": round(said.gate, 4), "heard": heard, "trace": traced}


def _steps(look: SessionLook, said: Spoken, p: SessionParameters) -> tuple[dict[str, Any], ...]:
    """For each candidate what each kind of evidence adds to its logit, and its weight in the session's look."""
    parts = look.evidence * p.evidence
    return tuple(
        {"session": {name: round(float(x), 6) for name, x in zip((*EVIDENCE, "weight"), (*row, w), strict=True)}}
        for row, w in zip(parts, said.weights, strict=True)
    )
