"""How a priority sort's perfect answers depend on how far apart the priorities are that it must tell apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.training.tasks import SequenceBatch, Task
from ntm_memory.training.tasks.priority_sort import PrioritySort

APART = (0.0, 0.0005, 0.001, 0.002, 0.005)
"""Least distances, on a range of priorities of 2."""


class NearTies:
    """A watcher of `evaluate_machine`.

    Args:
        task: of any other kind than a priority sort nothing is noted.
    """

    def __init__(self, task: Task) -> None:
        self._width = task.width if isinstance(task, PrioritySort) else None
        self._least: list[NDArray[np.float64]] = []
        self._perfect: list[NDArray[np.bool_]] = []

    def __call__(self, batch: SequenceBatch, wrong: NDArray[np.int64]) -> None:
        """Take in one batch and the wrong bits (B,) of its sequences."""
        if self._width is None:
            return
        asked = int(batch.answer.sum())
        priorities = batch.inputs[: len(batch.inputs) - asked - 1, :, self._width]
        ordered = -np.sort(-priorities, axis=0)[: asked + 1]  # the first that is not asked for must be told apart, too
        self._least.append(-np.diff(ordered, axis=0).max(axis=0, initial=-2.0))
        self._perfect.append(wrong == 0)

    def rows(self) -> list[dict[str, Any]]:
        """For each of `APART`: of how many sequences whose priorities are so far apart how many were perfect."""
        if not self._least:
            return []
        least, perfect = np.concatenate(self._least), np.concatenate(self._perfect)
        among = [(apart, least >= apart) for apart in APART]
        return [
            {"apart": apart, "sequences": int(chosen.sum()), "perfect": int(perfect[chosen].sum())}
            for apart, chosen in among
        ]
