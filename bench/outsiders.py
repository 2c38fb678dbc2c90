"""Recall on words of strangers, beside BM25, plain and centred cosine and their fusion, in one run.

    python -m bench.outsiders [FOLDER …] [--json] [--plot FILE.png]

A folder (default: those of tests/outsiders) holds stores.jsonl {store, id, content, when, session}, questions.jsonl
{store, query, kind, gold: [ids], none where nothing answers} and, if it likes, pairs.jsonl {old, new, label: revises |
beside | same} and prompts.jsonl {store, prompt, gold}, written from a description of the task alone. Nothing is ever
fitted on them.
"""

from __future__ import annotations

import argparse
import collections
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.dataset import KEEP_ALL, RememberingEmbedder, fixed_clock, rows
from bench.grading import calibration_error
from bench.plots import draw_calibration
from bench.recall_quality import fused
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import load_embedder
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, score_all
from ntm_memory.text.words import index_words
from ntm_memory.text.writing_systems import is_cjk

SETS = Path(__file__).parents[1] / "tests" / "outsiders"
Rates = dict[str, dict[str, float]]
Told = dict[str, tuple[Sequence[float], Sequence[float]]]


def default_folders(sets: Path = SETS) -> list[Path]:
    """The sets that are part of this project, of those in a folder."""
    return sorted(file.parent for file in sets.glob("*/questions.jsonl"))


def tell_stores(manager: NTMMemoryManager, folder: Path) -> dict[str, str]:
    """Memorize a folder's stores, each a namespace, in the order of their dates; {id in our store: id in the set}."""
    stores = collections.defaultdict(list)
    for note in rows(folder / "stores.jsonl"):
        stores[note["store"]].append(note)
    known = {}
    for name, notes in stores.items():
        notes.sort(key=lambda note: note["when"] or "")
        told = [
            {"content": note["content"], "occurred_at": note["when"], "session": note.get("session"), "namespace": name}
            for note in notes
        ]
        pairs = zip(manager.memorize_many(told).ids, notes, strict=True)
        known |= {id: note["id"] for id, note in pairs if id is not None}
    return known


def baseline_rankings(
    manager: NTMMemoryManager, known: Mapping[str, str], question: Mapping[str, str]
) -> dict[str, list[str]]:
    """{method: ids, best first} of one question."""
    text, corpus = question["query"], Corpus(manager.store, question["store"])
    ids = [known[memory.id] for memory in corpus.memories(np.arange(len(corpus.slots))) if memory is not None]
    query = Query(text, manager.encoder.question(text), index_words(text), 0.0, cjk=is_cjk(text))
    scores = score_all(CentredMatrix(corpus.slots, manager.encoder.prior), corpus.postings(query.terms), query)
    plain = np.maximum.reduceat(corpus.slots.keys @ query.key, np.searchsorted(corpus.slots.owner, np.arange(len(ids))))
    values = {**fused(scores.cosine, scores.words), "plain cosine": plain}
    return {name: [ids[i] for i in np.argsort(-each, kind="stable")[:6]] for name, each in values.items()}


def grade_answerable(ranked: Sequence[str], gold: Sequence[str]) -> dict[str, float]:
    """Whether an answer is first; the share of the golds (of five at most) among the first five."""
    found = len(set(ranked[:5]) & set(gold)) / min(5, len(gold))
    return {"first": float(bool(ranked) and ranked[0] in gold), "in five": found}


def ask_everything(manager: NTMMemoryManager, folder: Path, known: Mapping[str, str]) -> dict[str, list[dict]]:
    """{group: grades}: ours by kind and in all, baselines in all."""
    grades = collections.defaultdict(list)
    for question in rows(folder / "questions.jsonl"):
        answer = manager.recall(question["query"], namespace=question["store"])
        shown, gold = [known[memory.id] for memory in answer.memories], question["gold"]
        right = len(set(shown) & set(gold))
        graded = {"silent": float(not shown), "sure": answer.confidence, "answerable": float(bool(gold))}
        if gold:
            graded |= grade_answerable(shown, gold) | {"shown": len(shown), "right": right}
            graded["lost"] = float(not right and is_among_all(manager, known, question))
            for name, ranked in baseline_rankings(manager, known, question).items():
                grades[f"baseline {name}"].append(grade_answerable(ranked, gold))
        grades[question["kind"]].append(graded)
        grades["answerable" if gold else "unanswerable"].append(graded)
    return grades


def is_among_all(manager: NTMMemoryManager, known: Mapping[str, str], question: Mapping) -> bool:
    """Whether an answer is among the best memories where nothing is left out."""
    answer = manager.recall(question["query"], namespace=question["store"], all=True)
    return bool({known[memory.id] for memory in answer.memories} & set(question["gold"]))


def inject_prompts(manager: NTMMemoryManager, folder: Path, known: Mapping[str, str]) -> dict[str, float]:
    """Of prompts in which a note matters how many would get it; of the others how many would get anything."""
    given, read = collections.defaultdict(list), []
    for prompt in rows(folder / "prompts.jsonl"):
        answer = manager.relevant(prompt["prompt"], namespaces=[prompt["store"]])
        shown, read = {known[memory.id] for memory in answer.memories}, [*read, answer.read]
        name = "right injected" if prompt["gold"] else "anything injected"
        given[name].append(float(bool(shown & set(prompt["gold"]) if prompt["gold"] else shown)))
        if shown and prompt["gold"]:
            given["right of injected"].append(len(shown & set(prompt["gold"])) / len(shown))
    return {name: float(np.mean(each)) for name, each in given.items()} | {"notes read": float(np.mean(read))}


def measure_prompts(folder: Path) -> dict[str, float]:
    """The same of a folder that holds stores and prompts alone, in a home of its own."""
    with (
        tempfile.TemporaryDirectory() as home,
        NTMMemoryManager(home, config=KEEP_ALL, embedder=load_embedder({}), clock=fixed_clock) as manager,
    ):
        return inject_prompts(manager, folder, tell_stores(manager, folder))


def mark_pairs(manager: NTMMemoryManager, folder: Path) -> dict[str, float]:
    """Share of pairs of each label in which the older note is marked, and named to the caller in any way."""
    marks = collections.defaultdict(list)
    for number, pair in enumerate(rows(folder / "pairs.jsonl")):
        space = f"pair {number}"
        old = manager.memorize(pair["old"], namespace=space).memory.id
        told = manager.memorize(pair["new"], namespace=space)
        marks[f"{pair['label']} marked"].append(float(manager.store.get(old).superseded_by is not None))
        marks[f"{pair['label']} named"].append(float(old in {each.id for each in told.related}))
    return {name: float(np.mean(each)) for name, each in marks.items()}


def summarise_grades(grades: Mapping[str, Sequence[Mapping[str, float]]]) -> Rates:
    """{group: means}; of what is shown the share that answers, over all questions together."""
    rates: Rates = {}
    for group, each in grades.items():
        names = [name for name in each[0] if name not in ("answerable", "shown", "right")]
        rates[group] = {name: float(np.mean([graded[name] for graded in each])) for name in names}
        if "shown" in each[0]:
            shown = sum(graded["shown"] for graded in each)
            rates[group]["right of shown"] = sum(graded["right"] for graded in each) / max(shown, 1)
        rates[group]["n"] = len(each)
    sure, answerable = confidences(grades)
    rates["confidence"] = {"calibration error": calibration_error(sure, answerable), "n": len(sure)}
    return rates


def confidences(grades: Mapping[str, Sequence[Mapping[str, float]]]) -> tuple[list[float], list[float]]:
    """(confidence of each question, 1 where it can be answered)."""
    everything = [*grades.get("answerable", ()), *grades.get("unanswerable", ())]
    return [each["sure"] for each in everything], [each["answerable"] for each in everything]


def measure_outsiders(folder: Path, *, pairs_and_prompts: bool = True, told: Told | None = None) -> Rates:
    """All rates of one folder, in a home of its own.

    Args:
        folder: the set.
        pairs_and_prompts: also of what is told and of prompts.
        told: gets, under the folder's name, how sure recall was of each question, and which can be answered.
    """
    embedder = RememberingEmbedder(load_embedder({}))  # ours and the baselines share the questions' keys
    with (
        tempfile.TemporaryDirectory() as home,
        NTMMemoryManager(home, config=KEEP_ALL, embedder=embedder, clock=fixed_clock) as manager,
    ):
        known = tell_stores(manager, folder)
        grades = ask_everything(manager, folder, known)
        rates = summarise_grades(grades)
        if told is not None:
            told[folder.name] = confidences(grades)
        if pairs_and_prompts and (folder / "prompts.jsonl").exists():
            rates["prompts"] = inject_prompts(manager, folder, known)
        if pairs_and_prompts and (folder / "pairs.jsonl").exists():
            rates["pairs"] = mark_pairs(manager, folder)
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw how well the confidence is calibrated")
    args = parser.parse_args()
    told: Told = {}
    for folder in args.folders or default_folders():
        rates = measure_outsiders(folder, told=told)
        if args.json:
            print(json.dumps({"set": folder.name, "rates": rates}, ensure_ascii=False))
            continue
        for group, each in rates.items():
            shown = "  ".join(f"{name} {value:.3f}" for name, value in each.items() if name != "n")
            print(f"{folder.name:6s} {group:24s} n={each.get('n', 0):4.0f}  {shown}")
    if args.plot is not None:
        draw_calibration(told, args.plot)


if __name__ == "__main__":
    main()
