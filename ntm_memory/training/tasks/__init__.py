"""The five tasks of the paper (sections 4.1 to 4.5), by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ntm_memory.errors import BadValueError
from ntm_memory.training.tasks.associative_recall import AssociativeRecall
from ntm_memory.training.tasks.base import SequenceBatch, Sizes, Task
from ntm_memory.training.tasks.copy import Copy
from ntm_memory.training.tasks.ngram import NGram
from ntm_memory.training.tasks.priority_sort import PrioritySort
from ntm_memory.training.tasks.repeat_copy import RepeatCopy

__all__ = ["TASKS", "SequenceBatch", "Sizes", "Task", "known_task", "make_task"]

TASKS: dict[str, Callable[..., Task]] = {
    "copy": Copy,
    "repeat-copy": RepeatCopy,
    "associative-recall": AssociativeRecall,
    "ngram": NGram,
    "priority-sort": PrioritySort,
}


def known_task(name: str) -> Callable[..., Task]:
    """What makes a task of this name.

    Raises:
        BadValueError: there is none.
    """
    if name not in TASKS:
        raise BadValueError(f"there is no task called {name!r}", f"tasks: {', '.join(TASKS)}")
    return TASKS[name]


def make_task(name: str, options: Mapping[str, Any] | None = None) -> Task:
    """A task by name.

    Args:
        name: one of TASKS.
        options: what the task's constructor takes, e.g. `{"width": 6}`.

    Raises:
        BadValueError: unknown task or option.
    """
    make = known_task(name)
    try:
        return make(**(options or {}))
    except TypeError as error:
        raise BadValueError(f"options of the task {name} are wrong: {error}") from error
