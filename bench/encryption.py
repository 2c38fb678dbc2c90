"""What encryption at rest costs: recalls and single writes on an encrypted memory, beside the same on a plain one.

    python -m bench.encryption [--memories 1000] [--runs 100] [--cold 5] [--embedder tiny|e5] [--rollback] [--json]

Both memories are open in one process and are asked in turn, which goes first changing from run to run; wall-clock
medians in milliseconds and their ratio. `cold` is the CPU time of a whole process that recalls once. The key comes from
the environment and is random. SQLCipher brings a SQLite whose write-ahead log is safe, which the one of this Python may
not be: with `--rollback` both memories have a rollback journal, and encryption alone makes the difference.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.cold_start import RECALL, measure_cold_starts
from ntm_memory import NTMMemoryManager
from ntm_memory.privacy.keys import VARIABLE
from ntm_memory.store import connection

QUESTION = "Which drawer holds the passport of guest {}?"
FACT = "The passport of guest {} lies in drawer {}"
KINDS = ("plain", "encrypted")


def measure_in_turn(acts: dict[str, Callable[[int], object]], runs: int) -> dict[str, float]:
    """Median milliseconds of each act, all done once a run, and the ratio of the second to the first."""
    took: dict[str, list[float]] = {name: [] for name in acts}
    for run in range(runs + 3):
        for name in sorted(acts, reverse=bool(run % 2)):
            start = time.perf_counter()
            acts[name](run)
            took[name].append(1000 * (time.perf_counter() - start))
    medians = {name: statistics.median(times[3:]) for name, times in took.items()}
    return {**{name: round(value, 2) for name, value in medians.items()}, "ratio": _ratio(medians)}


def measure_encryption(folder: Path, memories: int, runs: int, cold: int, embedder: str) -> dict[str, dict[str, float]]:
    """Figures of recall, memorize and, where asked for, a cold start."""
    homes = {kind: folder / kind for kind in KINDS}
    for kind, home in homes.items():
        home.mkdir()
        settings = {
            "embedder": {"backend": embedder},
            "privacy": {"encrypt": "off" if kind == "plain" else "sqlcipher"},
            "recall": {"confidence_floor": 0.0},
        }
        (home / "config.json").write_text(json.dumps({"ntm_memory": settings}), encoding="utf-8")
        with NTMMemoryManager(home) as manager:
            manager.memorize_many({"content": FACT.format(i, i * 7 % 1000)} for i in range(memories))
    open_ones = {kind: NTMMemoryManager(home) for kind, home in homes.items()}
    try:
        recalls = {kind: _recalling(manager, memories) for kind, manager in open_ones.items()}
        writes = {kind: _writing(manager) for kind, manager in open_ones.items()}
        figures = {"recall": measure_in_turn(recalls, runs), "memorize": measure_in_turn(writes, runs)}
    finally:
        for manager in open_ones.values():
            manager.close()
    if cold:
        root = str(Path(__file__).resolve().parent.parent)
        processes = {kind: (RECALL, root, QUESTION.format(417), str(home)) for kind, home in homes.items()}
        seconds = measure_cold_starts(processes, cold)
        medians = {kind: 1000 * statistics.median(seconds[kind]) for kind in KINDS}
        figures["cold"] = {**{kind: round(value, 1) for kind, value in medians.items()}, "ratio": _ratio(medians)}
    return figures


def _recalling(manager: NTMMemoryManager, memories: int) -> Callable[[int], object]:
    return lambda run: manager.recall(QUESTION.format(run * 37 % memories), session="bench")


def _writing(manager: NTMMemoryManager) -> Callable[[int], object]:
    return lambda run: manager.memorize(f"Room {run} was painted in colour {run * 13 % 97} last spring")


def _ratio(medians: dict[str, float]) -> float:
    return round(medians["encrypted"] / medians["plain"], 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memories", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--cold", type=int, default=5, help="how many cold starts; 0: none")
    parser.add_argument("--embedder", choices=("tiny", "e5"), default="e5")
    parser.add_argument("--rollback", action="store_true", help="both with a rollback journal; cold starts as ever")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    args = parser.parse_args()
    os.environ[VARIABLE] = os.urandom(32).hex()
    os.environ["NTM_MEMORY_TESTING"] = "1"
    if args.rollback:
        connection.wal_is_safe = lambda *of: False
    with tempfile.TemporaryDirectory() as folder:
        figures = measure_encryption(Path(folder), args.memories, args.runs, args.cold, args.embedder)
    if args.json:
        print(json.dumps(figures))
        return
    for what, row in figures.items():
        print(f"{what:9}" + "".join(f"  {name} {value:g}" for name, value in row.items()))


if __name__ == "__main__":
    main()
