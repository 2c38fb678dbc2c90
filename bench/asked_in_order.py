"""Questions of strangers about time, order, the past and lists: what recall gets right of each kind.

    python -m bench.asked_in_order [FOLDER …] [--wrong KIND]

A folder (default: those of tests/outsiders/order) is described in tests/outsiders/order/README.md. Every store is told
to a memory of its own, which is asked at the store's own moment, in its own time zone.
"""

from __future__ import annotations

import argparse
import collections
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.dataset import rows
from bench.outsiders import default_folders
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import Embedder, load_embedder
from ntm_memory.operations.results import RecallResult

SETS = Path(__file__).parents[1] / "tests" / "outsiders" / "order"
Question = Mapping[str, Any]
Asked = tuple[Question, RecallResult, list[str], str]


def ask_folder(folder: Path, embedder: Embedder, only: Sequence[str] | None = None) -> Iterator[Asked]:
    """(question, answer, ids of the set that are shown, kind) of all questions of a folder."""
    worlds = json.loads((folder / "worlds.json").read_text(encoding="utf-8"))
    questions = rows(folder / "questions.jsonl") + rows(folder / "ordinary.jsonl")
    notes = rows(folder / "stores.jsonl")
    for store, world in worlds.items():
        here = [note for note in notes if note["store"] == store]
        with tempfile.TemporaryDirectory() as home:
            with opened_world(home, embedder, world, reader="off") as manager:  # nobody asks here what revises what
                tell_in_order(manager, here)
            with opened_world(home, embedder, world) as manager:
                asked = [question for question in questions if question["store"] == store]
                yield from ask(manager, [each for each in asked if only is None or asked_kind(each) in only], here)


def opened_world(home: str, embedder: Embedder, world: Mapping[str, str], reader: str = "auto") -> NTMMemoryManager:
    """A memory at a world's moment and in its time zone."""
    now = datetime.fromisoformat(world["now"]).timestamp()
    config = {"privacy": {"on_secret": "allow"}, "time_zone": world["zone"], "recall": {"reader": reader}}
    return NTMMemoryManager(home, config=config, embedder=embedder, clock=lambda: now)


def ask(manager: NTMMemoryManager, questions: Sequence[Question], notes: Sequence[Question]) -> Iterator[Asked]:
    """The questions of one store, with their answers."""
    known = {note["content"]: note["id"] for note in notes}
    for question in questions:
        answer = manager.recall(question["query"])
        shown = [known.get(memory.content, memory.id) for memory in answer.memories]
        yield in_its_place(question, notes), answer, shown, asked_kind(question)


def tell_in_order(manager: NTMMemoryManager, notes: Sequence[Mapping[str, Any]]) -> None:
    """Memorize the notes of a store in their order."""
    ours: dict[str | None, str] = {}
    for note in notes:
        told = {"occurred_at": note["when"], "session": note["session"], "replaces": ours.get(note["replaces"])}
        memory = manager.memorize(note["content"], **{name: value for name, value in told.items() if value}).memory
        ours[note["id"]] = memory.id


def in_its_place(question: Question, notes: Sequence[Mapping[str, Any]]) -> Question:
    """A question by place with the notes that replaced what stood there: they stand there now."""
    if question["kind"] != "place":
        return question
    return {**question, "gold": [*question["gold"], *(n["id"] for n in notes if n["replaces"] in question["gold"])]}


def asked_kind(question: Question) -> str:
    """The kind of a question, those about time by what they ask."""
    if question["kind"] != "time":
        return question["kind"]
    if not question["gold"]:
        return "time, nothing there"
    if None in question["span"]:
        return "time, open"
    return "time"


def grade_order(question: Question, answer: RecallResult, shown: list[str]) -> dict[str, float]:
    """What is right of an answer."""
    gold, confidence = set(question["gold"]), answer.confidence
    if not gold:
        return {"sure": float(bool(shown) and confidence >= 0.5)}
    found = len(gold & set(shown[:6])) / min(6, len(question["gold"]))
    return {
        "first": float(bool(shown) and shown[0] in gold),
        "found": found,
        "told of": min(len(gold & set(shown)) + answer.further, len(gold)) / len(gold),
        "of shown": len(gold & set(shown)) / len(shown) if shown else 0.0,
        "silent": float(not shown),
        "sure": float(bool(shown) and confidence >= 0.5),
    }


def measure_order(
    folder: Path, embedder: Embedder | None = None, *, wrong: str | None = None, only: Sequence[str] | None = None
) -> dict[str, dict[str, float]]:
    """All rates of one folder.

    Args:
        folder: the set.
        embedder: None: the default one.
        wrong: the kind of which wrong answers are printed.
        only: the kinds that are asked; None: all.

    Returns:
        {kind: {rate}}.
    """
    grades: dict[str, list[dict[str, float]]] = collections.defaultdict(list)
    for question, answer, shown, kind in ask_folder(folder, embedder or load_embedder({}), only):
        graded = grade_order(question, answer, shown)
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
    parser.add_argument("--only", nargs="+", metavar="KIND", help="ask questions of these kinds alone")
    parser.add_argument("--wrong", metavar="KIND", help="print the questions of this kind that are answered wrong")
    args = parser.parse_args()
    for folder in args.folders or default_folders(SETS):
        for kind, rates in measure_order(folder, wrong=args.wrong, only=args.only).items():
            shown = "  ".join(f"{name} {value:.3f}" for name, value in rates.items() if name != "n")
            print(f"{folder.name:6s} {kind:20s} n={rates['n']:4.0f}  {shown}", flush=True)


if __name__ == "__main__":
    main()
