"""Learn how the first look and the reader are joined, and what the chance of a memory and of an answer is.

A stage after the other: what the first look knows chooses whom the reader reads; then both are joined
(bench/second_look_cases.py has the questions). The figures are by source, learned from everything
and learned from the other sources only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.grading import calibration_error
from bench.regression import logistic_regression
from bench.second_look_cases import Case, gather_cases, group_of
from ntm_memory.machine.optimisers import Adam
from ntm_memory.reader.adapter import read_adapter
from ntm_memory.reader.joining import FirstLook, chance_signals, confidence_signals, judge
from ntm_memory.reader.newest import find_rivals, newest_signals
from ntm_memory.reader.pair_reader import PairReader
from ntm_memory.reader.parameters import (
    CONTEXTS,
    FEATURES,
    READ,
    SEEN,
    SHAPES,
    SecondLookParameters,
    save_parameters,
)
from ntm_memory.reader.second_look import MOST
from ntm_memory.recall.parameters import load_parameters

SHARES = {"stores": 1.0, "small stores": 0.4, "talks": 1.0}
DECAY, CONTEXT_DECAY = 1e-2, 1e-3
"""Pull towards nothing: of the weights that count always, and of those that count by context."""
STEPS, RATE = 600, 0.05


def nothing_learned() -> SecondLookParameters:
    """Parameters of zeros."""
    return SecondLookParameters(**{name: np.zeros(shape) for name, shape in SHAPES.items()})


def weigh_sources(cases: Sequence[Case]) -> list[Case]:
    """Each source counts as `SHARES` says, whatever the number of its questions."""
    counts = Counter(case.source for case in cases)
    groups = Counter(group_of(source) for source in counts)
    return [
        case._replace(
            share=case.share * SHARES[group_of(case.source)] / counts[case.source] / groups[group_of(case.source)]
        )
        for case in cases
    ]


def learn_stage(p: SecondLookParameters, cases: Sequence[Case]) -> None:
    """Learn one stage, that of cases which were read or were not: the ranker, then both calibrations of its logits."""
    stage = SEEN if cases[0].read is None else READ
    p.ranker[stage], p.null[stage] = fit_ranker(cases)
    chances, confidences = [], []
    for case in cases:
        logits = judge(case.first, p, case.read).logits
        rows = chance_signals(logits, case.first)
        chances += [(row, answers, case.share) for row, answers in zip(rows, case.gold, strict=True)]
        confidences.append((confidence_signals(logits, case.first), bool(case.gold.any()), case.share))
    p.chance[stage], p.confidence[stage] = _calibrated(chances), _calibrated(confidences)


def fit_ranker(cases: Sequence[Case]) -> tuple[np.ndarray, np.ndarray]:
    """(2, 5) ranker and (2,) NULL: a softmax over the memories and NULL, by Adam."""
    longest = max(len(case.gold) for case in cases)
    half = len(FEATURES) + 1
    x = np.zeros((len(cases), longest + 1, len(CONTEXTS), half))
    real = np.zeros((len(cases), longest + 1), dtype=bool)
    target = np.zeros((len(cases), longest + 1))
    for row, case in enumerate(cases):
        n, context = len(case.gold), case.first.context
        x[row, :n, :, :-1] = case.first.features(case.read)[:, None] * context[:, None]
        x[row, -1, :, -1] = context
        real[row, :n] = real[row, -1] = True
        target[row, :n], target[row, -1] = case.gold, not case.gold.any()
    share = np.array([case.share for case in cases])
    x = x.reshape(*real.shape, -1)
    spread = np.maximum(np.sqrt((x**2 * real[..., None]).sum((0, 1)) / real.sum()), 1e-6)
    weights = descend(x / spread, real, target, share / share.sum()) / spread
    both = weights.reshape(len(CONTEXTS), half)
    return both[:, :-1], both[:, -1]


def descend(x: np.ndarray, real: np.ndarray, target: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(d,) weights under which the targets together get the largest share."""
    decay = np.repeat([DECAY, *[CONTEXT_DECAY] * (len(CONTEXTS) - 1)], len(FEATURES) + 1)
    w, optimiser = np.zeros(x.shape[-1]), Adam(x.shape[-1], float)
    for _ in range(STEPS):
        logits = np.where(real, x @ w, -np.inf)
        p = np.exp(logits - logits.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        wanted = p * target
        wanted /= np.maximum(wanted.sum(1, keepdims=True), 1e-12)
        optimiser.update(w, np.einsum("q,qk,qkd->d", share, p - wanted, x) + decay * w, RATE)
    return w


def _calibrated(rows: Sequence[tuple[np.ndarray, bool, float]]) -> np.ndarray:
    x, y, share = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return logistic_regression(x, y, share / share.mean(), 1e-2)


def fit_joining(seen: Sequence[Case], read: Sequence[Case]) -> SecondLookParameters:
    """All parameters.

    Args:
        seen: questions as the first look meets them.
        read: the same with what the reader says of the memories that the first look chose.
    """
    p = nothing_learned()
    learn_stage(p, seen)
    learn_stage(p, read)
    learn_newest(p, read)
    return p


def learn_newest(p: SecondLookParameters, cases: Sequence[Case]) -> None:
    """When of two memories that may answer the newer does, of cases that were read.

    The logistic model learns from the pairs of which one memory answers and the other does not.
    """
    rows = []
    for case in cases:
        if case.revises is None:
            continue
        asked = ~np.isnan(case.revises)
        logits = judge(case.first, p, case.read).logits
        rivals = find_rivals(logits, lambda new, old, asked=asked: bool(asked[old, new]))  # type: ignore[misc]
        if rivals is not None and case.gold[rivals.older] != case.gold[rivals.newer]:
            signals = newest_signals(logits, rivals, case.revises[rivals.older, rivals.newer])
            rows.append((signals, bool(case.gold[rivals.newer]), case.share))
    p.newest[:] = _calibrated(rows) if rows else 0.0


def choose_likeliest(seen: Sequence[Case]) -> Callable[[FirstLook], np.ndarray]:
    """Which memories are read, by what the first look alone knows."""
    p = nothing_learned()
    learn_stage(p, weigh_sources(seen))
    return lambda first: judge(first, p).order[:MOST]


def figures(cases: Sequence[Case], p: SecondLookParameters) -> dict[str, float]:
    """Of the answerable: right first by both looks, by the first, by the reader; of all: calibration error."""
    judged = [judge(case.first, p, case.read) for case in cases]
    answerable = [(case, each) for case, each in zip(cases, judged, strict=True) if case.gold.any()]
    first = {
        "both": lambda case, each: each.order[0],
        "first look": lambda case, each: judge(case.first, p).order[0],
        "attention": lambda case, each: case.first.attention.argmax(),
        "cosine": lambda case, each: case.first.cosine.argmax(),
        "reader": lambda case, each: case.read.argmax(),
    }
    shown = {
        f"right first, {name}": round(float(np.mean([case.gold[best(case, each)] for case, each in answerable])), 3)
        for name, best in first.items()
    }
    error = calibration_error([each.confidence for each in judged], [float(case.gold.any()) for case in cases])
    return shown | {"questions": len(cases), "calibration error": round(error, 3)}


def learn_joining(job: FitJob) -> LearnedNumbers:
    """The parameters, and figures of each source under those that were learned without it."""
    reader = PairReader(job.embedder(), read_adapter(job.in_force("reader")))
    return learned_from(*gather_cases(job, reader, load_parameters(), choose_likeliest))


def learned_from(seen: Sequence[Case], read: Sequence[Case]) -> LearnedNumbers:
    """The same from questions that were met already."""

    def fitted(of: Callable[[Case], bool]) -> SecondLookParameters:
        return fit_joining(*(weigh_sources([case for case in cases if of(case)]) for cases in (seen, read)))

    everything, found = fitted(lambda case: True), {}
    for source in dict.fromkeys(case.source for case in read):
        own = [case for case in read if case.source == source]
        others = fitted(lambda case, source=source: case.source != source)  # type: ignore[misc]
        found[source] = {"of all": figures(own, everything), "of the others": figures(own, others)}
        print(source, found[source], flush=True)
    return LearnedNumbers(lambda file, about: save_parameters(file, everything, about), found)


STEP = FitStep(
    "how the first look and the reader are joined",
    ("read", "written"),
    ("prior", "adapter", "recall", "reader"),
    learn_joining,
)
