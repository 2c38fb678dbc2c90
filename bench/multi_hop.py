"""Questions that need several memories: reads in a row, beside one read, BM25, plain dense and rank fusion.

    python -m bench.multi_hop --data DIR --hops N [--half test|train] [--run OUT.jsonl] [--json] [--home DIR]
    python -m bench.multi_hop --speed [--memories 10000]

DIR holds memories.jsonl and queries.jsonl. Figures are of 1…N hops; with --half of the questions that the shipped
parameters were not (or were) learned from, see bench/fit_multihop.py. --run writes the ranking of N hops. --speed
compares three hops with one recall, turn by turn in one warm process, on generated notes.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.dataset import KEEP_ALL, Dataset, RememberingEmbedder, fixed_clock, is_train, memorize, opened_copy
from bench.generated_facts import ENGLISH
from bench.grading import grade, summarise
from bench.recall_quality import baselines
from bench.runs import RankedAnswer, write_run
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import load_embedder

SHOWN = ("recall@2", "recall@5", "recall@10", "all@5", "all@10")
EVERYTHING = {**KEEP_ALL, "recall": {"confidence_floor": 0.0}}
HALVES: dict[str, Callable[[str], bool]] = {
    "all": lambda qid: True,
    "train": is_train,
    "test": lambda qid: not is_train(qid),
}
ROUNDS = 15


def chain_rankings(manager: NTMMemoryManager, data: Dataset, hops: int) -> dict[str, RankedAnswer]:
    """{qid: ranking} over the whole chain."""
    runs = {}
    for question in data.questions:
        space = f"{data.name}/{question['conv']}"
        answer = manager.reason_and_retrieve(question["query"], hops, namespace=space, top_k=10, max_chars=1_000_000)
        names, found = data.stored[question["conv"]], answer.answer_memories
        weights = [memory.weight for memory in found]
        runs[question["qid"]] = RankedAnswer([names[memory.id] for memory in found], weights, answer.confidence)
    return runs


def chain_figures(data: Dataset, run: dict[str, RankedAnswer]) -> dict[str, dict]:
    """{all, and each category: figures}."""
    by = collections.defaultdict(list)
    for question in data.questions:
        ranked = run[question["qid"]].ids
        whole = {"all@5": float(set(question["gold"]) <= set(ranked[:5]))}
        for group in ("all", str(question.get("category", "-"))):
            by[group].append(grade(ranked, question["gold"]) | whole)
    return {group: summarise(grades) for group, grades in by.items()}


def measure_hops(data_set: Path, home: Path, half: str, most: int) -> tuple[Dataset, dict]:
    """The questions of a half, and {baseline or number of hops: {qid: ranking}}."""
    embedder = RememberingEmbedder(load_embedder({}, cache_dir=home))
    with NTMMemoryManager(home, config=EVERYTHING, embedder=embedder, clock=fixed_clock) as manager:
        data = memorize(data_set.resolve(), manager)
        kept = [question for question in data.questions if HALVES[half](question["qid"])]
        data = dataclasses.replace(data, questions=kept)
        runs = baselines(manager, data)
    for hops in range(1, most + 1):
        with opened_copy(home, EVERYTHING, embedder) as manager:
            runs[f"ours, {hops} hop{'s' * (hops > 1)}"] = chain_rankings(manager, data, hops)
    return data, runs


def quality(args: argparse.Namespace) -> None:
    """Figures of one data set."""
    with tempfile.TemporaryDirectory() as temporary:
        data, runs = measure_hops(args.data, args.home or Path(temporary), args.half, args.hops)
    if args.run:
        write_run(args.run, list(runs.values())[-1])
    figures = {name: chain_figures(data, run) for name, run in runs.items()}
    if args.json:
        print(json.dumps({"data": data.name, "half": args.half, "figures": figures}, ensure_ascii=False))
        return
    for name, groups in figures.items():
        for group, each in groups.items() if name.startswith("ours") else [("all", groups["all"])]:
            shown = "  ".join(f"{k} {each[k]:.3f}" for k in SHOWN)
            print(f"{name:14s} {group:18s} n={each['questions']:4d}  {shown}")


def speed(args: argparse.Namespace) -> None:
    """Time of three hops as a multiple of one recall's; medians of ratios, question by question."""
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as temporary:
        home = args.home or Path(temporary)
        with NTMMemoryManager(home, config=EVERYTHING) as manager:
            manager.memorize_many({"content": note(chance)} for _ in range(args.memories))
            ask_recall, ask_reason, took = [], [], []
            for number in range(ROUNDS + 3):
                question = f"Who is the mentor of whoever wrote the {chance.choice(ENGLISH.names['thing'])} {number}?"
                took = [timed(lambda q=question: manager.recall(q)), 0.0]
                took[1] = timed(lambda q=question: manager.reason_and_retrieve(f"{q} Please", 3))
                if number >= 3:  # the first ones warm up
                    ask_recall.append(took[0])
                    ask_reason.append(took[1])
    ratios = [three / one for one, three in zip(ask_recall, ask_reason, strict=True)]
    figures = {
        "memories": args.memories,
        "recall_cpu_ms": round(statistics.median(ask_recall), 1),
        "three_hops_cpu_ms": round(statistics.median(ask_reason), 1),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_largest": round(max(ratios), 2),
    }
    print(json.dumps(figures))


def note(chance: random.Random) -> str:
    """One everyday fact and what else happened: too long to be taken for a new telling of another one."""
    relation = chance.choice(list(ENGLISH.tell))
    kinds = ENGLISH.kinds[relation]
    here, there = (f"{chance.choice(ENGLISH.names[kind])} {chance.randrange(400)}" for kind in kinds)
    told = chance.choice(ENGLISH.tell[relation]).format(a=here, b=there)
    return ". ".join([told, *chance.sample(ENGLISH.rest, 8)]) + "."


def timed(call: Callable[[], object]) -> float:
    """CPU milliseconds of a call."""
    start = time.process_time()
    call()
    return (time.process_time() - start) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a data set")
    parser.add_argument("--hops", type=int, default=3, help="from 1 up to so many")
    parser.add_argument("--half", choices=HALVES, default="all", help="which questions")
    parser.add_argument("--run", type=Path, help="write the ranking of the most hops here, one question a line")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.add_argument("--home", type=Path, help="keep and reuse this data folder")
    parser.add_argument("--speed", action="store_true", help="time instead of quality")
    parser.add_argument("--memories", type=int, default=10_000, help="with --speed")
    args = parser.parse_args()
    if not args.speed and args.data is None:
        parser.error("give --data DIR or --speed")
    (speed if args.speed else quality)(args)


if __name__ == "__main__":
    main()
