"""What writing costs: many notes beside their embedding, and a long line of writes.

    python -m bench.write_speed [--notes 3000] [--json]     # short notes that begin alike, in bulk
    python -m bench.write_speed --line 20000,5000,2000      # so many memories, updates, erases, one by one

CPU time of one process. The ratio of bulk is that of the whole write to the embedding alone; with a pair reader its
pairs are in it, `pairs` says how many they were. A line draws keys and words (`bench.generated_memories`), so that only
the memory is measured. What one write costs in memories of any size: `bench.verb_costs`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.generated_memories import DIM, drawn_note, opened_for_writing
from ntm_memory import NTMMemoryManager
from ntm_memory.operations.services import Services
from ntm_memory.paths import on_disk

THINGS = ("invoice", "parcel", "ticket", "order", "report", "contract", "photo", "sample", "key", "form")


class CountingReader:
    """A pair reader that counts its pairs, and their CPU seconds."""

    def __init__(self, reader) -> None:
        self._reader, self.pairs, self.seconds = reader, 0, 0.0

    def relations(self, pairs: Sequence[tuple[str, str]]):
        start = time.process_time()
        found = self._reader.relations(pairs)
        self.pairs, self.seconds = self.pairs + len(pairs), self.seconds + time.process_time() - start
        return found


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
    """Seconds of embedding and of the whole write, their ratio; pairs that were read; the share of the networks."""
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
        "share in networks": (embedding + (counting.seconds if counting else 0.0)) / whole,
    }


def measure_line(memories: int, updates: int, erases: int, parts: int = 5) -> dict[str, float]:
    """CPU milliseconds a write in each part of a long line of writes one by one, and bytes by what must be kept."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        with opened_for_writing(Path(folder)) as manager:
            ids: list[str] = []
            for part in range(parts):
                some = range(part * memories // parts, (part + 1) * memories // parts)
                spent = cpu_of(lambda some=some: ids.extend(manager.memorize(drawn_note(i)).memory.id for i in some))
                figures[f"memorize {some.start}-{some.stop}"] = 1000 * spent / len(some)
            step = max(memories // max(updates, 1), 1)
            for part in range(parts):
                some = range(part * updates // parts, (part + 1) * updates // parts)
                spent = cpu_of(
                    lambda some=some: [manager.update(ids[i * step], content=drawn_note(memories + i)) for i in some]
                )
                figures[f"update {some.start}-{some.stop}"] = 1000 * spent / max(len(some), 1)
            gone = ids[1 :: max(memories // max(erases, 1), 1)][:erases]
            for part in range(parts):
                some = range(part * erases // parts, (part + 1) * erases // parts)
                spent = cpu_of(lambda some=some: [manager.erase(gone[i]) for i in some])
                figures[f"erase {some.start}-{some.stop}"] = 1000 * spent / max(len(some), 1)
            sql = manager.store._engine.sql
            kept = "SELECT (SELECT sum(length(content) + length(words)) FROM {0}), (SELECT count(*) FROM {0})"
            told = [sql.execute(kept.format(table)).fetchone() for table in ("memories", "versions")]
        size = sum(on_disk(file) for file in Path(folder).iterdir() if file.is_file())
        text, rows = (sum(each[i] or 0 for each in told) for i in (0, 1))
        figures |= {"MB": size / 1e6, "MB of texts, words and keys": (text + 4 * DIM * rows) / 1e6}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=3000)
    parser.add_argument("--line", help="memories, updates and erases, e.g. 20000,5000,2000")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    args = parser.parse_args()
    figures = measure_line(*map(int, args.line.split(","))) if args.line else measure_write(args.notes)
    told = "  ".join(f"{name} {value:.2f}" for name, value in figures.items())
    print(json.dumps(figures) if args.json else told)


if __name__ == "__main__":
    main()
