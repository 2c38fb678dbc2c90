"""Neural Turing Machine: what it learns, how fast, and how far it generalises. One JSON line a seed, then a summary.

    python -m bench.ntm_tasks TASK [--seeds 10] [--first 0] [--sequences N] [--out FILE]

Every seed is trained from nothing with the recorded recipe (ntm_memory/training/recipes.py); the checkpoint is chosen
by validation at longer sizes, then measured on 100 fresh sequences of every trial size.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from ntm_memory.cli.train_options import named_sizes
from ntm_memory.training.experiment import finished_core
from ntm_memory.training.recipes import task_recipe
from ntm_memory.training.tasks import TASKS
from ntm_memory.training.trainer import Trainer


def one_seed(task: str, seed: int, sequences: int | None) -> dict:
    changes = {"seed": seed} | ({} if sequences is None else {"sequences": sequences})
    trainer = Trainer(task_recipe(task, changes))
    start = time.process_time()
    trainer.run()
    seconds = time.process_time() - start
    metrics = finished_core(trainer).metrics
    last = np.array(trainer.state.history)[-(1600 // trainer.settings.batch) :]
    return {
        "seed": seed,
        "cpu_seconds": round(seconds, 1),
        **{name: metrics[name] for name in ("sequences", "converged_at", "chosen_at", "restored")},
        "last_1600": {"wrong_bits": round(float(last[:, 1].mean()), 4), "bits": round(float(last[:, 2].mean()), 3)},
        "bits": {named_sizes(trial["sizes"]): trial["bits_per_sequence"] for trial in metrics["trials"]},
        "perfect": {named_sizes(trial["sizes"]): trial["perfect_sequences"] for trial in metrics["trials"]},
        "optimal": {
            named_sizes(trial["sizes"]): trial["optimal_bits_per_sequence"]
            for trial in metrics["trials"]
            if "optimal_bits_per_sequence" in trial
        },
    }


def summary_of_seeds(rows: list[dict]) -> dict:
    converged = sorted(row["converged_at"] for row in rows if row["converged_at"] is not None)
    return {
        "seeds": len(rows),
        "converged": len(converged),
        "sequences_to_convergence": converged,
        "bits": {sizes: sorted(row["bits"][sizes] for row in rows) for sizes in rows[0]["bits"]},
        "cpu_seconds": round(sum(row["cpu_seconds"] for row in rows), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--sequences", type=int)
    parser.add_argument("--out", type=Path, help="append the lines to this file too")
    chosen = parser.parse_args()
    rows = []
    for seed in range(chosen.first, chosen.first + chosen.seeds):
        rows.append(one_seed(chosen.task, seed, chosen.sequences))
        tell(rows[-1], chosen.out)
    tell(summary_of_seeds(rows), chosen.out)


def tell(line: dict, out: Path | None) -> None:
    text = json.dumps(line)
    print(text, flush=True)
    if out is not None:
        with out.open("a", encoding="utf-8") as file:
            file.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
