"""How good is a machine at a task, at given sizes, on fresh sequences?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.network import Machine
from ntm_memory.training.loss import bits_per_sequence, wrong_bits
from ntm_memory.training.tasks import SequenceBatch, Sizes, Task
from ntm_memory.training.tasks.ngram import optimal_bits

_AT_ONCE = 32
Watcher = Callable[[SequenceBatch, NDArray[np.int64]], None]
Order = tuple[float, float]
"""Of two machines at a task the smaller is better: wrong bits, then surprise; see `SequenceScore.order`."""


class SequenceScore(NamedTuple):
    """Means over sequences."""

    wrong: float
    """Wrong bits a sequence, answers rounded."""
    surprise: float
    """Cross entropy of a sequence, in bits."""
    perfect: int
    """Sequences without one wrong bit."""
    sequences: int
    target_bits: int
    """Bits of one answer."""
    optimal: float | None
    """What the Bayes-optimal estimator pays on the same sequences; only for random sources."""

    @property
    def order(self) -> Order:
        """Smaller is better: wrong bits, then surprise; surprise alone where bits cannot be known."""
        return (self.wrong if self.optimal is None else 0.0, self.surprise)


def evaluate_machine(
    machine: Machine,
    task: Task,
    sizes: Sizes,
    sequences: int,
    rng: np.random.Generator,
    watch: Watcher | None = None,
) -> SequenceScore:
    """Run `sequences` fresh sequences of the given sizes.

    Args:
        machine: with its parameters.
        task: what to draw.
        sizes: every size of the task.
        sequences: at least 1.
        rng: source of the sequences.
        watch: told every batch and the wrong bits (B,) of its sequences.
    """
    costs = []
    for start in range(0, sequences, _AT_ONCE):
        batch = task.sample(rng, min(_AT_ONCE, sequences - start), sizes)
        costs.append(_costs(machine, task, batch, watch))
    wrong, surprise, optimal = (np.concatenate(each) for each in zip(*costs, strict=True))
    return SequenceScore(
        wrong=float(wrong.mean()),
        surprise=float(surprise.mean()),
        perfect=int((wrong == 0).sum()),
        sequences=sequences,
        target_bits=batch.target_bits,
        optimal=float(optimal.mean()) if task.probabilistic else None,
    )


def mean_order(
    machine: Machine, task: Task, longer: Sequence[Sizes], sequences: int, seed: int | Sequence[int]
) -> Order:
    """Mean `order` at the largest trained sizes and at longer ones, on sequences that are the same every time.

    Args:
        machine: with its parameters.
        task: what to draw.
        longer: the other sizes; what they leave out is the largest trained.
        sequences: of each sizes, at least 1.
        seed: of the sequences.
    """
    orders = []
    for sizes in ({}, *longer):
        rng = np.random.default_rng(seed)
        orders.append(evaluate_machine(machine, task, task.complete(sizes), sequences, rng).order)
    wrong, surprise = np.mean(orders, axis=0).tolist()
    return wrong, surprise


def _costs(machine: Machine, task: Task, batch: SequenceBatch, watch: Watcher | None) -> tuple[np.ndarray, ...]:
    """Wrong bits, surprise and what the optimal estimator pays (nothing where there is none), of each sequence."""
    logits = run(machine, batch)
    wrong = wrong_bits(logits, batch)
    if watch is not None:
        watch(batch, wrong)
    optimal = optimal_bits(batch.targets[:, :, 0]) if task.probabilistic else np.empty(0)
    return wrong, bits_per_sequence(logits, batch), optimal


def run(machine: Machine, batch: SequenceBatch, steps: int = 64) -> np.ndarray:
    """Logits (T, B, O), in pieces of `steps` time steps: long sequences need not keep all their memories at once."""
    pieces, state = [], None
    for start in range(0, len(batch.inputs), steps):
        logits, tape = machine.forward(batch.inputs[start : start + steps], state)
        state = tape.end
        pieces.append(logits)
    return np.concatenate(pieces)
