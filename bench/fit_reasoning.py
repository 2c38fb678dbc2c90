"""Learn what the clues of reasoning weigh, on several multi-hop data sets and generated everyday facts together.

    python bench/fit_reasoning.py --data DIR [DIR …] --home DIR --out ntm_memory/multihop/parameters.json

Every conversation of a data set becomes a namespace of --home, which is kept and used again. Questions are halved by a
hash of their ids: parameters are learned on one half, and the figures printed are of the other half (of the everyday
facts: of other worlds). What is written is what was measured.
"""

from __future__ import annotations

import argparse
import collections
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import checkout  # noqa: F401 - before numpy
import everyday
import numpy as np
from dataset import Dataset, Remembering, grade, is_train, memorize, rows

from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import load_embedder
from ntm_memory.multihop.fit import ChainExample, fit, start
from ntm_memory.multihop.hop_features import Block, HopFeatures
from ntm_memory.multihop.hop_features import Path as Steps
from ntm_memory.multihop.hops import follow
from ntm_memory.multihop.linking import tie
from ntm_memory.multihop.parameters import HopParameters, save_parameters
from ntm_memory.operations.context import to_query
from ntm_memory.operations.reason import gather_features
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.parameters import load_parameters
from ntm_memory.store.records import Link

NOW = 1_764_000_000.0  # ages do not matter here; the same in every run
HOPS = (2, 3)
WORLDS = 40
RATE = 0.05


@dataclass(frozen=True)
class Asked:
    """A question, the first read's candidates, and what further reads find, each looked up once."""

    data: str
    train: bool
    gold: np.ndarray
    first: Block
    clues: HopFeatures
    known: dict[Steps, Block]

    def ask(self, paths: Sequence[Steps]) -> list[Block]:
        unknown = [path for path in paths if path not in self.known]
        if unknown:
            self.known.update(zip(unknown, self.clues.next(unknown), strict=True))
        return [self.known[path] for path in paths]


def ask(manager: NTMMemoryManager, data: Dataset, train: bool | None = None) -> Iterator[Asked]:
    """Every question put to its conversation's memories; `train` says of which half all are, None: by their ids."""
    parameters, views = load_parameters(), {}
    for question in data.questions:
        space = f"{data.name}/{question['conv']}"
        if space not in views:
            known = Corpus(manager.store, space)
            stored = known.memories(np.arange(len(known.slots)))
            names = [data.stored[question["conv"]].get(memory.id) for memory in stored if memory is not None]
            views[space] = known, manager.encoder.view(known.slots), {name: i for i, name in enumerate(names)}
        known, view, index = views[space]
        request = to_query(question["query"], lambda: manager.encoder, manager.settings, NOW)
        clues, _ = gather_features(known, view, request, parameters)
        gold = np.array(sorted(index[id] for id in question["gold"]))
        half = is_train(question["qid"]) if train is None else train
        yield Asked(data.name, half, gold, clues.first(), clues, {})


def ask_everyday(manager: NTMMemoryManager, folder: Path, seed: int, train: bool) -> Iterator[Asked]:
    """The questions of generated worlds, their memories linked as they say."""
    place = folder / f"everyday{seed}" / "dev"
    place.mkdir(parents=True)
    everyday.make(
        seed,
        WORLDS,
        lambda name, made: (place / name).write_text("".join(json.dumps(row) + "\n" for row in made), "utf-8"),
    )
    data = memorize(place, manager)
    ids = {own: id for stored in data.stored.values() for id, own in stored.items()}
    for memory in rows(place / "memories.jsonl"):
        if memory["builds_on"] and memory["id"] in ids:
            tie(manager.store, ids[memory["id"]], [Link(ids[own], 1.0, "explicit") for own in memory["builds_on"]])
    yield from ask(manager, data, train)


def figures(parameters: HopParameters, asked: Sequence[Asked], hops: int) -> dict[str, dict[str, float]]:
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


def learn(asked: Sequence[Asked], steps: int, *, loud: bool = True) -> HopParameters:
    """HopParameters fitted on some questions, every data set counting by the root of how many questions it has."""
    count = collections.Counter(each.data for each in asked)
    examples = [ChainExample(each.first, each.ask, each.gold, count[each.data] ** -0.5) for each in asked]

    def progress(step: int, loss: float) -> None:
        if loud and (step % 10 == 0 or step == 1):
            print(f"step {step:4d}  loss {loss:.4f}", flush=True)

    return fit(start(), examples, hops=max(HOPS), steps=steps, rate=RATE, progress=progress)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=80)
    args = parser.parse_args()
    embedder = Remembering(load_embedder({}, cache_dir=args.home))
    with tempfile.TemporaryDirectory() as temporary, NTMMemoryManager(args.home, embedder=embedder) as manager:
        asked = [each for data in args.data for each in ask(manager, memorize(data.resolve(), manager))]
        with NTMMemoryManager(Path(temporary) / "home", embedder=embedder) as small:
            for seed, train in ((0, True), (1, False)):
                asked += ask_everyday(small, Path(temporary), seed, train)
            train = [each for each in asked if each.train]
            parameters = learn(train, args.steps)
            held_out = {hops: figures(parameters, [e for e in asked if not e.train], hops) for hops in (1, *HOPS)}
    for hops, found in held_out.items():
        for data, each in found.items():
            print(f"{hops} hops  {data:12s} " + "  ".join(f"{name} {value}" for name, value in each.items()))
    counts = dict(collections.Counter(each.data for each in train))
    about = {"learned_by": "bench/fit_reasoning.py", "steps": args.steps, "questions": counts}
    save_parameters(args.out, parameters, about | {"held_out": {str(k): v for k, v in held_out.items()}})


if __name__ == "__main__":
    main()
