"""What is trained how: all settings of a training run, checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ntm_memory.errors import BadValueError, only_known, real_number, whole_number
from ntm_memory.machine.settings import LARGEST_MEMORY, MachineSettings
from ntm_memory.training.tasks import Task, make_task


@dataclass(frozen=True)
class TrainingSettings:
    """All that decides a training run; with the same numbers it gives the same parameters."""

    task: str
    task_options: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    """Machine settings besides the input's and output's size."""
    memory_sizes: tuple[int, int] | None = None
    """Train every batch on a memory of another size, drawn from this range."""
    memory_sizes_from: float = 0.0
    """The curriculum's reach from which on it does; before, every batch is on the machine's own size."""
    core_memory_size: int | None = None
    """Locations on which the core is validated and which it has at the end; None: the machine's own."""
    gate_bias: float = 0.0
    """Where the gates start: at −2 heads begin by location, which copying needs and content can disturb."""
    seed: int = 0
    sequences: int = 20_000
    batch: int = 16
    optimiser: str = "adam"
    learning_rate: float = 3e-3
    clip: float = 1.0
    """Largest global norm of a gradient."""
    clip_factor: float = 3.0
    """…and at most so many times the median norm of the last 100 batches: one odd batch cannot undo everything."""
    clip_floor: float = 0.1
    """…but never below this: a rare sequence that fails must still teach when all others have become easy."""
    settle_below: float = 1.0
    """Wrong bits a sequence (mean of the last 50 batches) below which the learning rate falls, for good."""
    settle_rate: float = 0.2
    cool: float = 0.25
    """Last share of what is left of the run once the curriculum is done: the learning rate falls to nothing over it."""
    reach: float = 1.0
    """Share of every size's range that the curriculum starts with; 1: no curriculum."""
    widen: float = 0.1
    widen_below: float = 0.05
    """Share of wrong answer bits (last 50 batches) below which the curriculum widens."""
    validation: tuple[Mapping[str, int], ...] = ()
    """Sizes, longer than trained, on which the checkpoint is chosen, besides the largest trained ones."""
    validation_sequences: int = 32
    validate_every: int = 800
    """Sequences between validations."""
    choose_after: int | None = None
    """Of several starts (`restarts`) only the best goes on after so many sequences; None: all are trained on."""

    def __post_init__(self) -> None:
        for name in ("sequences", "batch", "validation_sequences", "validate_every"):
            whole_number(name, getattr(self, name), 1)
        whole_number("seed", self.seed, 0)
        if self.choose_after is not None:
            whole_number("choose_after", self.choose_after, 1)
        for name, high in _POSITIVE.items():
            real_number(name, getattr(self, name), 0, high, above=True)
        for name, (low, high) in _FROM_TO.items():
            real_number(name, getattr(self, name), low, high)
        for name in ("task_options", "machine"):
            if not isinstance(getattr(self, name), Mapping):
                raise BadValueError(f"{name} must be settings by name, not {getattr(self, name)!r}")
        self._check_memory_sizes()
        self.machine_settings()
        task = self.make_task()
        for sizes in self.validation:
            task.complete(sizes)

    def _check_memory_sizes(self) -> None:
        if self.core_memory_size is not None:
            whole_number("core_memory_size", self.core_memory_size, 1, LARGEST_MEMORY)
        sizes = self.memory_sizes
        if sizes is None:
            return
        if len(sizes) != 2:
            raise BadValueError(f"memory_sizes must be two numbers, smallest and largest, not {sizes!r}")
        smallest = whole_number("memory_sizes", sizes[0], 1, LARGEST_MEMORY)
        whole_number("memory_sizes", sizes[1], smallest, LARGEST_MEMORY)

    def make_task(self) -> Task:
        """The task itself."""
        return make_task(self.task, self.task_options)

    def machine_settings(self) -> MachineSettings:
        """The machine's settings, with the sizes that the task demands."""
        task = self.make_task()
        sizes = {"input_size": task.input_size, "output_size": task.output_size}
        if given := sorted(set(sizes) & set(self.machine)):
            raise BadValueError(f"machine holds {', '.join(given)}, which the task {self.task} decides")
        return MachineSettings.from_mapping({**self.machine, **sizes})

    def to_mapping(self) -> dict[str, Any]:
        """Plain values, for a checkpoint's header."""
        return dataclasses.asdict(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> TrainingSettings:
        """The inverse of `to_mapping`, and the reader of `--config` files.

        Raises:
            BadValueError: an unknown name, or a value out of range.
        """
        only_known("training settings", values, (each.name for each in dataclasses.fields(cls)))
        given = dict(values)
        for name, wanted in (("validation", "a list of sizes by name"), ("memory_sizes", "two whole numbers")):
            if given.get(name) is not None:
                if not isinstance(given[name], Sequence) or isinstance(given[name], str):
                    raise BadValueError(f"{name} must be {wanted}, not {given[name]!r}")
                given[name] = tuple(given[name])
        if not all(isinstance(sizes, Mapping) for sizes in given.get("validation") or ()):
            raise BadValueError(f"validation must be a list of sizes by name, not {given['validation']!r}")
        return cls(**given)


_FROM_TO = {"memory_sizes_from": (0.0, 1.0), "gate_bias": (-100.0, 100.0), "settle_below": (0.0, 1e6)}
_POSITIVE = {
    "learning_rate": 1.0,
    "clip": 1e6,
    "clip_factor": 1e6,
    "clip_floor": 1e6,
    "settle_rate": 1.0,
    "cool": 1.0,
    "reach": 1.0,
    "widen": 1.0,
    "widen_below": 1.0,
}
