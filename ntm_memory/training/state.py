"""All that a training run remembers, and its way into a file and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError, whole_number
from ntm_memory.machine.optimisers import make_optimiser
from ntm_memory.machine.parameters import MachineParameters
from ntm_memory.persistence.checkpoint import Arrays, CheckpointKind
from ntm_memory.training.settings import TrainingSettings

RECENT = 50
_LONGEST = 1600
_OPTIMISER = "optimiser/"


@dataclass
class TrainerState:
    """Mutable: the trainer changes it batch by batch."""

    rng: np.random.Generator
    parameters: NDArray[Any]
    optimiser: dict[str, NDArray[Any]]
    best_parameters: NDArray[Any]
    calm_parameters: NDArray[Any]
    reach: float
    whole_range_at: int = 0
    """Sequences after which the curriculum was done; meaningless before."""
    command: str = ""
    """How the run was begun, and gone on with."""
    sequences: int = 0
    rate: float = 1.0
    """What settling and restoring have left of the learning rate."""
    settled: bool = False
    calm: bool = False
    """`calm_parameters` hold a state in which the task was all but solved: where a collapse goes back to."""
    restored: int = 0
    converged_at: int | None = None
    best_at: int = 0
    best_score: tuple[float, ...] | None = None
    norms: list[float] = field(default_factory=list)
    recent_wrong: list[float] = field(default_factory=list)
    recent_share: list[float] = field(default_factory=list)
    history: list[tuple[float, float, float, float]] = field(default_factory=list)
    """(sequences, wrong bits, bits, loss) of every batch: the learning curve."""
    validations: list[tuple[float, ...]] = field(default_factory=list)

    @classmethod
    def new(
        cls, settings: TrainingSettings, parameters: NDArray[Any], optimiser: dict[str, NDArray[Any]]
    ) -> TrainerState:
        """The state before the first batch."""
        return cls(
            rng=np.random.default_rng(settings.seed),
            parameters=parameters,
            optimiser=optimiser,
            best_parameters=parameters.copy(),
            calm_parameters=parameters.copy(),
            reach=settings.reach,
        )

    def remember(self, wrong: float, share: float, bits: float, loss: float) -> None:
        """Take note of one batch."""
        self.history.append((float(self.sequences), wrong, bits, loss))
        self.recent_wrong.append(wrong)
        self.recent_share.append(share)
        del self.recent_wrong[:-_LONGEST], self.recent_share[:-_LONGEST]

    def forget_recent(self) -> None:
        """What was measured before no longer describes the present."""
        self.recent_wrong.clear()
        self.recent_share.clear()


_PLAIN = (
    "command",
    "reach",
    "whole_range_at",
    "sequences",
    "rate",
    "settled",
    "calm",
    "restored",
    "converged_at",
    "best_at",
    "norms",
    "recent_wrong",
    "recent_share",
)


def save_state(path: Path, settings: TrainingSettings, state: TrainerState) -> None:
    """Write the run's state to a file, as a whole or not at all."""
    header: dict[str, Any] = {"settings": settings.to_mapping()}
    header["state"] = {name: getattr(state, name) for name in _PLAIN}
    header["state"]["best_score"] = state.best_score
    header["rng"] = state.rng.bit_generator.state
    arrays = {_OPTIMISER + name: value for name, value in state.optimiser.items()}
    arrays |= {
        "parameters": state.parameters,
        "best_parameters": state.best_parameters,
        "calm_parameters": state.calm_parameters,
        "history": np.array(state.history).reshape(-1, 4),
        "validations": np.array(state.validations).reshape(-1, 3),
    }
    _RUNS.save(path, header, arrays)


def load_state(path: Path) -> tuple[TrainingSettings, TrainerState]:
    """Read what `save_state` wrote.

    Raises:
        CheckpointError: missing, damaged, not a training run, or one that does not fit its own settings.
    """
    return _RUNS.load(path)


def _restore(header: Mapping[str, Any], arrays: Arrays) -> tuple[TrainingSettings, TrainerState]:
    plain = dict(header["state"])
    moments = {name: value for name, value in arrays.items() if name.startswith(_OPTIMISER)}
    score = plain.pop("best_score")
    rng = np.random.default_rng()
    rng.bit_generator.state = header["rng"]
    settings = TrainingSettings.from_mapping(header["settings"])
    state = TrainerState(
        rng=rng,
        parameters=arrays["parameters"],
        optimiser={name.removeprefix(_OPTIMISER): value for name, value in moments.items()},
        best_parameters=arrays["best_parameters"],
        calm_parameters=arrays["calm_parameters"],
        best_score=None if score is None else tuple(score),
        history=[tuple(row) for row in arrays["history"].tolist()],
        validations=[tuple(row) for row in arrays["validations"].tolist()],
        **plain,
    )
    _check_fit(settings, state)
    return settings, state


def _check_fit(settings: TrainingSettings, state: TrainerState) -> None:
    """Raise what a `CheckpointKind` turns into one error."""
    size = MachineParameters(settings.machine_settings()).flat.size
    optimiser = make_optimiser(settings.optimiser, size, settings.machine_settings().dtype).state
    if set(optimiser) != set(state.optimiser):
        raise BadValueError(f"the optimiser's state is {sorted(state.optimiser)}, expected {sorted(optimiser)}")
    expected = {name: (array, state.optimiser[name]) for name, array in optimiser.items()}
    for name in ("parameters", "best_parameters", "calm_parameters"):
        expected[name] = state.parameters, getattr(state, name)
    for name, (like, array) in expected.items():
        if array.shape != (like.shape if name in optimiser else (size,)) or not np.isfinite(array).all():
            raise BadValueError(f"{name} has the shape {array.shape} or holds NaN, expected {size} finite numbers")
    whole_number("sequences", state.sequences, 0, settings.sequences)


_RUNS = CheckpointKind(
    "run", "the state of a training run", "resume takes the run.npz of the run's folder", _restore, prefix=""
)
