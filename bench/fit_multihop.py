"""Learn what the features of reasoning weigh, on several multi-hop data sets and generated everyday facts together.

Every conversation of a data set becomes a namespace. Questions are halved by a hash of their ids: parameters are
learned on one half, and the figures are of the other half (of the generated facts: of other worlds). What is written is
what was measured.
"""

from __future__ import annotations

import collections
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import generated_facts
from bench.data_roles import OURS, sha256_of
from bench.dataset import Dataset, is_train, memorize, rows
from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.grading import grade
from ntm_memory import NTMMemoryManager
from ntm_memory.multihop.fit import ChainExample, fit, start
from ntm_memory.multihop.hop_features import Block, HopFeatures
from ntm_memory.multihop.hop_features import Path as Steps
from ntm_memory.multihop.hops import follow
from ntm_memory.multihop.linking import tie
from ntm_memory.multihop.parameters import HopParameters, save_parameters
from ntm_memory.operations.context import to_query
from ntm_memory.operations.reason import gather_features
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.parameters import RecallParameters, load_parameters
from ntm_memory.store.records import Link

NOW = 1_764_000_000.0  # ages do not matter here; the same in every run
HOPS = (2, 3)
WORLDS = 40
STEPS_OF_CHAIN = 80
LEARNING_RATE = 0.05
SEEDS = ((0, True), (1, False))
"""Of generated worlds: of which half all their questions are."""


@dataclass(frozen=True)
class ChainQuestion:
    """A question, the first read's candidates, and what further reads find, each looked up once."""

    data: str
    train: bool
    gold: np.ndarray
    first: Block
    features: HopFeatures
    known: dict[Steps, Block]

    def ask(self, paths: Sequence[Steps]) -> list[Block]:
        unknown = [path for path in paths if path not in self.known]
        if unknown:
            self.known.update(zip(unknown, self.features.next(unknown), strict=True))
        return [self.known[path] for path in paths]


def chain_questions(
    manager: NTMMemoryManager, data: Dataset, recall: RecallParameters, train: bool | None = None
) -> Iterator[ChainQuestion]:
    """Every question put to its conversation's memories; `train` says of which half all are, None: by their ids."""
    views: dict[str, tuple] = {}
    for question in data.questions:
        space = f"{data.name}/{question['conv']}"
        if space not in views:
            known = Corpus(manager.store, space)
            stored = known.memories(np.arange(len(known.slots)))
            names = [data.stored[question["conv"]].get(memory.id) for memory in stored if memory is not None]
            views[space] = known, manager.encoder.view(known.slots), {name: i for i, name in enumerate(names)}
        known, view, index = views[space]
        request = to_query(question["query"], lambda: manager.encoder, manager.settings, NOW)
        features, _ = gather_features(known, view, request, recall)
        gold = np.array(sorted(index[id] for id in question["gold"]))
        half = is_train(question["qid"]) if train is None else train
        yield ChainQuestion(data.name, half, gold, features.first(), features, {})


def generated(manager: NTMMemoryManager, folder: Path, seed: int) -> Dataset:
    """Worlds of generated facts, their memories linked as they say."""
    place = folder / f"everyday{seed}" / "dev"
    place.mkdir(parents=True)
    generated_facts.make(
        seed,
        WORLDS,
        lambda name, made: (place / name).write_text("".join(json.dumps(row) + "\n" for row in made), "utf-8"),
    )
    data = memorize(place, manager)
    ids = {own: id for stored in data.stored.values() for id, own in stored.items()}
    for memory in rows(place / "memories.jsonl"):
        if memory["builds_on"] and memory["id"] in ids:
            tie(manager.store, ids[memory["id"]], [Link(ids[own], 1.0, "explicit") for own in memory["builds_on"]])
    return data


def held_out_figures(
    parameters: HopParameters, asked: Sequence[ChainQuestion], hops: int
) -> dict[str, dict[str, float]]:
    """{data: recall and all-evidence at 5 and 10} of the chain's ranking."""
    grades = collections.defaultdict(list)
    for each in asked:
        hypotheses = follow(parameters, each.first, each.ask, hops)
        ranked = [str(i) for i in hypotheses.index[np.argsort(-hypotheses.weights, kind="stable")[:10]]]
        gold = [str(i) for i in each.gold]
        whole = {"all@5": float(set(gold) <= set(ranked[:5]))}
        grades[each.data].append(grade(ranked, gold) | whole)
    names = ("recall@2", "recall@5", "recall@10", "all@5", "all@10")
    return {
        data: {name: round(float(np.mean([one[name] for one in found])), 4) for name in names}
        | {"questions": len(found)}
        for data, found in grades.items()
    }


def parameters_of(asked: Sequence[ChainQuestion], steps: int) -> HopParameters:
    """Parameters fitted on some questions, every data set counting by the root of how many questions it has."""
    count = collections.Counter(each.data for each in asked)
    examples = [ChainExample(each.first, each.ask, each.gold, count[each.data] ** -0.5) for each in asked]

    def progress(step: int, loss: float) -> None:
        if step % 10 == 0 or step == 1:
            print(f"step {step:4d}  loss {loss:.4f}", flush=True)

    return fit(start(), examples, hops=max(HOPS), steps=steps, rate=LEARNING_RATE, progress=progress)


def learn_multihop(job: FitJob) -> LearnedNumbers:
    """The parameters learned on one half, and figures of the other."""
    recall, made, steps = load_parameters(job.in_force("recall")), [], job.steps or STEPS_OF_CHAIN
    with tempfile.TemporaryDirectory() as temporary, job.manager() as manager:
        asked: list[ChainQuestion] = []
        for each in job.with_role("pool"):
            asked += chain_questions(manager, memorize(each.path, manager, job.limit), recall)
        with job.manager(Path(temporary) / "home") as small:
            for seed, train in SEEDS:
                data = generated(small, Path(temporary), seed)
                made.append(described_worlds(data, seed))
                asked += chain_questions(small, data, recall, train)
            parameters = parameters_of([each for each in asked if each.train], steps)
            unseen = [each for each in asked if not each.train]
            figures = {f"{hops} hops": held_out_figures(parameters, unseen, hops) for hops in (1, *HOPS)}
    for hops, found in figures.items():
        for data, each in found.items():
            print(f"{hops}  {data:12s} " + "  ".join(f"{name} {value}" for name, value in each.items()))
    learned_on = dict(collections.Counter(each.data for each in asked if each.train))
    return LearnedNumbers(
        lambda file, about: save_parameters(file, parameters, about),
        {"questions learned from": learned_on, "other half": figures},
        {"steps": steps, "limit": job.limit},
        made,
    )


def described_worlds(data: Dataset, seed: int) -> dict:
    """Generated data in a provenance block: the program that makes it."""
    program = Path(generated_facts.__file__)
    return {
        "name": data.name,
        "source": f"python -m bench.generated_facts OUT --seed {seed} --worlds {WORLDS}",
        "licence": OURS,
        "files": {program.name: sha256_of(program)},
        "memories": sum(len(memories) for memories in data.memories.values()),
        "questions": len(data.questions),
    }


STEP = FitStep("what the features of reasoning weigh", ("pool",), ("prior", "adapter", "recall"), learn_multihop)
