"""What addressing adds to a warm recall, and what tuning costs, among many memories.

    python -m bench.recall_speed [--memories 10000] [--pairs 100] [--rounds 60] [--json]

The memories are made of the words of a small vocabulary, in sessions of twenty; their keys are random unit vectors,
since embedding ten thousand texts would take longer than everything that is measured here. Questions are embedded by
the default embedder. CPU time of one process, medians over questions, turn by turn.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from ntm_memory import NTMMemoryManager
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query, examine, read, score_all
from ntm_memory.recall.parameters import load_parameters
from ntm_memory.recall.read_heads import attend
from ntm_memory.store.records import Encoding, MemoryInput
from ntm_memory.text.words import index_words, memory_words

SESSION = 20
VOCABULARY = 3000


def text(rng: np.random.Generator, words: int) -> str:
    """So many words, a few of them frequent and most of them rare."""
    return " ".join(f"word{int(VOCABULARY * x**2)}" for x in rng.random(words))


def fill(manager: NTMMemoryManager, memories: int, rng: np.random.Generator) -> list[str]:
    """Write memories straight into the store; returns their ids."""
    manager.store.set_embedder(manager.encoder.identity)
    ids = []
    with manager.store.transaction():
        for number in range(memories):
            key = rng.standard_normal((1, manager.encoder.dim), dtype=np.float32)
            said = text(rng, 20)
            told = MemoryInput(said, session=str(number // SESSION))
            encoding = Encoding(key / np.linalg.norm(key), memory_words(said), cjk=False)
            ids.append(manager.store.add(told, encoding).id)
    return ids


def cpu_ms(run, *arguments) -> tuple[float, object]:
    """CPU milliseconds of one call, and what it returned."""
    start = time.process_time()
    found = run(*arguments)
    return (time.process_time() - start) * 1e3, found


def recall(manager: NTMMemoryManager, questions: list[str]) -> dict[str, float]:
    """CPU ms of a whole warm recall and of its parts."""
    parameters = load_parameters()
    times: dict[str, list[float]] = {}
    for number, question in enumerate(questions):
        whole, _ = cpu_ms(manager.recall, question)
        embedding, key = cpu_ms(manager.encoder.question, question)
        known = Corpus(manager.store, "default")
        view = manager._verbs.context.view(known)
        request = Query(question, key, index_words(question), now=time.time())
        postings = known.postings(request.terms)
        likeness, _ = cpu_ms(score_all, view, postings, request)
        reading, _ = cpu_ms(read, view, postings, request, parameters)
        look = examine(view, postings, request)
        heads, _ = cpu_ms(attend, parameters, look.features, look.places, None)
        parts = {
            "whole recall": whole,
            "embedding the question": embedding,
            "likeness of all memories": likeness,
            "addressing (candidates, evidence, heads)": reading - likeness,
            "of it the heads": heads,
        }
        if number >= 10:  # warm
            for name, value in parts.items():
                times.setdefault(name, []).append(value)
    return {name: round(statistics.median(values), 2) for name, values in times.items()}


def tuning(manager: NTMMemoryManager, ids: list[str], pairs: int, rng: np.random.Generator) -> dict[str, float]:
    """CPU seconds of one tuning on so many questions, with and without the heads; what is learned is not kept."""
    records = []
    for id in rng.choice(ids, pairs, replace=False):
        words = manager.store.get(str(id)).content.split()
        records.append({"query": " ".join(rng.choice(words, 4, replace=False)), "gold": [str(id)]})
    seconds = {}
    for name, heads in (("tune", False), ("tune --heads", True)):
        took, _ = cpu_ms(lambda heads=heads: manager.tune(records, heads=heads, dry_run=True))
        seconds[name] = round(took / 1e3, 2)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memories", type=int, default=10_000)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as home, NTMMemoryManager(Path(home)) as manager:
        ids = fill(manager, args.memories, rng)
        found = {
            "memories": args.memories,
            "recall_cpu_ms": recall(manager, [text(rng, 6) for _ in range(args.rounds + 10)]),
            "pairs": args.pairs,
            "tuning_cpu_s": tuning(manager, ids, args.pairs, rng),
        }
    print(json.dumps(found, ensure_ascii=False, indent=None if args.json else 1))


if __name__ == "__main__":
    main()
