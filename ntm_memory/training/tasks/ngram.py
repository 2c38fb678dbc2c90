"""Dynamic N-grams (section 4.4): predict the next bit of a source whose probabilities are new in every sequence."""

from __future__ import annotations

import numpy as np

from ntm_memory.errors import whole_number
from ntm_memory.training.tasks.base import Array, SequenceBatch, Sizes, Task, random_bits

CONTEXT = 5
LENGTH = 200


class NGram(Task):
    """Bits of a binary 6-gram source: a table of 32 probabilities drawn from Beta(½, ½) for every sequence.

    At each step the network is shown the bit before and asked for the next one; the first five bits are fair.

    Args:
        shortest: of the lengths trained on; the longest is the paper's 200.
    """

    name = "ngram"
    probabilistic = True

    def __init__(self, shortest: int = LENGTH) -> None:
        whole_number("shortest", shortest, 1, LENGTH)
        self.ranges = {"length": (shortest, LENGTH)}
        self.input_size = 1
        self.output_size = 1

    def sample(self, rng: np.random.Generator, batch: int, sizes: Sizes) -> SequenceBatch:
        """See `Task.sample`; T = length."""
        length = sizes["length"]
        table = rng.beta(0.5, 0.5, size=(batch, 2**CONTEXT))
        bits = random_bits(rng, length, batch)
        chance = rng.random((length, batch))
        context, each = _context_numbers(bits[:CONTEXT]), np.arange(batch)
        for t in range(CONTEXT, length):
            bits[t] = chance[t] < table[each, context]
            context = (2 * context + bits[t].astype(np.int64)) % 2**CONTEXT
        inputs = np.zeros((length, batch, 1))
        inputs[1:, :, 0] = bits[:-1]
        return SequenceBatch(inputs, bits[:, :, None], np.ones(length, dtype=np.bool_))


def optimal_bits(bits: Array) -> Array:
    """Cost of the Bayes-optimal estimator, (ones + ½) / (seen + 1) in every context (the paper's equation 10).

    Args:
        bits: (T, B), 0 or 1.

    Returns:
        (B,) bits per sequence; the first five bits cost one each.
    """
    length, batch = bits.shape
    counts = np.full((batch, 2**CONTEXT, 2), 0.5)
    cost = np.full(batch, float(min(CONTEXT, length)))
    context, each = _context_numbers(bits[:CONTEXT]), np.arange(batch)
    for t in range(CONTEXT, length):
        bit = bits[t].astype(np.int64)
        seen = counts[each, context]
        cost -= np.log2(seen[each, bit] / seen.sum(axis=1))
        counts[each, context, bit] += 1
        context = (2 * context + bit) % 2**CONTEXT
    return cost


def _context_numbers(first: Array) -> np.ndarray:
    """(B,): the bits so far, read as a binary number."""
    powers = 2 ** np.arange(len(first))[::-1]
    return powers @ first.astype(np.int64)
