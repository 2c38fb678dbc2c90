"""What embedding a question costs, its matrices in blocks and in one piece, side by side in one process.

    python -m bench.embedding_cost [--questions 60] [--json]

CPU milliseconds, one BLAS thread, medians (95th of a hundred); questions of bench/notes.jsonl in turn with either. With
blocks: as it is on processors with AVX-512. Also: making the layers of the file, and forty notes at once.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.dataset import rows
from ntm_memory.embedding import transformer
from ntm_memory.embedding.e5 import E5Embedder
from ntm_memory.embedding.matrices import SMALL, Cut

NOTES = Path(__file__).with_name("notes.jsonl")
PIECES = ((8, 10), (11, 13), (14, 16), (17, 24))
CUTS = {"blocks": SMALL, "one piece": None}


def of_each(embedders: dict[str, E5Embedder], run: Callable[[E5Embedder, object], object], told: list) -> dict:
    """Name → milliseconds for each of what is told, turn by turn."""
    took: dict[str, list[float]] = {name: [] for name in embedders}
    for each in told:
        for name, embedder in embedders.items():
            start = time.process_time()
            run(embedder, each)
            took[name].append((time.process_time() - start) * 1e3)
    return {
        name: [round(float(np.median(values)), 2), round(float(np.percentile(values, 95)), 2)]
        for name, values in took.items()
    }


def embedder_cut(cut: Cut | None) -> tuple[E5Embedder, float]:
    """An embedder whose layers are cut so, and the milliseconds that making them took."""
    embedder, usual = E5Embedder(), transformer.usual_cut
    transformer.usual_cut = lambda: cut
    try:
        start = time.process_time()
        assert embedder.layers
        return embedder, (time.process_time() - start) * 1e3
    finally:
        transformer.usual_cut = usual


def measure_embedding(questions: int) -> dict[str, object]:
    """All figures: [median, 95th of a hundred] of each."""
    made = [{name: embedder_cut(cut)[1] for name, cut in CUTS.items()} for _ in range(5)]
    embedders = {name: embedder_cut(cut)[0] for name, cut in CUTS.items()}
    notes = rows(NOTES)
    asked = [question for note in notes for question in note.get("ask", ())]
    sizes = [len(embedders["blocks"].tokenizer.encode(f"query: {question}")) for question in asked]
    vectors = [embedder.encode_queries(asked[:questions]) for embedder in embedders.values()]
    found: dict[str, object] = {
        "largest difference of a number": float(np.abs(vectors[0] - vectors[1]).max()),
        "layers made": {name: round(float(np.median([each[name] for each in made])), 1) for name in CUTS},
    }
    for low, high in PIECES:
        some = [[text] for text, size in zip(asked, sizes, strict=True) if low <= size <= high][:questions]
        found[f"a question of {low}-{high} pieces"] = of_each(embedders, E5Embedder.encode_queries, some)
    texts = [note["text"] for note in notes if "text" in note]
    forty = [texts[start : start + 40] for start in range(0, 240, 40)]
    found["forty notes"] = of_each(embedders, E5Embedder.encode_memories, forty)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    print(json.dumps(measure_embedding(args.questions), indent=None if args.json else 1))


if __name__ == "__main__":
    main()
