"""Copy (section 4.1): say a sequence of random bit rows again."""

from __future__ import annotations

import numpy as np

from ntm_memory.errors import whole_number
from ntm_memory.training.tasks.base import LARGEST_SIZE, SequenceBatch, Sizes, Task, random_bits


class Copy(Task):
    """Rows of `width` bits, a delimiter on its own channel, then the same rows are asked for."""

    name = "copy"
    ranges = {"length": (1, 20)}

    def __init__(self, width: int = 8) -> None:
        whole_number("width", width, 1, LARGEST_SIZE)
        self.width = width
        self.input_size = width + 1
        self.output_size = width

    def rows_kept(self, sizes: Sizes) -> int:
        """See `Task.rows_kept`."""
        return sizes["length"]

    def sample(self, rng: np.random.Generator, batch: int, sizes: Sizes) -> SequenceBatch:
        """See `Task.sample`; T = 2·length + 1."""
        length = sizes["length"]
        rows = random_bits(rng, length, batch, self.width)
        inputs = np.zeros((2 * length + 1, batch, self.input_size))
        inputs[:length, :, : self.width] = rows
        inputs[length, :, self.width] = 1
        targets = np.zeros((2 * length + 1, batch, self.output_size))
        targets[length + 1 :] = rows
        return SequenceBatch(inputs, targets, np.arange(2 * length + 1) > length)
