"""Learn the write head's strengths: what makes it likely that a memory is asked for later, and what makes it less so.

A logistic regression of "some question needed it" within each store: how much of a store is asked for on the whole says
nothing of which of its memories to keep. Kinds of data that were left out give the figures.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.regression import logistic_regression
from bench.write_lessons import ROLES, WriteLesson, gather_write_lessons
from ntm_memory.controller.write_head import ADD, WriteParameters, save_parameters
from ntm_memory.operations.room import HALF_LIFE_DAYS

DECAY = 3.0
NEWTON = 6
KEY_SCALE = 0.8
"""What a key's numbers count beside the others: less is a stronger pull towards 0."""
CASES = 2000.0
"""What all memories of one kind of data count together, however many they are."""
KEPT = 0.25
"""Share of the memories that are kept where figures are given."""
SHIPPED = ("words", "revised")
"""What is learned from, in the order of the weights."""
TRIED = ("key", "surprise", "reads")
"""What was tried beside it; see the figures."""
Score = Callable[[WriteLesson, bool], np.ndarray]
Figures = dict[str, list[float | None]]
"""{kind of data: shares of what questions need that are kept: before anything is asked; of what the second half of the
questions needs, after the first half was asked; None where one question is all there is}."""


def signals(lesson: WriteLesson, *, read: bool) -> dict[str, np.ndarray]:
    """{part: (N, d) signals} before any question, or after half of them were asked."""
    return {
        "words": lesson.add,
        "revised": lesson.revised[:, None],
        "reads": (lesson.read if read else np.zeros_like(lesson.read))[:, None],
        "key": lesson.keys * KEY_SCALE,
        "surprise": lesson.surprise,
    }


def needed(lesson: WriteLesson, *, read: bool) -> np.ndarray:
    """(N,) 1 where some question needs the memory: any, or any of the other half."""
    y = np.zeros(len(lesson.keys))
    for gold in lesson.asked[1::2] if read else lesson.asked:
        y[gold] = 1
    return y


def kind_left_out(lesson: WriteLesson) -> str:
    """Data sets that count as one, and are left out together."""
    return "notes" if lesson.data.endswith("_stores") else lesson.data.split("_")[0]


def fit_parts_of_usage(lessons: Sequence[WriteLesson], parts: Sequence[str]) -> np.ndarray:
    """(d,) weights of the signals of some parts, one after the other."""
    counted: dict[str, int] = collections.Counter()
    for lesson in lessons:
        counted[kind_left_out(lesson)] += 2 * len(lesson.keys)
    x, y, share, usual = [], [], [], []
    for lesson in lessons:
        for read in (False, True):
            told, asked = signals(lesson, read=read), needed(lesson, read=read)
            seen = _seen(told, parts)
            likely = np.clip(asked.mean(), 0.01, 0.99)
            x.append(seen - seen.mean(axis=0))
            y.append(asked)
            share.append(np.full(len(asked), CASES / counted[kind_left_out(lesson)]))
            usual.append(np.full(len(asked), np.log(likely / (1 - likely))))
    cases = (np.concatenate(each) for each in (x, y, share))
    return logistic_regression(*cases, DECAY, NEWTON, offset=np.concatenate(usual))


def share_kept(lesson: WriteLesson, score: np.ndarray, *, read: bool = False) -> float:
    """Of what questions need, the share that is kept where the highest scores are; of equals the newest stays.

    Args:
        lesson: the store.
        score: (N,).
        read: only the half of the questions that is asked last counts.
    """
    count = int(np.ceil(KEPT * len(score)))
    kept = np.zeros(len(score), dtype=bool)
    kept[np.lexsort((np.arange(len(score)), score))[-count:]] = True
    asked = [gold for gold in (lesson.asked[1::2] if read else lesson.asked) if gold]
    return float(np.mean([kept[gold].mean() for gold in asked])) if asked else float("nan")


def kept_left_out(lessons: Sequence[WriteLesson], parts: Sequence[str]) -> Figures:
    """What is kept of each kind of data by what was learned without it."""
    found = {}
    for kind in dict.fromkeys(map(kind_left_out, lessons)):
        weights = fit_parts_of_usage([each for each in lessons if kind_left_out(each) != kind], parts)
        own = [each for each in lessons if kind_left_out(each) == kind]
        found[kind] = _means(own, partial(_usage, parts=parts, weights=weights))
    return found


def _usage(lesson: WriteLesson, read: bool, parts: Sequence[str], weights: np.ndarray) -> np.ndarray:
    told = signals(lesson, read=read)
    told["words"] = told["words"] * lesson.talk[:, None]  # learned from all, it counts among turns alone
    worn: np.ndarray = _worn(lesson) + _seen(told, parts) @ weights
    return worn


def kept_by_rules(lessons: Sequence[WriteLesson]) -> dict[str, Figures]:
    """{rule: what is kept of each kind}: by chance, the newest, by who knows the questions."""
    rules: dict[str, Score] = {
        "random": lambda lesson, read: np.random.default_rng(0).random(len(lesson.keys)),
        "newest": lambda lesson, read: _worn(lesson),
        "knows the questions": _worth,
    }
    kinds = dict.fromkeys(map(kind_left_out, lessons))
    return {
        rule: {kind: _means([each for each in lessons if kind_left_out(each) == kind], score) for kind in kinds}
        for rule, score in rules.items()
    }


def _worth(lesson: WriteLesson, read: bool) -> np.ndarray:
    worth = np.zeros(len(lesson.keys))
    for gold in lesson.asked[1::2] if read else lesson.asked:
        worth[gold] += 1 / max(len(gold), 1)
    return worth


def _worn(lesson: WriteLesson) -> np.ndarray:
    """What time alone does to the logarithm of each memory's usage, as with `operations.room.usage`."""
    return -np.log(2) * lesson.days / HALF_LIFE_DAYS


def _seen(told: Mapping[str, np.ndarray], parts: Sequence[str]) -> np.ndarray:
    return np.concatenate([told[part] for part in parts], axis=1)


def _means(lessons: Sequence[WriteLesson], score: Score) -> list[float | None]:
    pairs = [[share_kept(each, score(each, read), read=read) for read in (False, True)] for each in lessons]
    told = [[value for value in column if not np.isnan(value)] for column in zip(*pairs, strict=True)]
    return [round(float(np.mean(column)), 3) if column else None for column in told]


def learn_write_head(job: FitJob) -> LearnedNumbers:
    """The strengths learned from all stores, and what is kept of data sets that they were learned without."""
    lessons = gather_write_lessons(job)
    tries = {
        "learned": SHIPPED,
        **{f"without {part}": [each for each in SHIPPED if each != part] for part in SHIPPED},
        **{f"with {part}": (*SHIPPED, part) for part in TRIED},
    }
    figures = {name: kept_left_out(lessons, parts) for name, parts in tries.items()} | kept_by_rules(lessons)
    for name, found in figures.items():
        print(name, found, flush=True)
    weights = fit_parts_of_usage(lessons, SHIPPED)
    p = WriteParameters(weights[: len(ADD)], weights[len(ADD) :])
    return LearnedNumbers(lambda file, about: save_parameters(file, p, about), {"kept of a quarter": figures})


STEP = FitStep("how strongly a turn is written, and what fades a memory", ROLES, ("prior", "reader"), learn_write_head)
