"""What backups cost a write: single writes with and without, side by side, and one backup by the size of the memory.

    python -m bench.backup_cost [--writes 300] [--memories 2000] [--json]

Each write is the first of a manager of its own, as of a process of its own, with today's backup there already: that is
what every write but the first of a day pays. Wall clock and CPU, medians, the two turn by turn.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from ntm_memory import NTMMemoryManager
from ntm_memory.recovery.backups import make_backup

KEPT = {"with": 7, "without": 0}


def opened_for_cost(home: Path, kept: int) -> NTMMemoryManager:
    return NTMMemoryManager(home, config={"embedder": {"backend": "tiny"}, "store": {"backups": kept}})


def measure_backups(writes: int, memories: int) -> dict[str, float]:
    """Milliseconds."""
    took: dict[str, list[float]] = {name: [] for name in KEPT}
    cpu: dict[str, list[float]] = {name: [] for name in KEPT}
    with tempfile.TemporaryDirectory() as folder:
        homes = {name: Path(folder) / name for name in KEPT}
        for name, kept in KEPT.items():
            with opened_for_cost(homes[name], kept) as memory:
                memory.memorize_many({"content": f"note {number} about tea"} for number in range(memories))
        for number in range(writes):
            for name in sorted(KEPT, reverse=bool(number % 2)):
                memory = opened_for_cost(homes[name], KEPT[name])
                start, used = time.perf_counter(), time.process_time()
                memory.memorize(f"written alone, number {number}")
                memory.close()
                took[name].append((time.perf_counter() - start) * 1e3)
                cpu[name].append((time.process_time() - used) * 1e3)
        start = time.perf_counter()
        made = make_backup(homes["with"], "daily", 7)
        whole = (time.perf_counter() - start) * 1e3
        assert made is not None
        size = made.stat().st_size / 1e6
    figures = {f"a write {name} backups, ms": round(statistics.median(times), 2) for name, times in took.items()}
    figures |= {f"CPU {name} backups, ms": round(statistics.median(times), 3) for name, times in cpu.items()}
    more = figures["CPU with backups, ms"] / figures["CPU without backups, ms"] - 1
    return figures | {"more CPU, %": round(100 * more, 2), "one backup, ms": round(whole, 1), "of MB": round(size, 2)}


def main() -> None:
    os.environ["NTM_MEMORY_TESTING"] = "1"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writes", type=int, default=300)
    parser.add_argument("--memories", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    figures = measure_backups(args.writes, args.memories)
    print(json.dumps(figures) if args.json else "\n".join(f"{value:>10} {name}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
