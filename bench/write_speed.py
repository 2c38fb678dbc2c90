"""What writing costs: many notes beside their embedding, one note in memories of any size, a long line of writes.

    python -m bench.write_speed [--notes 3000] [--json]              # short notes that begin alike, in bulk
    python -m bench.write_speed --sizes 1000,10000,100000 [--real]   # one write, one by one, in memories of these sizes
    python -m bench.write_speed --line 20000,5000,2000               # so many memories, updates, erases, one by one

CPU time of one process. The ratio of bulk is that of the whole write to the embedding alone; with a pair reader its
pairs are in it, `pairs` says how many they were. The others draw keys and words (`bench.generated_memories`), so that
only the memory is measured; with `--real` the shipped embedder and reader write into a memory of drawn ones.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench.generated_memories import DIM, SESSION, drawn_note, fill_with_drawn, opened_for_writing
from ntm_memory import NTMMemoryManager
from ntm_memory.operations.services import Services
from ntm_memory.paths import on_disk

THINGS = ("invoice", "parcel", "ticket", "order", "report", "contract", "photo", "sample", "key", "form")
TURN = {"kind": "episode", "trust": "tool", "session": "talk"}
"""How hooks tell a turn."""


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


def measure_size(count: int, *, real: bool, repeats: int = 25) -> dict[str, float]:
    """Median CPU milliseconds of one write, and of others, in a memory of `count` memories; bytes a memory."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with opened_for_writing(home, real=real) as manager:
            fill_with_drawn(manager, count)
        size = sum(on_disk(file) for file in home.iterdir() if file.is_file())
        figures = {"bytes a memory": size / count}
        with opened_for_writing(home, real=real) as manager:
            for number in range(3):
                manager.memorize(drawn_note(2 * count + number))  # loaded and warm
            live = manager.store.get_many(list(range(count // 2, count // 2 + 2 * repeats)))
            ids = [memory.id for memory in live]
            verbs: dict[str, Callable[[int], object]] = {
                "memorize": lambda i: manager.memorize(drawn_note(count + i), session=f"s{(count + i) // SESSION}"),
                "turn": lambda i: manager.memorize(
                    drawn_note(3 * count + i), kind="episode", trust="tool", session="talk"
                ),
                "update": lambda i: manager.update(ids[i], content=drawn_note(4 * count + i)),
                "erase": lambda i: manager.erase(ids[repeats + i]),
            }
            for name, verb in verbs.items():
                figures[name] = 1000 * statistics.median(cpu_of(partial(verb, i)) for i in range(repeats))
            answered = [1000 * cpu_of(partial(_write_then_ask, manager, 5 * count + i)) for i in range(7)]
            figures["memorize + recall"] = statistics.median(answered)

        def cold(**fields: str) -> None:
            with opened_for_writing(home, real=real) as another:
                another.memorize(drawn_note(6 * count + len(fields)), **fields)

        figures["open, memorize, close"] = 1000 * cpu_of(cold)
        figures["open, turn, close"] = 1000 * cpu_of(lambda: cold(kind="episode", trust="tool", session="talk"))
    return figures


def _write_then_ask(manager: NTMMemoryManager, number: int) -> None:
    manager.memorize(drawn_note(number))
    manager.recall(drawn_note(number)[:30])


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
    parser.add_argument("--sizes", help="memories, e.g. 1000,10000")
    parser.add_argument("--real", action="store_true", help="the shipped embedder and reader")
    parser.add_argument("--line", help="memories, updates and erases, e.g. 20000,5000,2000")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    args = parser.parse_args()
    if args.sizes:
        for size in map(int, args.sizes.split(",")):
            shown({"memories": size} | measure_size(size, real=args.real), as_json=args.json)
    elif args.line:
        shown(measure_line(*map(int, args.line.split(","))), as_json=args.json)
    else:
        shown(measure_write(args.notes), as_json=args.json)


def shown(figures: dict[str, float], *, as_json: bool) -> None:
    told = "  ".join(f"{name} {value:.2f}" for name, value in figures.items())
    print(json.dumps(figures) if as_json else told, flush=True)


if __name__ == "__main__":
    main()
