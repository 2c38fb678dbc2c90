"""A training run from start to end: train, save on the way, choose the core, try it at longer sizes, draw figures."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ntm_memory.errors import BadValueError, CheckpointError
from ntm_memory.machine.kernel import CompiledMachine
from ntm_memory.training import plots
from ntm_memory.training.checkpoint import Core, save_core
from ntm_memory.training.evaluate import SequenceScore, evaluate_machine
from ntm_memory.training.loss import bits_per_sequence
from ntm_memory.training.near_ties import NearTies
from ntm_memory.training.recipes import TRIAL_SIZES
from ntm_memory.training.settings import TrainingSettings
from ntm_memory.training.state import TrainerState, load_state, save_state
from ntm_memory.training.tasks import Sizes
from ntm_memory.training.tasks.ngram import optimal_bits
from ntm_memory.training.trainer import BatchReport, Trainer

STATE_FILE = "run.npz"
CORE_FILE = "core.npz"
_SAVE_SECONDS = 10.0
_TRIAL_SEQUENCES = 100
_TRIAL_STREAM = 2
_LONGEST_SAMPLE = 12


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    state: TrainerState
    finished: bool
    core: Core | None = None
    core_file: Path | None = None
    trials: list[dict[str, Any]] = field(default_factory=list)
    figures: list[Path] = field(default_factory=list)
    undrawn: str = ""
    """Why the figures that were wanted are not there."""


def train(
    settings: TrainingSettings,
    folder: Path,
    *,
    figures: bool = True,
    command: str = "",
    report: Callable[[BatchReport], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Train a core in a folder; a finished run that is there is replaced.

    Args:
        settings: what to train, and how.
        folder: gets `run.npz` (to resume), `core.npz` and the figures.
        figures: draw learning curve, outputs and weightings; without matplotlib they are left out.
        command: noted in the core.
        report: called after every batch.
        stop: asked after every batch; True saves and ends early.

    Raises:
        BadValueError: an unfinished run is in the folder.
    """
    _refuse_unfinished(folder / STATE_FILE)
    trainer = Trainer(settings)
    trainer.state.command = command
    return _run(trainer, folder, figures, report, stop)


def resume(
    folder: Path,
    *,
    expected: Mapping[str, Any] | None = None,
    longer: int | None = None,
    figures: bool = True,
    report: Callable[[BatchReport], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Go on where the run in a folder was saved last, with the settings it began with.

    Args:
        folder: as `train` left it.
        expected: training settings by name that the run must have begun with.
        longer: number of sequences to train on in all, instead of the one the run began with; the learning rate, which
            falls with what is left to do, rises again.
        figures: as for `train`.
        report: as for `train`.
        stop: as for `train`.

    Raises:
        BadValueError: the run began with other settings, or has trained on more sequences than `longer` already.
        CheckpointError: there is nothing to resume, or it is damaged.
    """
    settings, state = load_state(folder / STATE_FILE)
    for name, value in (expected or {}).items():
        if getattr(settings, name) != value:
            raise BadValueError(
                f"the run in {folder} began with {name} {getattr(settings, name)!r}, not {value!r}",
                "it can only go on as it began: leave that out, or train in another folder (--out)",
            )
    if longer is not None and longer != settings.sequences:
        settings = _extended(settings, state, longer)
        state.command += f" && train.py {settings.task} --sequences {longer} --resume"
    return _run(Trainer(settings, state), folder, figures, report, stop)


def _run(
    trainer: Trainer,
    folder: Path,
    figures: bool,
    report: Callable[[BatchReport], None] | None,
    stop: Callable[[], bool],
) -> Outcome:
    run_and_save(trainer, folder / STATE_FILE, report, stop)
    if trainer.state.sequences < trainer.settings.sequences:
        return Outcome(trainer.state, False)
    core = finished_core(trainer)
    save_core(folder / CORE_FILE, core)
    return drawn_outcome(trainer, core, folder, figures)


def drawn_outcome(trainer: Trainer, core: Core, folder: Path, figures: bool) -> Outcome:
    """The outcome of a finished run whose core is saved, with its figures if they are wanted and can be drawn."""
    undrawn = plots.undrawable() if figures else ""
    drawn = draw(core, np.array(trainer.state.history), folder) if figures and not undrawn else []
    return Outcome(trainer.state, True, core, folder / CORE_FILE, list(core.metrics["trials"]), drawn, undrawn)


def _refuse_unfinished(file: Path) -> None:
    try:
        settings, state = load_state(file)
    except CheckpointError:
        return  # nothing that could be gone on with
    if state.sequences < settings.sequences:
        raise BadValueError(
            f"{file} is an unfinished run of {settings.task}: {state.sequences:,} of {settings.sequences:,} sequences",
            "go on with --resume, choose another folder (--out), or remove the file to begin again",
        )


def _extended(settings: TrainingSettings, state: TrainerState, sequences: int) -> TrainingSettings:
    if sequences < state.sequences:
        raise BadValueError(
            f"the run has trained on {state.sequences:,} sequences already, more than {sequences:,}",
            "give a larger --sequences, or start again without --resume",
        )
    return dataclasses.replace(settings, sequences=sequences)


def finished_core(trainer: Trainer) -> Core:
    """The core of the best validated parameters, with its trials."""
    best, state = trainer.best(), trainer.state
    core = Core(best, trainer.settings, {}, state.command)
    rng = np.random.default_rng([trainer.settings.seed, _TRIAL_STREAM])
    trials = []
    for sizes in TRIAL_SIZES[trainer.settings.task]:
        score = evaluate_machine(best, core.task, core.task.complete(sizes), _TRIAL_SEQUENCES, rng)
        trials.append({"sizes": dict(sizes), **describe(score)})
    metrics = {
        "sequences": state.sequences,
        "converged_at": state.converged_at,
        "chosen_at": state.best_at,
        "restored": state.restored,
        "kernel": isinstance(trainer.machine, CompiledMachine),
        "trials": trials,
    }
    return Core(best, trainer.settings, metrics, state.command)


def measured(core: Core, sizes: Sizes, sequences: int, rng: np.random.Generator) -> dict[str, Any]:
    """What `describe` says of a core on fresh sequences; of a priority sort also, as `by_distance`, `NearTies.rows`.

    Args:
        core: what to measure.
        sizes: every size of its task.
        sequences: at least 1.
        rng: source of the sequences.
    """
    ties = NearTies(core.task)
    plain = describe(evaluate_machine(core.machine, core.task, sizes, sequences, rng, ties))
    return {**plain, "by_distance": ties.rows()} if ties.rows() else plain


def describe(score: SequenceScore) -> dict[str, Any]:
    """A score as plain values; bits are wrong bits, or surprise where the source is random."""
    bits = score.wrong if score.optimal is None else score.surprise
    plain: dict[str, Any] = {
        "bits_per_sequence": round(bits, 4),
        "bits_per_target": round(bits / score.target_bits, 6),
        "target_bits": score.target_bits,
        "cross_entropy_bits": round(score.surprise, 4),
        "perfect_sequences": score.perfect,
        "sequences": score.sequences,
    }
    if score.optimal is not None:
        plain["optimal_bits_per_sequence"] = round(score.optimal, 4)
    return plain


def draw(core: Core, history: np.ndarray, folder: Path) -> list[Path]:
    """All figures of a core, in a folder."""
    sizes = {name: min(size, _LONGEST_SAMPLE) for name, size in core.task.largest().items()}
    if core.task.probabilistic:
        sizes = core.task.largest()
    batch = core.task.sample(np.random.default_rng(core.training.seed), 1, sizes)
    return [
        plots.learning_curve(folder / "learning-curve.png", history),
        plots.targets_and_outputs(folder / "targets-and-outputs.png", core.machine, batch),
        plots.weightings(folder / "weightings.png", core.machine, batch),
    ]


def show_sequence(core: Core, sizes: Mapping[str, int], seed: int) -> dict[str, Any]:
    """Run a core on one fresh sequence and show everything.

    Args:
        core: what to run.
        sizes: of the sequence; where none are given, the largest that were trained together.
        seed: of the sequence.
    """
    task = core.task
    chosen = task.usual(sizes)
    batch = task.sample(np.random.default_rng(seed), 1, chosen)
    logits, tape = core.machine.forward(batch.inputs)
    outputs = (logits[batch.answer, 0] > 0).astype(int)
    targets = batch.targets[batch.answer, 0].astype(int)
    looked = tape.weights[:, 0].argmax(axis=2)
    readers = core.machine.settings.read_heads
    cost: dict[str, Any] = {"wrong_bits": int((outputs != targets).sum())}
    if task.probabilistic:  # what was drawn cannot be known, so that a wrong bit may be no mistake
        cost = {
            "bits_per_sequence": round(float(bits_per_sequence(logits, batch)[0]), 4),
            "optimal_bits_per_sequence": round(float(optimal_bits(batch.targets[:, :, 0])[0]), 4),
        }
    return {
        "sizes": chosen,
        "inputs": np.round(batch.inputs[:, 0], 3).tolist(),
        "targets": _bit_rows(targets),
        "outputs": _bit_rows(outputs),
        **cost,
        "read_locations": looked[:, :readers].T.tolist(),
        "write_locations": looked[:, readers:].T.tolist(),
    }


def run_and_save(
    trainer: Trainer, file: Path, report: Callable[[BatchReport], None] | None, stop: Callable[[], bool]
) -> None:
    """Train until done or stopped, saving the run's state every ten seconds and at the end."""
    saved = time.monotonic()

    def after(said: BatchReport) -> None:
        nonlocal saved
        if report is not None:
            report(said)
        if time.monotonic() - saved > _SAVE_SECONDS:
            save_state(file, trainer.settings, trainer.state)
            saved = time.monotonic()

    save_state(file, trainer.settings, trainer.state)
    trainer.run(after, stop)
    save_state(file, trainer.settings, trainer.state)


def _bit_rows(bits: np.ndarray) -> list[str]:
    return ["".join(map(str, row)) for row in bits.tolist()]
