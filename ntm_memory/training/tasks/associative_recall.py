"""Associative recall (section 4.3): shown an item of a list again, say the item that came after it."""

from __future__ import annotations

import numpy as np

from ntm_memory.errors import whole_number
from ntm_memory.training.tasks.base import LARGEST_SIZE, SequenceBatch, Sizes, Task, random_bits


class AssociativeRecall(Task):
    """Items of `rows` rows of `width` bits, each after a delimiter; an item again between two query delimiters."""

    name = "associative-recall"
    ranges = {"items": (2, 6)}
    smallest = {"items": 2}

    def __init__(self, width: int = 6, rows: int = 3) -> None:
        whole_number("width", width, 1, LARGEST_SIZE)
        whole_number("rows", rows, 1, LARGEST_SIZE)
        self.width = width
        self.rows = rows
        self.input_size = width + 2
        self.output_size = width

    def rows_kept(self, sizes: Sizes) -> int:
        """See `Task.rows_kept`; the delimiters tell items apart."""
        return sizes["items"] * (self.rows + 1)

    def sample(self, rng: np.random.Generator, batch: int, sizes: Sizes) -> SequenceBatch:
        """See `Task.sample`; any item but the last is asked about."""
        count, rows, width = sizes["items"], self.rows, self.width
        items = random_bits(rng, count, rows, batch, width)
        shown = count * (rows + 1)
        steps = shown + 2 * rows + 2
        inputs = np.zeros((steps, batch, self.input_size))
        by_item = inputs[:shown].reshape(count, rows + 1, batch, self.input_size)
        by_item[:, 0, :, width] = 1
        by_item[:, 1:, :, :width] = items
        asked, each = rng.integers(0, count - 1, size=batch), np.arange(batch)
        inputs[shown, :, width + 1] = 1
        inputs[shown + 1 : shown + 1 + rows, :, :width] = items[asked, :, each].swapaxes(0, 1)
        inputs[shown + 1 + rows, :, width + 1] = 1
        targets = np.zeros((steps, batch, self.output_size))
        targets[-rows:] = items[asked + 1, :, each].swapaxes(0, 1)
        return SequenceBatch(inputs, targets, np.arange(steps) >= steps - rows)
