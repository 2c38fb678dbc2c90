"""Learn the parameters that ship: the read heads' controller and the confidence, on several data sets together.

    python bench/fit_recall.py --data DIR|PROBES [DIR …] --home DIR --out ntm_memory/recall/parameters.json

Every conversation of a data set becomes a namespace of --home. The figures printed are of questions that were not
fitted on: parts are left out in turn (conversations where a data set has several, else every fourth question), the rest
is fitted, the part is ranked. What is written is fitted on everything. The heads' own parameters (β, g, s, γ) are set
by design: one looks, one after, one before, one around, one at the session, one from the focus before.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import checkout  # noqa: F401 - before numpy
import numpy as np
from dataset import Dataset, Remembering, grade, memorize, summary
from regression import logistic_regression

from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import load_embedder
from ntm_memory.knowledge import Knowledge
from ntm_memory.recall.confidence import signals
from ntm_memory.recall.evidence import FEATURES, REACH
from ntm_memory.recall.heads import attend
from ntm_memory.recall.learn import Example, fit_controller
from ntm_memory.recall.parameters import (
    CONTEXTS,
    Parameters,
    inverse_softplus,
    logistic,
    save_parameters,
    shapes,
)
from ntm_memory.recall.reader import Look, Request, examine
from ntm_memory.recall.view import View
from ntm_memory.recall.words import index_words, is_cjk

PARTS = 4
# A handful of memories, and short notes, are learned from few kinds of data: pulled harder towards nothing, so that
# where both meet what no data shows (a handful of long texts) likeness still counts for and not against.
DECAY = np.array([[1e-3], [1e-3], [3e-2], [3e-2]])
FACTS = 0.2  # what a question about facts of a few templates counts beside one about what somebody wrote
SET_BY_HAND = {"importance": 0.5, "recency": 0.1, "usage": 0.05, "superseded": -0.5}


@dataclasses.dataclass(frozen=True)
class Asked:
    """A question, what there was to attend to, and where its evidence stood among that."""

    data: str
    part: int
    look: Look
    ids: list[str]
    gold: list[str]
    foreign: Look  # a question of another conversation or of general knowledge, asked here
    facts: bool  # of a probe file


def start() -> Parameters:
    """Heads by design, the controller at content addressing."""
    values = {name: np.zeros(shape) for name, shape in shapes(6).items()}
    values["mix"][:, :2] = 0.7
    values["strength"][:] = inverse_softplus(1.0)
    values["sharpen"][:] = inverse_softplus(0.1)
    values["gate"][:] = (4, 4, 4, 4, 4, 0)
    shift = np.full(values["shift"].shape, -4.0)
    for head, step in ((0, 0), (1, 1), (2, -1), (5, 0)):
        shift[head, REACH + step] = 3
    shift[3, REACH - 2 : REACH + 3] = 3 + np.log([0.1, 0.2, 0.4, 0.2, 0.1])
    shift[4, -1] = 3
    values["shift"] = shift
    values["part"][0] = (0.3, 0.1, 0.1, 0.2, 0.2, 0.1)
    values["controller"][0, :2] = 0.3
    for name, weight in SET_BY_HAND.items():
        values["controller"][0, FEATURES.index(name)] = weight
    return Parameters(**values)


def ask(manager: NTMMemoryManager, data: Dataset) -> list[Asked]:
    """Every question put to its conversation's memories, and one of another conversation."""
    conversations = data.conversations()
    views: dict[str, tuple[Knowledge, View, list[str]]] = {}
    for conversation in conversations:
        known = Knowledge(manager.store, f"{data.name}/{conversation}")
        stored = known.memories(np.arange(len(known.slots)))
        names = [data.stored[conversation][memory.id] for memory in stored if memory is not None]
        views[conversation] = known, View(known.slots, manager.keys.prior), names
    asked = []
    for number, question in enumerate(data.questions):
        conversation = question["conv"]
        several = len(conversations) >= PARTS
        part = conversations.index(conversation) % PARTS if several else number % PARTS
        other = data.questions[(number + len(data.questions) // 2) % len(data.questions)]
        stranger = other["query"] if several and number % 2 else STRANGE[number // 2 % len(STRANGE)]
        known, view, names = views[conversation]
        looks = [look(manager, known, view, text) for text in (question["query"], stranger)]
        asked.append(Asked(data.name, part, looks[0], names, question["gold"], looks[1], "op" in question))
    return asked


STRANGE = (
    "What is the boiling point of tungsten?",
    "Which treaty ended the Thirty Years' War?",
    "量子色动力学的格点计算怎么做？",
    "Who composed the opera The Magic Flute?",
    "珠穆朗玛峰的高度是多少？",
    "How do I configure a BGP route reflector?",
    "光合作用的暗反应发生在哪里？",
    "quantum chromodynamics lattice",
    "Who won the 1954 world cup?",
    "唐朝是哪一年建立的？",
    "What is the capital of Mongolia?",
    "How many moons does Neptune have?",
    "牛顿第二定律",
    "Explain the difference between TCP and UDP",
    "如何用手冲壶煮咖啡？",
    "What does the enzyme amylase break down?",
    "最大的哺乳动物是什么？",
    "When was the printing press invented?",
    "黄金的化学符号是什么？",
)


def look(manager: NTMMemoryManager, known: Knowledge, view: View, text: str) -> Look:
    """What there is to attend to for a question; age, use and revisions count for nothing in a data set."""
    request = Request(text, manager.keys.question(text), index_words(text), now=1.8e9, cjk=is_cjk(text))
    found = examine(view, known.postings(text), request)
    found.features[:, [FEATURES.index(name) for name in SET_BY_HAND]] = 0
    return found


def examples(asked: list[Asked]) -> list[Example]:
    """Questions whose evidence was among the candidates; a data set counts by the root of its questions."""
    made = []
    counts = {data: sum(each.data == data for each in asked) for data in {each.data for each in asked}}
    for each in asked:
        gold = np.flatnonzero(held(each))
        if len(gold):
            weight = (FACTS if each.facts else 1) * counts[each.data] ** -0.5
            made.append(Example(each.look.features, each.look.places, gold, weight))
    return made


def held(each: Asked) -> np.ndarray:
    """(n,) which candidates are evidence."""
    return np.isin([each.ids[i] for i in each.look.candidates], each.gold)


def fit_confidence(parameters: Parameters, asked: list[Asked]) -> np.ndarray:
    """(3, 4) logistic weights that tell a question from itself with its evidence taken out, and from a foreign one."""
    inputs, answers, weights = [], [], []
    counts = {data: sum(each.data == data for each in asked) for data in {each.data for each in asked}}
    for each in asked:
        for signal, answer, share in cases(parameters, each):
            inputs.append(np.outer(each.look.places.context, signal).ravel())
            answers.append(answer)
            weights.append(share / counts[each.data])
    found = logistic_regression(np.array(inputs), np.array(answers), np.array(weights), decay=1e-3)
    return found.reshape(len(CONTEXTS), -1)


def cases(parameters: Parameters, each: Asked) -> list[tuple[np.ndarray, float, float]]:
    """(signals, is the answer there, weight): as asked; with the evidence taken out; a foreign question."""
    gold = held(each)
    made = []
    if gold.any():
        made.append((_signals(parameters, each.look, np.ones(len(gold), dtype=bool)), 1.0, 1.0))
        if not gold.all():
            made.append((_signals(parameters, each.look, ~gold), 0.0, 0.5))
    if len(each.foreign.candidates):
        everything = np.ones(len(each.foreign.candidates), dtype=bool)
        made.append((_signals(parameters, each.foreign, everything), 0.0, 0.5))
    return made


def _signals(parameters: Parameters, found: Look, kept: np.ndarray) -> np.ndarray:
    weights = attend(parameters, found.features, found.places, None).weights[kept]
    return signals(found.features[kept], weights / weights.sum())


def rank(parameters: Parameters, each: Asked) -> list[str]:
    """The ten best, by the data set's ids."""
    evidence = attend(parameters, each.look.features, each.look.places, None).evidence
    return [each.ids[i] for i in each.look.candidates[np.argsort(-evidence, kind="stable")[:10]]]


def left_out(asked: list[Asked], steps: int) -> None:
    """Print figures of each part, fitted on the others."""
    grades: dict[str, list[dict[str, float]]] = {}
    sure: dict[str, list[tuple[float, float, bool]]] = {}
    for part in range(PARTS):
        rest = [each for each in asked if each.part != part]
        parameters = fit_controller(start(), examples(rest), steps=steps, decay=DECAY)
        parameters = dataclasses.replace(parameters, confidence=fit_confidence(parameters, rest))
        for each in asked:
            if each.part == part:
                grades.setdefault(each.data, []).append(grade(rank(parameters, each), each.gold))
                for number, (signal, answer, _) in enumerate(cases(parameters, each)):
                    chance = float(logistic(each.look.places.context @ parameters.confidence @ signal))
                    sure.setdefault(each.data, []).append((chance, answer, number == 2))
    for data, found in grades.items():
        print(data, summary(found))
        rows = np.array([row[:2] for row in sure[data]])
        foreign = np.array([row[2] for row in sure[data]])
        for floor in (0.1, 0.15, 0.2, 0.3):
            low = rows[:, 0] < floor
            silenced = (low[rows[:, 1] == 1].mean(), low[(rows[:, 1] == 0) & ~foreign].mean(), low[foreign].mean())
            print(f"   floor {floor}: silenced answerable {silenced[0]:.3f}, evidence out {silenced[1]:.3f}, "
                  f"foreign {silenced[2]:.3f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders, or probe files of facts")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--steps", type=int, default=160)
    parser.add_argument("--limit", type=int, default=2000, help="conversations of a data set at most")
    args = parser.parse_args()
    asked: list[Asked] = []
    with NTMMemoryManager(args.home, embedder=Remembering(load_embedder({}))) as manager:
        for folder in args.data:
            data = memorize(folder.resolve(), manager, args.limit)
            asked += ask(manager, data)
            print(data.name, len(data.questions), "questions", flush=True)
    left_out(asked, args.steps)
    if args.out:
        parameters = fit_controller(start(), examples(asked), steps=args.steps, decay=DECAY)
        parameters = dataclasses.replace(parameters, confidence=fit_confidence(parameters, asked))
        about = {
            "command": f"bench/fit_recall.py --steps {args.steps} --limit {args.limit}",
            "data": list(dict.fromkeys(each.data for each in asked)),
        }
        save_parameters(args.out, parameters, about)


if __name__ == "__main__":
    main()
