"""Quality of recall on a data set: ours with each part switched off in turn, beside BM25, dense and rank fusion.

    python -m bench.recall_quality --data DIR [--run OUT.jsonl] [--json] [--home DIR] [--limit N] [--ours-only]

DIR holds memories.jsonl and queries.jsonl; every conversation becomes a namespace of a temporary home (or of --home,
which is kept and reused). It is always the same moment, and every variant asks a fresh copy of the home, so that two
runs of one revision give the same rankings (`python -m bench.same_rankings`). Rankings are measured with the confidence
floor at 0; what the floor silences is measured by `python -m bench.fit recall`.
"""

from __future__ import annotations

import argparse
import collections
import json
import tempfile
from collections.abc import Mapping
from datetime import timezone
from pathlib import Path

import numpy as np

from bench.dataset import KEEP_ALL, Dataset, RememberingEmbedder, fixed_clock, memorize, opened_copy
from bench.grading import grade, summarise
from bench.runs import RankedAnswer, write_run
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import load_embedder
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, score_all
from ntm_memory.text.words import index_words
from ntm_memory.text.writing_systems import is_cjk

EVERYTHING = {"confidence_floor": 0.0, "top_k": 10, "max_chars": 1_000_000}
VARIANTS: dict[str, dict] = {
    "ours": {},
    "ours, no words": {"recall": {"words": False}},
    "ours, no location": {"addressing": {"location": False}},
    "ours, no priors": {"recall": {"priors": False}},
    "ours, one head": {"num_read_heads": 1},
}


def baselines(manager: NTMMemoryManager, data: Dataset) -> dict[str, dict[str, RankedAnswer]]:
    """{name: {qid: ranking}} of BM25, dense (centred cosine), and their reciprocal-rank and z-score fusion."""
    runs: dict[str, dict[str, RankedAnswer]] = collections.defaultdict(dict)
    views: dict[str, tuple[Corpus, CentredMatrix, list[str]]] = {}
    for question in data.questions:
        space = f"{data.name}/{question['conv']}"
        if space not in views:
            known = Corpus(manager.store, space)
            ids = [memory.id for memory in known.memories(np.arange(len(known.slots))) if memory is not None]
            views[space] = known, CentredMatrix(known.slots, manager.encoder.prior), ids
        known, view, ids = views[space]
        text = question["query"]
        request = Query(
            text, manager.encoder.question(text), index_words(text), 0.0, cjk=is_cjk(text), zone=timezone.utc
        )
        scores = score_all(view, known.postings(request.terms), request)
        names = data.stored[question["conv"]]
        for name, values in fused(scores.cosine, scores.words).items():
            best = np.argsort(-values, kind="stable")[:10]
            runs[name][question["qid"]] = RankedAnswer([names[ids[i]] for i in best], values[best].tolist())
    return runs


def fused(cosine: np.ndarray, words: np.ndarray) -> dict[str, np.ndarray]:
    """The baselines' scores, the higher the better."""
    ranks = [np.argsort(np.argsort(-values, kind="stable"), kind="stable") for values in (cosine, words)]
    z = [(values - values.mean()) / (values.std() + 1e-6) for values in (cosine, words)]
    return {
        "bm25": words,
        "dense": cosine,
        "rank fusion": 1 / (60.0 + ranks[0]) + 1 / (60.0 + ranks[1]),
        "z fusion": z[0] + z[1],
    }


def recall_rankings(manager: NTMMemoryManager, data: Dataset) -> dict[str, RankedAnswer]:
    """{qid: ranking} by the manager's own recall."""
    run = {}
    for question in data.questions:
        found = manager.recall(question["query"], namespace=f"{data.name}/{question['conv']}")
        ids = [data.stored[question["conv"]][memory.id] for memory in found.memories]
        run[question["qid"]] = RankedAnswer(ids, [memory.weight for memory in found.memories], found.confidence)
    return run


def settings_of(variant: Mapping[str, dict]) -> dict:
    """What a variant switches off, and answers of ten memories whatever their confidence."""
    return {**variant, "recall": {**EVERYTHING, **variant.get("recall", {})}}


def measure_recall(data_set: Path, home: Path, *, limit: int | None, ours_only: bool) -> tuple[Dataset, dict]:
    """The data set, and {variant: {qid: ranking}}; each variant asks a copy of the memorized home."""
    embedder = RememberingEmbedder(load_embedder({}, cache_dir=home))
    with NTMMemoryManager(home, config=KEEP_ALL, embedder=embedder, clock=fixed_clock) as manager:
        data = memorize(data_set.resolve(), manager, limit)
        runs = {} if ours_only else baselines(manager, data)
    for name, variant in ({"ours": {}} if ours_only else VARIANTS).items():
        with opened_copy(home, settings_of(variant), embedder) as manager:
            runs[name] = recall_rankings(manager, data)
    return data, runs


def figures_by_category(data: Dataset, runs: dict[str, dict[str, RankedAnswer]]) -> dict[str, dict]:
    """{variant: {all, and each category: figures}}."""
    figures: dict[str, dict] = {}
    for name, run in runs.items():
        by = collections.defaultdict(list)
        for question in data.questions:
            graded = grade(run[question["qid"]].ids, question["gold"])
            by["all"].append(graded)
            by[str(question.get("category", "-"))].append(graded)
        figures[name] = {group: summarise(grades) for group, grades in by.items()}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, help="write our ranking here, one question a line")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.add_argument("--home", type=Path, help="keep and reuse this data folder")
    parser.add_argument("--limit", type=int, help="only the first so many conversations")
    parser.add_argument("--ours-only", action="store_true", help="no baselines, no ablation")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = args.home or Path(temporary)
        data, runs = measure_recall(args.data, home, limit=args.limit, ours_only=args.ours_only)
    if args.run:
        write_run(args.run, runs["ours"])
    figures = figures_by_category(data, runs)
    if args.json:
        print(json.dumps({"data": data.name, "figures": figures}, ensure_ascii=False))
        return
    for name, groups in figures.items():
        for group, each in groups.items() if name == "ours" else [("all", groups["all"])]:
            shown = "  ".join(f"{k} {each[k]:.3f}" for k in ("recall@1", "recall@5", "recall@10", "hit@5", "mrr"))
            print(f"{name:18s} {group:22s} n={each['questions']:5d}  {shown}")


if __name__ == "__main__":
    main()
