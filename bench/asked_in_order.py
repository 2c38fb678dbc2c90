"""Questions of strangers about time, order, the past and lists: what recall gets right of each kind.

    python -m bench.asked_in_order [FOLDER …] [--wrong KIND]

A folder (default: those of tests/outsiders/order) is described in tests/outsiders/order/README.md. Every store is told
to a memory of its own, which is asked at the store's own moment, in its own time zone.
"""

from __future__ import annotations

import argparse
import collections
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import json
import numpy as np

from bench.dataset import RememberingEmbedder, rows
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import Embedder, load_embedder
from ntm_memory.operations.results import RecallResult

SETS = Path(__file__).parents[1] / "tests" / "outsiders" / "order"
Question = Mapping[str, Any]
Asked = tuple[Question, RecallResult, list[str], str]


def default_folders() -> list[Path]:
    """The sets that are part of this project."""
    return sorted(file.parent for file in SETS.glob("*/questions.jsonl"))


def ask_folder(folder: Path, embedder: Embedder) -> Iterator[Asked]:
    """(question, answer, ids of the set that are shown, kind) of all questions of a folder."""
    worlds = json.loads((folder / "worlds.json").read_text(encoding="utf-8"))
    questions = rows(folder / "questions.jsonl") + rows(folder / "ordinary.jsonl")
    notes = rows(folder / "stores.jsonl")
    for store, world in worlds.items():
        now = datetime.fromisoformat(world["now"]).timestamp()
        config = {"privacy": {"on_secret": "allow"}}
        with (
            tempfile.TemporaryDirectory() as home,
            NTMMemoryManager(home, config=config, embedder=embedder, clock=lambda now=now: now) as manager,
        ):
            known = tell(manager, [note for note in notes if note["store"] == store])
            for question in questions:
                if question["store"] == store:
                    answer = manager.recall(question["query"])
                    shown = [known.get(memory.id, memory.id) for memory in answer.memories]
                    yield question, answer, shown, kind_of(question)


def tell(manager: NTMMemoryManager, notes: list[dict]) -> dict[str, str]:
    """Memorize the notes of a store in their order; {id in our store: id in the set}."""
    known: dict[str, str] = {}
    ours: dict[str, str] = {}
    for note in notes:
        told = {"occurred_at": note["when"], "session": note["session"], "replaces": ours.get(note["replaces"])}
        memory = manager.memorize(note["content"], **{name: value for name, value in told.items() if value}).memory
        ours[note["id"]], known[memory.id] = memory.id, note["id"]
    return known


def kind_of(question: Question) -> str:
    """The kind of a question, those about time by what they ask."""
    if question["kind"] != "time":
        return question["kind"]
    if not question["gold"]:
        return "time, nothing there"
    if None in question["span"]:
        return "time, open"
    return "time"


def grade(question: Question, answer: RecallResult, shown: list[str]) -> dict[str, float]:
    """What is right of an answer."""
    gold, confidence = set(question["gold"]), answer.confidence
    if not gold:
        return {"sure": float(bool(shown) and confidence >= 0.5)}
    found = len(gold & set(shown[:6])) / min(6, len(gold))
    return {
        "first": float(bool(shown) and shown[0] in gold),
        "found": found,
        "shown": len(gold & set(shown)) / len(gold),
        "of shown": len(gold & set(shown)) / len(shown) if shown else 0.0,
        "silent": float(not shown),
        "sure": float(bool(shown) and confidence >= 0.5),
    }


def measure_order(folder: Path, embedder: Embedder | None = None, wrong: str | None = None) -> dict[str, dict[str, float]]:
    """{kind: {rate}} of one folder; `wrong`: the kind of which wrong answers are printed."""
    grades: dict[str, list[dict[str, float]]] = collections.defaultdict(list)
    for question, answer, shown, kind in ask_folder(folder, embedder or RememberingEmbedder(load_embedder({}))):
        graded = grade(question, answer, shown)
        grades[kind].append(graded)
        if kind == wrong and not graded.get("first"):
            print(question["query"], question["gold"], shown, round(answer.confidence, 2))
    return {
        kind: {name: float(np.mean([one[name] for one in each])) for name in each[0]} | {"n": len(each)}
        for kind, each in sorted(grades.items())
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--wrong", metavar="KIND", help="print the questions of this kind that are answered wrong")
    args = parser.parse_args()
    for folder in args.folders or default_folders():
        for kind, rates in measure_order(folder, wrong=args.wrong).items():
            shown = "  ".join(f"{name} {value:.3f}" for name, value in rates.items() if name != "n")
            print(f"{folder.name:6s} {kind:20s} n={rates['n']:4.0f}  {shown}", flush=True)


if __name__ == "__main__":
    main()
