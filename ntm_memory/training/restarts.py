"""Several starts of one run, of which the best is kept: some seeds of a task learn it in a way that is never as good.

Starts are judged on the memory that the core will have, on sequences that no validation has used. Where the recipe says
when (`choose_after`), all are trained to that point, and only the best of those that have seen the whole range goes on.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError, CheckpointError
from ntm_memory.machine.network import Machine
from ntm_memory.training.checkpoint import save_core
from ntm_memory.training.evaluate import Order, mean_order
from ntm_memory.training.experiment import CORE_FILE, STATE_FILE, Outcome, drawn_outcome, finished_core, run_and_save
from ntm_memory.training.settings import TrainingSettings
from ntm_memory.training.state import load_state
from ntm_memory.training.trainer import BatchReport, Trainer

MOST_RESTARTS = 10
SEED_STEP = 1000
"""Between the seeds of two starts, so that neighbouring runs have none in common."""
_CHOICE_STREAM = 3
_CHOICE_SEQUENCES = 400


class _Start:
    """One of the starts, in a folder of its own; goes on from what is saved there.

    Args:
        settings: of this start.
        folder: its own.
        command: noted in the core.
        report: called after every batch.
        stop: asked after every batch; True saves and ends early.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        folder: Path,
        command: str,
        report: Callable[[BatchReport], None] | None,
        stop: Callable[[], bool],
    ) -> None:
        self.file, self.fate = folder / STATE_FILE, "not begun"
        self.order: Order = (math.inf, math.inf)
        self.settings, self._report, self._stop = settings, report, stop
        try:
            kept, state = load_state(self.file)
        except CheckpointError:
            self.trainer = Trainer(settings)
            self.trainer.state.command = command
        else:
            if kept != settings:
                raise BadValueError(f"{self.file} was begun with other settings", "choose another folder (--out)")
            self.trainer = Trainer(settings, state)

    def run(self, until: int) -> bool:
        """Train on; whether it got there."""
        state = self.trainer.state
        run_and_save(self.trainer, self.file, self._report, lambda: self._stop() or state.sequences >= until)
        return state.sequences >= until

    def judge(self, machine: Machine, fate: str) -> None:
        """Measure a machine of this start on the sequences for the choice."""
        settings, seed = self.settings, (self.settings.seed, _CHOICE_STREAM)
        self.order = mean_order(machine, self.trainer.task, settings.validation, _CHOICE_SEQUENCES, seed)
        self.fate = fate

    def told(self) -> dict[str, Any]:
        """For the core's metrics."""
        wrong, surprise = self.order
        bits = surprise if self.trainer.task.probabilistic else wrong
        measured = {} if math.isinf(bits) else {"bits": round(bits, 4)}
        return {"seed": self.settings.seed, "sequences": self.trainer.state.sequences, "fate": self.fate, **measured}


def train_restarts(
    settings: TrainingSettings,
    folder: Path,
    restarts: int,
    *,
    figures: bool = True,
    command: str = "",
    report: Callable[[BatchReport], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Train up to `restarts` starts in a folder and keep the best; what an interrupted call left there is gone on with.

    Starts after the first have the seed + 1000, + 2000, …. Once one is without a wrong bit, no other is trained.

    Args:
        settings: of the first start.
        folder: gets `core.npz` and the figures; while it is not done, `start-N/run.npz`.
        restarts: 1–10.
        figures: as for `experiment.train`.
        command: noted in the core.
        report: called after every batch.
        stop: asked after every batch; True saves and ends early.

    Raises:
        BadValueError: the folder holds starts with other settings.
    """
    seeds = [settings.seed + SEED_STEP * number for number in range(restarts)]
    each = [dataclasses.replace(settings, seed=seed) for seed in seeds]
    starts = [_Start(one, folder / f"start-{number}", command, report, stop) for number, one in enumerate(each, 1)]
    going_on, first = starts, settings.choose_after
    if first and restarts > 1:
        going_on = _promising(starts, min(first, settings.sequences))
    for start in going_on:
        if not start.run(settings.sequences):
            return _unfinished(starts)
        start.judge(start.trainer.best(), "trained to the end")
        if start.order[0] == 0 and not start.trainer.task.probabilistic:
            break
    return _kept(going_on, starts, folder, figures) if going_on else _unfinished(starts)


def _kept(going_on: list[_Start], starts: list[_Start], folder: Path, figures: bool) -> Outcome:
    """Save the best as the folder's core; what the starts have left there is no longer needed."""
    best = min(going_on, key=lambda start: start.order)
    best.fate = "kept"
    core = finished_core(best.trainer)
    core = dataclasses.replace(core, metrics={**core.metrics, "starts": [start.told() for start in starts]})
    save_core(folder / CORE_FILE, core)
    for start in starts:
        start.file.unlink(missing_ok=True)
        if start.file.parent.is_dir():
            start.file.parent.rmdir()
    return drawn_outcome(best.trainer, core, folder, figures)


def _unfinished(starts: list[_Start]) -> Outcome:
    """Told by the start that was trained last."""
    begun = [start for start in starts if start.trainer.state.sequences]
    return Outcome((begun or starts)[-1].trainer.state, False)


def _promising(starts: list[_Start], until: int) -> list[_Start]:
    """The one start that goes on: the best of those that have seen most of the range; none if stopped before that."""
    for start in starts:
        if not start.run(until):
            return []
        start.judge(start.trainer.as_core(), "dropped")
    return [min(starts, key=lambda start: (-start.trainer.state.reach, start.order))]
