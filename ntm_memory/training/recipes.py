"""Recorded settings that converged, task by task, and the sizes at which a trained core is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.errors import BadValueError
from ntm_memory.training.settings import TrainingSettings
from ntm_memory.training.tasks import TASKS

# Small batches learn from fewer sequences; gates that start closed keep content, which differs from sequence to
# sequence, from disturbing the heads' walk; a rate that cools sharpens the walk for lengths never trained on.
_BY_LOCATION: dict[str, Any] = {
    "batch": 4,
    "learning_rate": 2e-3,
    "gate_bias": -2.0,
    "settle_rate": 1.0,
    "cool": 0.6,
}

_RECIPES: dict[str, dict[str, Any]] = {
    "copy": {
        **_BY_LOCATION,
        "sequences": 20_000,
        "validation": ({"length": 60}, {"length": 100}),
    },
    "repeat-copy": {"batch": 4, "learning_rate": 2e-3, "sequences": 100_000, "reach": 0.2},
    "associative-recall": {
        **_BY_LOCATION,
        "sequences": 24_000,
        "validation": ({"items": 12}, {"items": 16}),
    },
    "ngram": {"batch": 8, "learning_rate": 1e-3, "sequences": 100_000},
    "priority-sort": {"batch": 4, "learning_rate": 1e-3, "sequences": 200_000, "reach": 0.06},
}

TRIAL_SIZES: dict[str, tuple[Mapping[str, int], ...]] = {
    "copy": ({"length": 20}, {"length": 30}, {"length": 50}, {"length": 120}),
    "repeat-copy": (
        {"length": 10, "repeats": 10},
        {"length": 20, "repeats": 10},
        {"length": 10, "repeats": 20},
        {"length": 20, "repeats": 20},
    ),
    "associative-recall": ({"items": 6}, {"items": 10}, {"items": 15}, {"items": 20}),
    "ngram": ({"length": 200}, {"length": 400}),
    "priority-sort": ({"items": 5}, {"items": 10}, {"items": 20}),
}


def recipe(task: str, changes: Mapping[str, Any] | None = None) -> TrainingSettings:
    """The recorded settings of a task, with some changed.

    Args:
        task: one of TASKS.
        changes: training settings by name; `machine` and `task_options` are merged key by key.

    Raises:
        BadValueError: unknown task or setting, or a value out of range.
    """
    if task not in TASKS:
        raise BadValueError(f"there is no task called {task!r}", f"tasks: {', '.join(TASKS)}")
    chosen: dict[str, Any] = {**_RECIPES[task], "task": task}
    for name, value in (changes or {}).items():
        if name == "task" and value != task:
            raise BadValueError(f"the settings are for the task {value!r}, not {task!r}")
        merged = name in ("machine", "task_options") and isinstance(value, Mapping)
        chosen[name] = {**chosen.get(name, {}), **value} if merged else value
    return TrainingSettings.from_mapping(chosen)
