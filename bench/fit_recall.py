"""Learn what ships, on several data sets together: the questions' projection, the ranker, the confidence.

    python bench/fit_recall.py --data DIR|FILE [DIR …] --pools DIR [DIR …] --home DIR \
        --out ntm_memory/recall/parameters.json --projection ntm_memory/embedding/e5_query_adapter.npz

Every conversation of a data set becomes a namespace of --home. The figures printed are of questions that were not
fitted on: parts are left out in turn (conversations where a data set has several, else every fourth question), the rest
is fitted, the part is ranked. What is written is fitted on everything; the ranker learns from questions whose
projection was learned without them, as it will meet them. The heads' own parameters (β, g, s, γ) are set
by design: one looks, one after, one before, one around, one at the session, one from the focus before.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import NamedTuple

import checkout  # noqa: F401 - before numpy
import numpy as np
from asked import IN_USE, PARTS, Asked, ask, held, lessons, opened
from dataset import Dataset, Remembering, grade, is_train, memorize, summary
from projection import fit_projection
from regression import logistic_regression

from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import load_embedder
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
# What a question counts: about facts of a few templates; about paragraphs that stand side by side because one question
# was meant to be hard; about notes written for this purpose, which hardly any word of the question is in; about what
# somebody wrote.
FACTS, POOLS, NOTES, WRITTEN = 0.2, 0.1, 0.25, 1.0
SET_BY_HAND = dict(zip(IN_USE, (0.5, 0.1, 0.05, -0.5), strict=True))


def shared_out(data: Dataset, *, pool: bool) -> Dataset:
    """The data set with what its questions count; of a pool, the questions that reasoning learns from too."""
    if pool:
        half = [question for question in data.questions if is_train(question["qid"])]
        return dataclasses.replace(data, questions=half, share=POOLS)
    if data.name == "notes":
        return dataclasses.replace(data, share=NOTES)
    facts = all("op" in question for question in data.questions)
    return dataclasses.replace(data, share=FACTS if facts else WRITTEN)


def start() -> RecallParameters:
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


def examples(asked: list[Asked]) -> list[RankingExample]:
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


def fit_confidence(parameters: RecallParameters, asked: list[Asked]) -> np.ndarray:
    """(C, 13) logistic weights that tell a question from itself with its evidence taken out, and from a foreign one."""
    inputs, answers, weights = [], [], []
    counts = {data: sum(each.data == data for each in asked) for data in {each.data for each in asked}}
    for each in asked:
        for case in cases(parameters, each):
            inputs.append(case.signals)
            answers.append(case.answered)
            weights.append((0.5 + 0.5 * case.answered) / counts[each.data])
    found = logistic_regression(np.array(inputs), np.array(answers), np.array(weights), decay=1e-4)
    return found.reshape(len(CONTEXTS), -1)


class Case(NamedTuple):
    """What the confidence is drawn from: of a question `asked`, `without` its evidence, or `foreign`."""

    kind: str
    signals: np.ndarray  # by context

    @property
    def answered(self) -> float:
        """1 if the answer is there, else 0."""
        return float(self.kind == "asked")


def cases(parameters: RecallParameters, each: Asked) -> list[Case]:
    """What there is to see of a question whose answer is there, and of its two likenesses whose answer is not."""
    looks = {"asked": each.look if held(each).any() else None, "without": each.without, "foreign": each.foreign}
    made = []
    for kind, found in looks.items():
        if found is not None and len(found.candidates):
            weights = attend(parameters, found.features, found.places, None).weights
            made.append(Case(kind, np.outer(found.places.context, signals(found.features, weights)).ravel()))
    return made


def rank(parameters: RecallParameters, each: Asked) -> list[str]:
    """The ten best, by the data set's ids."""
    best = together([reading(parameters, found) for found in (each.look, *each.within)], [""] * (1 + len(each.within)))
    return [each.ids[i] for i in best.index[:10]]


def reading(parameters: RecallParameters, found: Look) -> Reading:
    """What recall would read, every memory being whole."""
    attention = attend(parameters, found.features, found.places, None)
    ranked = np.argsort(-attention.weights, kind="stable")
    sure = confidence(found.features, attention.weights, found.places.context, parameters.confidence)
    return Reading(found.candidates[ranked], attention.weights[ranked], attention.logits[ranked], sure, 0.0, ())


def left_out(asked: list[Asked], steps: int) -> None:
    """Print figures of each part, fitted on the others."""
    grades: dict[str, list[dict[str, float]]] = {}
    sure: dict[str, dict[str, list[float]]] = {}
    for part in range(PARTS):
        rest = [each for each in asked if each.part != part]
        parameters = fit_ranker(start(), examples(rest), steps=steps, decay=DECAY)
        parameters = dataclasses.replace(parameters, confidence=fit_confidence(parameters, rest))
        for each in asked:
            if each.part == part:
                grades.setdefault(each.data, []).append(grade(rank(parameters, each), each.gold))
                for case in cases(parameters, each):
                    chance = float(logistic(parameters.confidence.ravel() @ case.signals))
                    sure.setdefault(each.data, {}).setdefault(case.kind, []).append(chance)
    for data, found in grades.items():
        print(data, summary(found))
        for floor in (0.05, 0.1, 0.2, 0.3):
            low = {kind: round(float(np.mean(np.array(chances) < floor)), 3) for kind, chances in sure[data].items()}
            print(f"   below {floor}: {low}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders, probe files of facts, notes")
    parser.add_argument("--pools", type=Path, nargs="+", default=[], help="folders of paragraphs gathered by question")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--out", type=Path, help="where to write the parameters")
    parser.add_argument("--projection", type=Path, help="where to write the questions' projection")
    parser.add_argument("--steps", type=int, default=160)
    parser.add_argument("--limit", type=int, default=2000, help="conversations of a data set at most")
    args = parser.parse_args()
    asked: list[Asked] = []
    with NTMMemoryManager(args.home, embedder=Remembering(load_embedder({}))) as manager:
        sets = [memorize(folder.resolve(), manager, args.limit) for folder in args.data + args.pools]
        sets = [shared_out(data, pool=number >= len(args.data)) for number, data in enumerate(sets)]
        places = [opened(manager, data) for data in sets]

        def learn(left: int | None) -> np.ndarray:
            written = zip(sets[: len(args.data)], places, strict=False)
            taught = [each for data, inside in written for each in lessons(manager, data, inside, left)]
            return fit_projection(taught, manager.encoder.dim)

        if args.projection:
            into, back = learn(None).astype(np.float16)
            np.savez(args.projection, into=into, back=back)
        projections = [learn(part) for part in range(PARTS)]
        for data, inside in zip(sets, places, strict=True):
            asked += ask(manager, data, inside, projections)
            print(data.name, len(data.questions), "questions", flush=True)
    left_out(asked, args.steps)
    if args.out:
        parameters = fit_ranker(start(), examples(asked), steps=args.steps, decay=DECAY)
        parameters = dataclasses.replace(parameters, confidence=fit_confidence(parameters, asked))
        about = {
            "command": f"bench/fit_recall.py --steps {args.steps} --limit {args.limit}",
            "data": list(dict.fromkeys(each.data for each in asked)),
        }
        save_parameters(args.out, parameters, about)


if __name__ == "__main__":
    main()
