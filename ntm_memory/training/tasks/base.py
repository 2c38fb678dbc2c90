"""What a task is: it draws batches of sequences whose answers are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError, whole_number

Array = NDArray[np.floating[Any]]
Sizes = Mapping[str, int]
LARGEST_SIZE = 10_000


@dataclass(frozen=True)
class SequenceBatch:
    """B sequences of the same sizes."""

    inputs: Array  # (T, B, I)
    targets: Array  # (T, B, O), 0 or 1
    answer: NDArray[np.bool_]  # (T,): the steps at which the target is asked for

    @property
    def target_bits(self) -> int:
        """Bits of one sequence's answer."""
        asked: int = self.targets[self.answer, 0].size
        return asked


class Task:
    """Base of the five tasks: names its sizes, their trained ranges, and draws sequences of given sizes."""

    name: ClassVar[str]
    ranges: Mapping[str, tuple[int, int]]
    """Size → smallest and largest value trained on."""
    smallest: ClassVar[Mapping[str, int]] = {}
    """Size → smallest value that makes sense, where that is not 1."""
    input_size: int
    output_size: int
    probabilistic: ClassVar[bool] = False
    """Targets are random draws: cost is measured in bits of surprise, not in wrong bits."""

    def sample(self, rng: np.random.Generator, batch: int, sizes: Sizes) -> SequenceBatch:
        """Draw `batch` sequences, all of the given sizes."""
        raise NotImplementedError

    def draw_sizes(self, rng: np.random.Generator, reach: float) -> dict[str, int]:
        """Draw sizes uniformly from the lower `reach` part of every range.

        Args:
            rng: source of chance.
            reach: 0 (only the smallest) to 1 (the whole range): what a curriculum widens.
        """
        return {
            name: int(rng.integers(low, low + round(reach * (high - low)) + 1))
            for name, (low, high) in self.ranges.items()
        }

    def largest(self) -> dict[str, int]:
        """The largest sizes trained on."""
        return {name: high for name, (_, high) in self.ranges.items()}

    def rows_kept(self, sizes: Sizes) -> int:
        """How many rows must be in memory at once to answer; 0 where that is not known."""
        return 0

    def complete(self, sizes: Sizes) -> dict[str, int]:
        """Fill in the largest trained sizes where none are given.

        Raises:
            BadValueError: a size this task does not have, or one out of range.
        """
        for name, value in sizes.items():
            if name not in self.ranges:
                known = ", ".join(self.ranges)
                raise BadValueError(f"the task {self.name} has no size called {name}", f"its sizes: {known}")
            whole_number(name, value, self.smallest.get(name, 1), LARGEST_SIZE)
        return {**self.largest(), **sizes}

    def usual(self, sizes: Sizes) -> dict[str, int]:
        """Fill in, where none are given, the largest sizes that were trained together with the given ones.

        Raises:
            BadValueError: as `complete`.
        """
        return self.complete(sizes)


def random_bits(rng: np.random.Generator, *shape: int) -> Array:
    """Fair coin tosses, 0.0 or 1.0."""
    return rng.integers(0, 2, size=shape).astype(np.float64)
