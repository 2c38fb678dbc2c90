"""Priority sort (section 4.5): say the rows again, highest priority first."""

from __future__ import annotations

import numpy as np

from ntm_memory.errors import whole_number
from ntm_memory.training.tasks.base import LARGEST_SIZE, SequenceBatch, Sizes, Task, random_bits


class PrioritySort(Task):
    """Rows of `width` bits, each with a priority drawn uniformly from −1 to 1, and a delimiter.

    The best four fifths of the rows are asked for in order of priority: of 20 the top 16. Whole rows move together.
    """

    name = "priority-sort"
    ranges = {"items": (2, 20)}

    def __init__(self, width: int = 8) -> None:
        whole_number("width", width, 1, LARGEST_SIZE)
        self.width = width
        self.input_size = width + 2
        self.output_size = width

    def rows_kept(self, sizes: Sizes) -> int:
        """See `Task.rows_kept`."""
        return sizes["items"]

    def sample(self, rng: np.random.Generator, batch: int, sizes: Sizes) -> SequenceBatch:
        """See `Task.sample`; T = items + 1 + ⌈0.8·items⌉."""
        count = sizes["items"]
        asked = -(-4 * count // 5)
        rows = random_bits(rng, count, batch, self.width)
        priority = rng.uniform(-1, 1, size=(count, batch))
        steps = count + 1 + asked
        inputs = np.zeros((steps, batch, self.input_size))
        inputs[:count, :, : self.width] = rows
        inputs[:count, :, self.width] = priority
        inputs[count, :, self.width + 1] = 1
        order = np.argsort(-priority, axis=0, kind="stable")[:asked]
        targets = np.zeros((steps, batch, self.output_size))
        targets[count + 1 :] = np.take_along_axis(rows, order[:, :, None], axis=0)
        return SequenceBatch(inputs, targets, np.arange(steps) > count)
