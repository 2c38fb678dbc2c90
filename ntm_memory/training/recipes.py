"""Recorded settings that converged, task by task, and the sizes at which a trained core is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.errors import BadValueError
from ntm_memory.training.settings import TrainingSettings
from ntm_memory.training.tasks import known_task

# Gates that start closed keep content, which differs from sequence to sequence, from disturbing the heads' walk; small
# batches learn from fewer sequences; a rate that cools for most of the run sharpens the walk for longer sequences.
_BY_LOCATION: dict[str, Any] = {"gate_bias": -2.0, "settle_rate": 1.0}

# Once nearly all sequences are easy, the rare one that fails must not be clipped to the usual gradient, and a
# validation must be large enough to meet one.
_RARE_FAILURES_TEACH: dict[str, Any] = {"clip_floor": 1.0, "validation_sequences": 100, "validate_every": 1600}

_RECIPES: dict[str, dict[str, Any]] = {
    # Memories of other sizes in every batch, many of them tight: what a head spills over memory while it has nothing to
    # write must not hurt when memory is nearly full, as it is at length 120. It is learned after 10,000 sequences; what
    # follows is for lengths that were never trained.
    "copy": {
        **_BY_LOCATION,
        **_RARE_FAILURES_TEACH,
        "sequences": 48_000,
        "batch": 8,
        "cool": 0.8,
        "memory_sizes": (22, 64),
        "validation": ({"length": 60}, {"length": 120}),
    },
    # The number in pulses, a curriculum that waits until 99 of 100 bits are right, and repeats up to 24: what makes it
    # count (bench/RESULTS.md).
    "repeat-copy": {
        "task_options": {"number": "pulses", "largest_length": 20, "largest_repeats": 24, "largest_answer": 480},
        "sequences": 300_000,
        "batch": 8,
        "learning_rate": 2e-3,
        "reach": 0.12,
        "widen": 0.05,
        "widen_below": 0.01,
        "settle_below": 0.1,
        "settle_rate": 0.5,
        "cool": 0.5,
        "validation": ({"length": 20, "repeats": 20},),
        "validation_sequences": 64,
        "validate_every": 10_000,
    },
    "associative-recall": {
        **_BY_LOCATION,
        **_RARE_FAILURES_TEACH,
        "sequences": 32_000,
        "batch": 4,
        "learning_rate": 2e-3,
        "cool": 0.6,
        "validation": ({"items": 12}, {"items": 16}),
    },
    # Trained where the write head comes round and meets its own traces, on half of the paper's memory: fast, and on the
    # whole of it the same weights do better than ever in training.
    "ngram": {
        "task_options": {"shortest": 100},
        "memory_sizes": (64, 64),
        "sequences": 200_000,
        "batch": 4,
        "learning_rate": 2e-3,
        "cool": 0.9,
        "validation_sequences": 64,
        "validate_every": 8000,
    },
    # Fingerprints for the heads to meet at, several heads, and a rate that cools for most of the run: it sorts by
    # selection, reading the highest priority and marking its row (bench/RESULTS.md). Learned on a tight memory, then,
    # with all 20 items, on others up to larger than the paper's: else it would sort on a tight one only.
    "priority-sort": {
        "machine": {"memory_size": 40, "memory_start": "small_random", "read_heads": 4, "write_heads": 4},
        "memory_sizes": (40, 320),
        "memory_sizes_from": 1.0,
        "core_memory_size": 128,
        "choose_after": 130_000,
        "sequences": 360_000,
        "batch": 8,
        "settle_rate": 1.0,
        "cool": 0.8,
        "clip_floor": 1.0,
        "reach": 0.23,
        "widen": 0.0556,
        "widen_below": 0.1,
        "validation_sequences": 128,
        "validate_every": 4000,
    },
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


def task_recipe(task: str, *changes: Mapping[str, Any]) -> TrainingSettings:
    """The recorded settings of a task, with some changed.

    Args:
        task: one of TASKS.
        changes: training settings by name, later ones winning; `machine` and `task_options` are merged key by key.

    Raises:
        BadValueError: unknown task or setting, or a value out of range.
    """
    known_task(task)
    chosen: dict[str, Any] = {**_RECIPES[task], "task": task}
    for name, value in (item for each in changes for item in each.items()):
        if name == "task" and value != task:
            raise BadValueError(f"the settings are for the task {value!r}, not {task!r}")
        merged = name in ("machine", "task_options") and isinstance(value, Mapping)
        chosen[name] = {**chosen.get(name, {}), **value} if merged else value
    return TrainingSettings.from_mapping(chosen)
