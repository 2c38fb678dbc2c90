"""Repeat copy (section 4.2): say a sequence again a given number of times, then an end marker."""

from __future__ import annotations

import numpy as np

from ntm_memory.errors import BadValueError, one_of, whole_number
from ntm_memory.training.tasks.base import LARGEST_SIZE, Array, SequenceBatch, Sizes, Task, random_bits

LARGEST_ANSWER = 100_000


class RepeatCopy(Task):
    """Rows of `width` bits, the number of copies on its own channel, then the copies and an end marker are asked for.

    Args:
        width: bits of a row.
        number: how the number is said. `scalar`, the paper's way: one value, normalised to mean 0 and variance 1 over
            the trained range. `pulses`: so many steps with the channel on, before the delimiter.
        largest_length: of the trained range, which starts at 1.
        largest_repeats: of the trained range, which starts at 1.
        largest_answer: train on no answer of more rows than that: long sequences are repeated less often.
    """

    name = "repeat-copy"

    def __init__(
        self,
        width: int = 8,
        number: str = "scalar",
        largest_length: int = 10,
        largest_repeats: int = 10,
        largest_answer: int | None = None,
    ) -> None:
        one_of("number", number, ("scalar", "pulses"))
        whole_number("width", width, 1, LARGEST_SIZE)
        whole_number("largest_length", largest_length, 1, LARGEST_SIZE)
        # one value alone has no variance to be normalised to
        whole_number("largest_repeats", largest_repeats, 2 if number == "scalar" else 1, LARGEST_SIZE)
        if largest_answer is not None:
            whole_number("largest_answer", largest_answer, 1)
        self.ranges = {"length": (1, largest_length), "repeats": (1, largest_repeats)}
        self.largest_answer = largest_answer
        self.width = width
        self.number = number
        self.input_size = width + 2
        self.output_size = width + 1

    def rows_kept(self, sizes: Sizes) -> int:
        """See `Task.rows_kept`."""
        return sizes["length"]

    def sample(self, rng: np.random.Generator, batch: int, sizes: Sizes) -> SequenceBatch:
        """See `Task.sample`; the answer is length · repeats rows and the end marker."""
        length, repeats = sizes["length"], sizes["repeats"]
        rows = random_bits(rng, length, batch, self.width)
        told = self._told(repeats)
        asked = length + len(told)  # the first step of the answer
        steps = asked + length * repeats + 1
        inputs = np.zeros((steps, batch, self.input_size))
        inputs[:length, :, : self.width] = rows
        inputs[length:asked, :, self.width :] = told[:, None]
        targets = np.zeros((steps, batch, self.output_size))
        targets[asked:-1, :, : self.width] = np.tile(rows, (repeats, 1, 1))
        targets[-1, :, self.width] = 1
        return SequenceBatch(inputs, targets, np.arange(steps) >= asked)

    def draw_sizes(self, rng: np.random.Generator, reach: float) -> dict[str, int]:
        """See `Task.draw_sizes`."""
        sizes = super().draw_sizes(rng, reach)
        if self.largest_answer is not None:
            sizes["repeats"] = min(sizes["repeats"], max(1, self.largest_answer // sizes["length"]))
        return sizes

    def usual(self, sizes: Sizes) -> dict[str, int]:
        """See `Task.usual`: the answer stays within `largest_answer` if one size is left to choose."""
        chosen = self.complete(sizes)
        free = next((name for name in ("repeats", "length") if name not in sizes), None)
        if self.largest_answer is not None and free is not None:
            other = chosen["length" if free == "repeats" else "repeats"]
            chosen[free] = min(chosen[free], max(1, self.largest_answer // other))
        return chosen

    def complete(self, sizes: Sizes) -> dict[str, int]:
        """See `Task.complete`; the answer has at most `LARGEST_ANSWER` rows."""
        chosen = super().complete(sizes)
        if sizes and chosen["length"] * chosen["repeats"] > LARGEST_ANSWER:
            asked = f"{chosen['length']} x {chosen['repeats']}"
            raise BadValueError(f"length x repeats must be at most {LARGEST_ANSWER:,} rows of answer, not {asked}")
        return chosen

    def _told(self, repeats: int) -> Array:
        """(steps, 2): the delimiter's channel and the number's."""
        if self.number == "pulses":
            return np.array([[0.0, 1.0]] * repeats + [[1.0, 0.0]])
        low, high = self.ranges["repeats"]
        counts = np.arange(low, high + 1)
        return np.array([[1.0, (repeats - counts.mean()) / counts.std()]])
