"""What a bulk write costs beside the embedding of its texts: short notes that begin alike, the worst there is to read.

    python -m bench.write_speed [--notes 3000] [--json]

CPU time of one process. The ratio is that of the whole write to the embedding alone; with a pair reader its pairs are
in it, `pairs` says how many they were.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence

from ntm_memory import NTMMemoryManager
from ntm_memory.operations.services import Services

THINGS = ("invoice", "parcel", "ticket", "order", "report", "contract", "photo", "sample", "key", "form")


class CountingReader:
    """A pair reader that counts its pairs."""

    def __init__(self, reader) -> None:
        self._reader, self.pairs = reader, 0

    def relations(self, pairs: Sequence[tuple[str, str]]):
        self.pairs += len(pairs)
        return self._reader.relations(pairs)


def notes_alike(count: int) -> list[str]:
    """Short notes that begin alike."""
    return [
        f"The {THINGS[i % len(THINGS)]} number {i} of the client is ready since day {i * 7 % 365}" for i in range(count)
    ]


def cpu_of(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def measure_write(count: int) -> dict[str, float]:
    """Seconds of embedding and of the whole write, their ratio, and the pairs that were read."""
    texts = notes_alike(count)
    with tempfile.TemporaryDirectory() as home, NTMMemoryManager(home) as manager:
        services: Services = manager._verbs
        services.encoder.memories(texts[:64])  # loaded and warm
        counting = None if services.reader is None else CountingReader(services.reader)
        services.__dict__["reader"] = counting
        batches = [texts[start : start + 64] for start in range(0, count, 64)]
        embedding = cpu_of(lambda: [services.encoder.memories(batch) for batch in batches])
        whole = cpu_of(lambda: manager.memorize_many({"content": text} for text in texts))
    return {
        "embedding": embedding,
        "write": whole,
        "ratio": whole / embedding,
        "pairs": counting.pairs if counting else 0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=3000)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    args = parser.parse_args()
    figures = measure_write(args.notes)
    print(json.dumps(figures) if args.json else "  ".join(f"{name} {value:.2f}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
