"""Quality of recall on a data set: ours with each part switched off in turn, beside BM25, dense and rank fusion.

    python bench/recall_quality.py --data DIR [--run OUT.jsonl] [--json] [--home DIR] [--limit N] [--ours-only]

DIR holds memories.jsonl and queries.jsonl; every conversation becomes a namespace of a temporary home (or of --home,
which is kept and reused). Rankings are measured with the confidence floor at 0; what the floor silences is measured by
bench/fit_recall.py.
"""

from __future__ import annotations

import argparse
import collections
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import checkout  # noqa: F401 - before numpy
import numpy as np
from dataset import Dataset, Remembering, grade, memorize, summary

from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import load_embedder
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, score_all
from ntm_memory.text.scripts import is_cjk
from ntm_memory.text.words import index_words

EVERYTHING = {"confidence_floor": 0.0, "top_k": 10, "max_chars": 1_000_000}
VARIANTS: dict[str, dict] = {
    "ours": {},
    "ours, no words": {"recall": {"words": False}},
    "ours, no location": {"addressing": {"location": False}},
    "ours, no priors": {"recall": {"priors": False}},
    "ours, one head": {"num_read_heads": 1},
}


def baselines(manager: NTMMemoryManager, data: Dataset) -> dict[str, dict[str, list[str]]]:
    """{name: {qid: ranking}} of BM25, dense (centred cosine), and their reciprocal-rank and z-score fusion."""
    runs: dict[str, dict[str, list[str]]] = collections.defaultdict(dict)
    views: dict[str, tuple[Corpus, CentredMatrix, list[str]]] = {}
    for question in data.questions:
        space = f"{data.name}/{question['conv']}"
        if space not in views:
            known = Corpus(manager.store, space)
            ids = [memory.id for memory in known.memories(np.arange(len(known.slots))) if memory is not None]
            views[space] = known, CentredMatrix(known.slots, manager.encoder.prior), ids
        known, view, ids = views[space]
        text = question["query"]
        request = Query(text, manager.encoder.question(text), index_words(text), 0.0, cjk=is_cjk(text))
        scores = score_all(view, known.postings(text), request)
        names = data.stored[question["conv"]]
        for name, values in fused(scores.cosine, scores.words).items():
            best = np.argsort(-values, kind="stable")[:10]
            runs[name][question["qid"]] = [names[ids[i]] for i in best]
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


def rankings(open_manager: Callable[[dict], NTMMemoryManager], data: Dataset, config: dict) -> dict[str, list[str]]:
    """{qid: ranking} by the manager's own recall."""
    settings = {**config, "recall": {**EVERYTHING, **config.get("recall", {})}}
    with open_manager(settings) as manager:
        return {
            question["qid"]: [
                data.stored[question["conv"]][memory.id]
                for memory in manager.recall(question["query"], namespace=f"{data.name}/{question['conv']}").memories
            ]
            for question in data.questions
        }


def report(data: Dataset, runs: dict[str, dict[str, list[str]]]) -> dict[str, dict]:
    """{variant: {all, and each category: figures}}."""
    figures: dict[str, dict] = {}
    for name, run in runs.items():
        by = collections.defaultdict(list)
        for question in data.questions:
            graded = grade(run[question["qid"]], question["gold"])
            by["all"].append(graded)
            by[str(question.get("category", "-"))].append(graded)
        figures[name] = {group: summary(grades) for group, grades in by.items()}
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
        embedder = Remembering(load_embedder({}, cache_dir=home))

        def open_manager(config: dict) -> NTMMemoryManager:
            return NTMMemoryManager(home, config=config, embedder=embedder)

        with open_manager({}) as manager:
            data = memorize(args.data.resolve(), manager, args.limit)
            runs = {} if args.ours_only else baselines(manager, data)
        variants = {"ours": {}} if args.ours_only else VARIANTS
        runs |= {name: rankings(open_manager, data, config) for name, config in variants.items()}
    if args.run:
        lines = (json.dumps({"qid": qid, "ranked": ranked}) for qid, ranked in runs["ours"].items())
        args.run.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    figures = report(data, runs)
    if args.json:
        print(json.dumps({"data": data.name, "figures": figures}, ensure_ascii=False))
        return
    for name, groups in figures.items():
        for group, each in groups.items() if name == "ours" else [("all", groups["all"])]:
            shown = "  ".join(f"{k} {each[k]:.3f}" for k in ("recall@1", "recall@5", "recall@10", "hit@5", "mrr"))
            print(f"{name:18s} {group:22s} n={each['questions']:5d}  {shown}")


if __name__ == "__main__":
    main()
