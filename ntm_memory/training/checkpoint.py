"""Trained cores: parameters, the settings they fit, and what they scored; those that ship with the package, by task."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.machine.network import Machine
from ntm_memory.machine.parameters import MachineParameters
from ntm_memory.machine.settings import MachineSettings
from ntm_memory.persistence.checkpoint import Arrays, CheckpointKind
from ntm_memory.training.compiled import make_machine
from ntm_memory.training.settings import TrainingSettings
from ntm_memory.training.tasks import Task, known_task, make_task


@dataclass(frozen=True)
class Core:
    """A trained machine and where it comes from."""

    machine: Machine
    training: TrainingSettings
    metrics: Mapping[str, Any]
    command: str = ""
    """How to make it again."""

    @property
    def task(self) -> Task:
        """The task it was trained on."""
        return make_task(self.training.task, self.training.task_options)

    def with_memory(self, size: int) -> Core:
        """The same parameters on a memory of another size."""
        settings = dataclasses.replace(self.machine.settings, memory_size=size)
        return dataclasses.replace(self, machine=make_machine(settings, self.machine.parameters))


def save_core(path: Path, core: Core) -> None:
    """Write a core to a file, as a whole or not at all."""
    header = {
        "task": core.training.task,
        "machine": dataclasses.asdict(core.machine.settings),
        "training": core.training.to_mapping(),
        "metrics": dict(core.metrics),
        "command": core.command,
    }
    _CORES.save(path, header, core.machine.parameters.arrays())


def load_core(path: Path) -> Core:
    """Read what `save_core` wrote.

    Raises:
        CheckpointError: missing, damaged, foreign, or of another kind.
    """
    return _CORES.load(path)


def shipped_core(task: str) -> Core:
    """The core that ships with the package.

    Raises:
        BadValueError: there is no such task.
        NotFoundError: no core ships for it.
    """
    known_task(task)
    core = _CORES.shipped("ntm_memory.training", task)
    if core is None:
        raise NotFoundError(f"no trained core ships for {task}", f"train one: train.py {task}")
    return core


def _restore(header: Mapping[str, Any], arrays: Arrays) -> Core:
    settings = MachineSettings.from_mapping(header["machine"])
    training = TrainingSettings.from_mapping(header["training"])
    parameters = MachineParameters(settings)
    parameters.load(arrays)
    demanded = training.machine_settings()
    if (settings.input_size, settings.output_size) != (demanded.input_size, demanded.output_size):
        raise BadValueError(f"the machine has other inputs and outputs than the task {training.task}")
    return Core(make_machine(settings, parameters), training, dict(header["metrics"]), str(header["command"]))


_CORES = CheckpointKind("core", "a trained core", "give the core.npz of a run's folder", _restore)
