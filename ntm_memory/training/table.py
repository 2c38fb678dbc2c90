"""The paper's five tasks on many seeds: every run's result in a file of its own as it ends, and the table of all.

A run that is interrupted goes on from its last save when the table is asked for again; one that has ended is never run
twice, so that a table may be made over many evenings, by several calls, in any order of tasks.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ntm_memory.errors import CheckpointError
from ntm_memory.persistence.atomic import replace_text
from ntm_memory.training.checkpoint import Core
from ntm_memory.training.experiment import CORE_FILE, measured
from ntm_memory.training.recipes import task_recipe
from ntm_memory.training.restarts import train_restarts
from ntm_memory.training.settings import TrainingSettings
from ntm_memory.training.trainer import BatchReport

MEASURED = 400
"""Fresh sequences of every size."""
_STREAM = 4


@dataclass(frozen=True)
class TableRow:
    """One line of the table: what is measured, and what the paper's figures show there."""

    task: str
    sizes: Mapping[str, int]
    locations: int = 128
    paper: str = "–"


ROWS = (
    TableRow("copy", {"length": 20}, paper="0"),
    TableRow("copy", {"length": 50}),
    TableRow("copy", {"length": 120}),
    TableRow("associative-recall", {"items": 6}, paper="0"),
    TableRow("associative-recall", {"items": 12}, paper="< 1"),
    TableRow("associative-recall", {"items": 20}, paper="7–8"),
    TableRow("priority-sort", {"items": 20}, 40),
    TableRow("priority-sort", {"items": 20}, 64),
    TableRow("priority-sort", {"items": 20}, 128, paper="10–20"),
    TableRow("priority-sort", {"items": 20}, 256),
    TableRow("repeat-copy", {"length": 10, "repeats": 10}, paper="0"),
    TableRow("repeat-copy", {"length": 10, "repeats": 20}, paper="loses count"),
    TableRow("repeat-copy", {"length": 20, "repeats": 10}),
    TableRow("repeat-copy", {"length": 20, "repeats": 20}),
    TableRow("repeat-copy", {"length": 10, "repeats": 50}),
    TableRow("ngram", {"length": 200}, paper="+2"),
)
TABLE_TASKS = tuple(dict.fromkeys(row.task for row in ROWS))


def fill(
    folder: Path,
    tasks: Sequence[str],
    seeds: Sequence[int],
    restarts: Mapping[str, int],
    *,
    changes: Mapping[str, Any] | None = None,
    report: Callable[[BatchReport], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Run what is not there yet, task by task.

    Args:
        folder: gets `TASK-SEED.json` and `TASK-SEED.npz`, the core, of every run.
        tasks: of TABLE_TASKS.
        seeds: of the first start of every run.
        restarts: task → most starts of a run; 1 where it is not named.
        changes: of every recipe.
        report: called after every batch.
        stop: asked after every batch; True saves and ends early.

    Returns:
        Whether all is there.
    """
    for task in tasks:
        for seed in seeds:
            if (folder / f"{task}-{seed}.json").is_file():
                continue
            settings = task_recipe(task, changes or {}, {"seed": seed})
            if not _one_run(folder, settings, restarts.get(task, 1), report, stop):
                return False
    return True


def _one_run(
    folder: Path,
    settings: TrainingSettings,
    restarts: int,
    report: Callable[[BatchReport], None] | None,
    stop: Callable[[], bool],
) -> bool:
    """Train, measure and keep one run; whether it came to its end."""
    name = f"{settings.task}-{settings.seed}"
    command, begun = f"train.py {settings.task} --seed {settings.seed} --restarts {restarts}", time.process_time()
    how: dict[str, Any] = {"figures": False, "command": command, "report": report, "stop": stop}
    outcome = train_restarts(settings, folder / name, restarts, **how)
    if outcome.core is None:
        return False
    result = {
        "task": settings.task,
        "seed": settings.seed,
        "cpu_seconds_of_last_call": round(time.process_time() - begun, 1),
        **{key: value for key, value in outcome.core.metrics.items() if key != "trials"},
        "rows": measure_core(outcome.core),
    }
    (folder / name / CORE_FILE).replace(folder / f"{name}.npz")
    (folder / name).rmdir()
    replace_text(folder / f"{name}.json", json.dumps(result, indent=1) + "\n", mode=0o644)
    return True


def measure_core(core: Core) -> list[dict[str, Any]]:
    """The lines of a core's task, each on MEASURED fresh sequences."""
    found = []
    for row in ROWS:
        if row.task != core.training.task:
            continue
        rng, sizes = np.random.default_rng([core.training.seed, _STREAM]), core.task.complete(row.sizes)
        line = measured(core.with_memory(row.locations), sizes, MEASURED, rng)
        found.append({"sizes": sizes, "locations": row.locations, **line})
    return found


def results(folder: Path) -> list[dict[str, Any]]:
    """All results of a folder, by task and seed.

    Raises:
        CheckpointError: a file is not what `fill` wrote.
    """
    found = []
    for file in sorted(folder.glob("*-*.json")):
        try:
            result = json.loads(file.read_text(encoding="utf-8"))
            found.append({**result, "task": str(result["task"]), "seed": int(result["seed"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{file} is no result of a run", "remove it: it will be run again") from error
    return sorted(found, key=lambda result: (TABLE_TASKS.index(result["task"]), result["seed"]))


def table(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lines of which there are results: median, worst seed and how many are without a wrong bit.

    Args:
        found: as `results` gives them.

    Returns:
        `bits` are wrong bits a sequence, for N-grams the surprise above the optimum.
    """
    lines = []
    for row in ROWS:
        measured = [
            (_bits(line), line["perfect_sequences"], line["sequences"], result["seed"])
            for result in found
            if result["task"] == row.task
            for line in result["rows"]
            if line["locations"] == row.locations and row.sizes.items() <= line["sizes"].items()
        ]
        if not measured:
            continue
        worst = max(measured)
        lines.append(
            {
                **dataclasses.asdict(row),
                "seeds": len(measured),
                "median": round(statistics.median(bits for bits, *_ in measured), 4),
                "worst": round(worst[0], 4),
                "worst_seed": worst[3],
                "fewest_perfect": min(perfect for _, perfect, *_ in measured),
                "sequences": worst[2],
            }
        )
    return lines


def _bits(line: Mapping[str, Any]) -> float:
    optimal = line.get("optimal_bits_per_sequence")
    return float(line["bits_per_sequence"] - (optimal or 0.0))
