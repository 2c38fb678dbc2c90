"""Learn what the controller of a session says: how far a question leans on what was asked before, and where it looks.

Sessions are followed question by question, as recall follows them: what a question shows goes into the trace, which
the next one meets. The gate and the evidence are learned together, on the chance that what answers is given; the gate
also hears whether the question leans on the session. Sessions of stores that were left out give the figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.regression import logistic_regression
from bench.session_lessons import FOLLOWS, Alone, LessonStore, LessonTurn, read_lessons
from ntm_memory.config import RecallSettings
from ntm_memory.controller.session import (
    CHANCE,
    EVIDENCE,
    HEARD,
    SessionLook,
    SessionParameters,
    chance_signals,
    save_parameters,
    speak,
)
from ntm_memory.machine.activations import logistic
from ntm_memory.machine.addressing import content_focus, content_focus_backward, interpolate, interpolate_backward
from ntm_memory.machine.flat import FlatArrays
from ntm_memory.machine.optimisers import Adam
from ntm_memory.store.usage import traced

PARTS = 4
ROUNDS = 2
"""Times that the sessions are followed anew by what was learned: what is shown changes the trace."""
STEPS_OF_GATE = 300
RATE = 0.05
DECAY = 1e-3
CALM = 1e-4
"""The same of the calibration."""
STANDS_ALONE = 2.0
"""How much a question counts that needs no session: what it finds alone must not be lost."""
TOLD = 0.3
"""How much it counts that the gate says whether the question leans on the session."""
SHOWN = RecallSettings().top_k
FIGURES = (
    "first alone",
    "first",
    "in five alone",
    "in five",
    "gate",
    "unsure alone",
    "unsure",
    "unsure alone without an answer",
    "unsure without an answer",
)
"""Of each kind of question, means; `unsure` is the share whose confidence is below recall's floor."""
_LEAST = 1e-6


class StepTaken(NamedTuple):
    """A question of a session that is not its first one, and what it met there, or would where nothing answers."""

    turn: LessonTurn
    look: SessionLook
    without: SessionLook | None


def followed(store: LessonStore, p: SessionParameters | None) -> Iterator[StepTaken]:
    """The later questions of all sessions of a store, each with the trace of those before; None: as each asks alone."""
    for session in store.sessions:
        trace = np.zeros(len(store.keys))
        for number, turn in enumerate(session):
            weights = turn.alone.weights
            if number:
                look = turn.look(store.keys, trace)
                yield StepTaken(turn, look, turn.look_without(store.keys, trace))
                weights = weights if p is None else in_session(look, turn.alone, p)
            trace = _traced(trace, weights)


def _traced(before: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The trace after the best memories were shown."""
    shown = np.argsort(-weights, kind="stable")[:SHOWN]
    told = {str(i): float(before[i]) for i in np.flatnonzero(before)}
    trace = np.zeros(len(before))
    for id, weight in traced(told, {str(i): float(weights[i]) for i in shown}).items():
        trace[int(id)] = weight
    return trace


def in_session(look: SessionLook, alone: Alone, p: SessionParameters) -> np.ndarray:
    """(N,) weights of a question in its session."""
    said = speak(look, p)
    return interpolate(said.weights, alone.weights, said.gate)


def fit_session(stores: Sequence[LessonStore], steps: int) -> SessionParameters:
    """Gate and evidence, then the chances."""
    p: SessionParameters | None = None
    for _ in range(ROUNDS):
        met = [step for store in stores for step in followed(store, p)]
        p = _fit_chance(_fit_gate(met, steps), met)
    assert p is not None
    return p


def _fit_gate(met: Sequence[StepTaken], steps: int) -> SessionParameters:
    """Adam on −log of the weight that what answers is given, and of the chance that the gate is right."""
    heard = np.stack([step.look.heard for step in met])
    middle, spread = heard.mean(axis=0), heard.std(axis=0) + _LEAST
    middle[0], spread[0] = 0.0, 1.0
    heard = (heard - middle) / spread
    shapes = {"gate": (len(HEARD),), "evidence": (len(EVIDENCE),)}
    values, slopes = FlatArrays(shapes, np.float64), FlatArrays(shapes, np.float64)
    adam = Adam(values.flat.size, np.float64, literal=True)
    for _ in range(steps):
        slopes["gate"], slopes["evidence"] = 2 * DECAY * values["gate"], 2 * DECAY * values["evidence"]
        for step, inputs in zip(met, heard, strict=True):
            gate, evidence = _slope(step, inputs, values["gate"], values["evidence"])
            slopes["gate"] += gate / len(met)
            slopes["evidence"] += evidence / len(met)
        adam.update(values.flat, slopes.flat, RATE)
    gate = values["gate"] / spread
    gate[0] -= gate @ middle
    return SessionParameters(gate, values["evidence"].copy(), np.zeros(len(CHANCE)))


def _slope(step: StepTaken, heard: np.ndarray, gate: np.ndarray, evidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of a question's loss for the weights of the gate and of the evidence."""
    leans = float(step.turn.kind == FOLLOWS)
    g, logits = logistic(heard @ gate), step.look.evidence @ evidence
    session, alone = content_focus(logits, 1.0), step.turn.alone.weights
    gold = list(step.turn.gold)
    d_weights = np.zeros_like(alone)
    given = interpolate(session, alone, g)[gold].sum()
    d_weights[gold] = -(leans + (1 - leans) * STANDS_ALONE) / (given + _LEAST)
    d_session, _, d_gate = interpolate_backward(session, alone, g, d_weights)
    d_logits, _ = content_focus_backward(logits, 1.0, session, d_session)
    return heard * (d_gate * g * (1 - g) + TOLD * (g - leans)), step.look.evidence.T @ d_logits


def _fit_chance(p: SessionParameters, met: Sequence[StepTaken]) -> SessionParameters:
    """With the calibration, by questions that lean on the session: what answers is there or, left out, is not."""
    inputs, answers = [], []
    for step in met:
        if step.turn.kind == FOLLOWS:
            for look in filter(None, (step.look, step.without)):
                weights = speak(look, p).weights
                shown = np.argsort(-weights, kind="stable")[:SHOWN]
                inputs.append(chance_signals(look, weights)[shown])
                answers.append(np.isin(look.candidates[shown], step.turn.gold))
    x, y = np.concatenate(inputs), np.concatenate(answers).astype(float)
    return SessionParameters(p.gate, p.evidence, logistic_regression(x, y, np.ones(len(y)) / len(y), CALM))


def figures_left_out(stores: Sequence[LessonStore], steps: int) -> dict[str, dict[str, float]]:
    """{kind: figures} of questions of stores whose sessions were not learned from."""
    grades: dict[str, list[tuple[float, ...]]] = {}
    for part in range(PARTS):
        p = fit_session([store for i, store in enumerate(stores) if i % PARTS != part], steps)
        for store in stores[part::PARTS]:
            for step in followed(store, p):
                grades.setdefault(step.turn.kind, []).append(graded(step, p))
    return {
        kind: {"questions": len(found)}
        | {name: round(float(value), 3) for name, value in zip(FIGURES, np.nanmean(found, axis=0), strict=True)}
        for kind, found in sorted(grades.items())
    }


def graded(step: StepTaken, p: SessionParameters) -> tuple[float, ...]:
    """In the order of `FIGURES`; NaN for what was not asked."""
    gold, alone = set(step.turn.gold), np.argsort(-step.turn.alone.weights, kind="stable").tolist()
    said = speak(step.look, p)
    here = np.argsort(-in_session(step.look, step.turn.alone, p), kind="stable").tolist()
    floor = RecallSettings().confidence_floor
    sure = said.confidence(step.turn.alone.confidence)
    missing = (np.nan, np.nan)
    if step.without is not None and step.turn.without is not None:
        missed = step.turn.without.confidence
        missing = (missed, speak(step.without, p).confidence(missed))
    return (
        float(alone[0] in gold),
        float(here[0] in gold),
        float(bool(gold & set(alone[:5]))),
        float(bool(gold & set(here[:5]))),
        said.gate,
        *(below(each, floor) for each in (step.turn.alone.confidence, sure, *missing)),
    )


def below(value: float, floor: float) -> float:
    """1 or 0; NaN for NaN."""
    return value if np.isnan(value) else float(value < floor)


def learn_session(job: FitJob) -> LearnedNumbers:
    """The parameters learned from all lessons, and figures of stores that they were learned without."""
    embedder, steps = job.embedder(), job.steps or STEPS_OF_GATE
    stores = [store for data in job.with_role("sessions") for store in read_lessons(data.path, embedder)]
    figures = figures_left_out(stores, steps)
    for kind, found in figures.items():
        print(kind, found, flush=True)
    p = fit_session(stores, steps)
    return LearnedNumbers(lambda file, about: save_parameters(file, p, about), {"left out": figures}, {"steps": steps})


STEP = FitStep(
    "what a session adds to a question", ("sessions",), ("prior", "adapter", "recall", "second-look"), learn_session
)
