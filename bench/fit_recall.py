"""Learn the recall ranker and its confidence, on several data sets together.

Every conversation of a data set becomes a namespace. The figures are of questions that were not fitted on: parts are
left out in turn (conversations where a data set has several, else every fourth question), the rest is fitted, the part
is ranked. What is written is fitted on everything; the ranker learns from questions whose query adapter was learned
without them, as it will meet them. The heads' own parameters (β, g, s, γ) are set by design: one looks, one after, one
before, one around, one at the session, one from the focus before.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from bench.asked import IN_USE, PARTS_LEFT_OUT, PosedQuestion, held, pose_all
from bench.fit_adapter import SHARES, adapters_left_out, open_sets
from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.grading import grade, summarise
from bench.regression import logistic_regression
from ntm_memory.machine.activations import inverse_softplus, logistic
from ntm_memory.recall.confidence import confidence, signals
from ntm_memory.recall.features import FEATURES, REACH
from ntm_memory.recall.first_look import Look, Reading
from ntm_memory.recall.fit import RankingExample, fit_ranker
from ntm_memory.recall.fusion import together
from ntm_memory.recall.parameters import (
    CONTEXTS,
    RecallParameters,
    save_parameters,
    shapes,
)
from ntm_memory.recall.read_heads import attend

# What is learned from few kinds of data, as of a handful of memories, is pulled harder towards nothing.
DECAY = np.array([[1e-3], [1e-3], [3e-3], [3e-3], [3e-3], [3e-3]])
STEPS_OF_RANKER = 160
FLOORS = (0.05, 0.1, 0.2, 0.3)
SET_BY_HAND = dict(zip(IN_USE, (0.5, 0.1, 0.05, 0.0), strict=True))


def unlearned_ranker() -> RecallParameters:
    """Heads by design, the ranker at content addressing."""
    values = {name: np.zeros(shape) for name, shape in shapes(6).items()}
    values["mix"][:, :2] = 0.7
    values["beta"][:] = inverse_softplus(1.0)
    values["gamma"][:] = inverse_softplus(0.1)
    values["gate"][:] = (4, 4, 4, 4, 4, 0)
    shift = np.full(values["shift"].shape, -4.0)
    for head, step in ((0, 0), (1, 1), (2, -1), (5, 0)):
        shift[head, REACH + step] = 3
    shift[3, REACH - 2 : REACH + 3] = 3 + np.log([0.1, 0.2, 0.4, 0.2, 0.1])
    shift[4, -1] = 3
    values["shift"] = shift
    values["share"][0] = (0.3, 0.1, 0.1, 0.2, 0.2, 0.1)
    values["ranker"][0, :2] = 0.3
    for name, weight in SET_BY_HAND.items():
        values["ranker"][0, FEATURES.index(name)] = weight
    return RecallParameters(**values)


def ranker_examples(asked: list[PosedQuestion]) -> list[RankingExample]:
    """Questions whose evidence was among the candidates; a data set counts by the root of its questions."""
    made = []
    counts = {data: sum(each.data == data for each in asked) for data in {each.data for each in asked}}
    for each in asked:
        gold = np.flatnonzero(held(each))
        if len(gold):
            made.append(
                RankingExample(each.look.features, each.look.places, gold, each.share * counts[each.data] ** -0.5)
            )
    return made


def fit_confidence(parameters: RecallParameters, asked: list[PosedQuestion]) -> np.ndarray:
    """(C, 13) logistic weights that tell a question from itself with its evidence taken out, and from a foreign one."""
    inputs, answers, weights = [], [], []
    counts = {data: sum(each.data == data for each in asked) for data in {each.data for each in asked}}
    for each in asked:
        for case in confidence_cases(parameters, each):
            inputs.append(case.signals)
            answers.append(case.answered)
            weights.append((0.5 + 0.5 * case.answered) / counts[each.data])
    found = logistic_regression(np.array(inputs), np.array(answers), np.array(weights), decay=1e-4)
    return found.reshape(len(CONTEXTS), -1)


class ConfidenceCase(NamedTuple):
    """What the confidence is drawn from: of a question `asked`, `without` its evidence, or `foreign`."""

    kind: str
    signals: np.ndarray  # by context

    @property
    def answered(self) -> float:
        """1 if the answer is there, else 0."""
        return float(self.kind == "asked")


def confidence_cases(parameters: RecallParameters, each: PosedQuestion) -> list[ConfidenceCase]:
    """What there is to see of a question whose answer is there, and of its two likenesses whose answer is not."""
    looks = {"asked": each.look if held(each).any() else None, "without": each.without, "foreign": each.foreign}
    made = []
    for kind, found in looks.items():
        if found is not None and len(found.candidates):
            weights = attend(parameters, found.features, found.places, None).weights
            made.append(ConfidenceCase(kind, np.outer(found.places.context, signals(found.features, weights)).ravel()))
    return made


def rank(parameters: RecallParameters, each: PosedQuestion) -> list[str]:
    """The ten best, by the data set's ids."""
    best = together([reading(parameters, found) for found in (each.look, *each.within)], [""] * (1 + len(each.within)))
    return [each.ids[i] for i in best.index[:10]]


def reading(parameters: RecallParameters, found: Look) -> Reading:
    """What recall would read, every memory being whole."""
    attention = attend(parameters, found.features, found.places, None)
    ranked = np.argsort(-attention.weights, kind="stable")
    sure = confidence(found.features, attention.weights, found.places.context, parameters.confidence)
    return Reading(found.candidates[ranked], attention.weights[ranked], attention.logits[ranked], sure, 0.0, ())


def fit_all(asked: list[PosedQuestion], steps: int) -> RecallParameters:
    """Ranker, then confidence."""
    parameters = fit_ranker(unlearned_ranker(), ranker_examples(asked), steps=steps, decay=DECAY)
    return dataclasses.replace(parameters, confidence=fit_confidence(parameters, asked))


def left_out(asked: list[PosedQuestion], steps: int) -> dict[str, dict[str, Any]]:
    """{data: figures of each part, fitted on the others; shares of questions below some floors of confidence}."""
    grades: dict[str, list[dict[str, float]]] = {}
    sure: dict[str, dict[str, list[float]]] = {}
    for part in range(PARTS_LEFT_OUT):
        parameters = fit_all([each for each in asked if each.part != part], steps)
        for each in asked:
            if each.part == part:
                grades.setdefault(each.data, []).append(grade(rank(parameters, each), each.gold))
                for case in confidence_cases(parameters, each):
                    chance = float(logistic(parameters.confidence.ravel() @ case.signals))
                    sure.setdefault(each.data, {}).setdefault(case.kind, []).append(chance)
    return {data: {**summarise(found), "silent": silent(sure.get(data, {}))} for data, found in grades.items()}


def silent(sure: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """{floor: {kind of question: share below it}}."""
    return {
        f"below {floor}": {kind: round(float(np.mean(np.array(each) < floor)), 3) for kind, each in sure.items()}
        for floor in FLOORS
    }


def posed(job: FitJob) -> list[PosedQuestion]:
    """Every question of every data set, put to its memories as the fit wants it."""
    asked: list[PosedQuestion] = []
    with job.manager() as manager:
        sets = open_sets(job, manager, *SHARES)
        adapters = adapters_left_out(job, manager, sets)
        for each in sets:
            asked += pose_all(manager, each.data, each.places, adapters)
            print(each.data.name, len(each.data.questions), "questions", flush=True)
    return asked


def learn_recall(job: FitJob) -> LearnedNumbers:
    """The parameters learned from everything, and figures of parts that they were learned without."""
    asked, steps = posed(job), job.steps or STEPS_OF_RANKER
    figures = left_out(asked, steps)
    for data, found in figures.items():
        print(data, found, flush=True)
    parameters = fit_all(asked, steps)
    return LearnedNumbers(
        lambda file, about: save_parameters(file, parameters, about),
        {"left out": figures},
        {"steps": steps, "limit": job.limit},
    )


STEP = FitStep("recall's ranker and confidence", tuple(SHARES), ("prior",), learn_recall)
