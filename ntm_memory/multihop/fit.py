"""Learning what features weigh, from questions whose memories are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.flat import FlatArrays
from ntm_memory.machine.optimisers import Adam
from ntm_memory.multihop.hop_features import Block
from ntm_memory.multihop.hops import Ask, Hypotheses, backward, follow
from ntm_memory.multihop.parameters import FEATURES, SHAPES, Array, HopParameters

GUIDE = 0.3  # how much reads on right paths count beside the ranking
# plausible before anything is learned: every feature speaks for a memory, two of three paths lead somewhere
_START = {"first": 0.5, "next": 0.5, "keep": 1.0, "null": 2.0, "mix": 1.0}
_LINK = 4.0  # whoever told a link meant it


@dataclass(frozen=True)
class ChainExample:
    """A question and the memories that answer it.

    Args:
        first: what the first read can choose from.
        ask: paths → what each can go on with.
        gold: (g,) memories, g ≥ 1.
        weight: how much it counts.
    """

    first: Block
    ask: Ask
    gold: NDArray[np.int64]
    weight: float = 1.0


def start() -> HopParameters:
    """Where learning begins."""
    values = {name: np.full(shape, _START[name]) for name, shape in SHAPES.items()}
    values["next"][FEATURES["next"].index("link")] = _LINK
    return HopParameters(**values)


def loss(hypotheses: Hypotheses, gold: NDArray[np.int64]) -> float:
    """What is learned from: the ranking over the whole chain, and every read that stands on a right path.

    The ranking's part is listwise cross entropy, −mean log of the attention on the gold memories that any read could
    choose. A read after nothing but gold memories should choose one that is missing yet, or nothing if none is:
    `GUIDE` × its cross entropy, mean over those reads.
    """
    rows = np.flatnonzero(np.isin(hypotheses.index, gold))
    ranking = -float(np.log(hypotheses.weights[rows]).sum()) / len(gold)
    guides = _guides(hypotheses, gold)
    reads = [(hypotheses.reads[number], wanted, nothing) for number, (wanted, nothing) in guides.items()]
    return ranking + sum(float(wanted @ read.log_weights) + nothing * read.log_null for read, wanted, nothing in reads)


def gradient(parameters: HopParameters, hypotheses: Hypotheses, gold: NDArray[np.int64]) -> dict[str, Array]:
    """Gradient of `loss` by every parameter, through every hop."""
    wanted = np.isin(hypotheses.index, gold)
    grad = (hypotheses.weights * wanted.sum() - wanted) / len(gold)
    return backward(parameters, hypotheses, grad, _guides(hypotheses, gold))


def _guides(hypotheses: Hypotheses, gold: NDArray[np.int64]) -> dict[int, tuple[Array, float]]:
    """For each read on a right path the gradient of its part of the loss by its log weights, and by that on nothing."""
    right = set(gold.tolist())
    numbers = [number for number, read in enumerate(hypotheses.reads) if read.path and set(read.path) <= right]
    guides = {}
    for number in numbers:
        missing = np.isin(hypotheses.reads[number].block.candidates, gold)
        share = GUIDE / len(numbers)
        if set(hypotheses.reads[number].path) == right:
            guides[number] = np.zeros(len(missing)), -share
        elif missing.any():
            guides[number] = -share * missing / missing.sum(), 0.0
    return guides


def fit(
    begin: HopParameters,
    examples: Sequence[ChainExample],
    *,
    hops: int,
    steps: int = 150,
    rate: float = 0.03,
    decay: float = 1e-3,
    progress: Callable[[int, float], None] | None = None,
) -> HopParameters:
    """Adam on the mean loss over 2…`hops` reads, pulled towards where it began.

    Args:
        begin: parameters to begin with.
        examples: questions with their answers.
        hops: the most reads in a row, ≥ 2.
        steps: passes over all examples.
        rate: step size.
        decay: pull per step towards `begin`.
        progress: called with the step and its mean loss.
    """
    before = vars(begin)
    values, slopes = FlatArrays(SHAPES, np.float64), FlatArrays(SHAPES, np.float64)
    values.load(before)
    adam = Adam(values.flat.size, np.float64, literal=True)
    for step in range(1, steps + 1):
        mean, grads = _mean(_named(values), examples, range(2, hops + 1))
        for name, grad in grads.items():
            slopes[name] = grad + decay * (values[name] - before[name])
        adam.update(values.flat, slopes.flat, rate)
        if progress is not None:
            progress(step, mean)
    return _named(values)


def _named(values: FlatArrays) -> HopParameters:
    return HopParameters(**{name: np.asarray(value, dtype=np.float64) for name, value in values.arrays().items()})


def _mean(
    parameters: HopParameters, examples: Sequence[ChainExample], depths: Sequence[int]
) -> tuple[float, Mapping[str, Array]]:
    total = sum(example.weight for example in examples) * len(depths)
    mean, grads = 0.0, {name: np.zeros(shape) for name, shape in SHAPES.items()}
    for example in examples:
        for hops in depths:
            hypotheses = follow(parameters, example.first, example.ask, hops)
            mean += example.weight / total * loss(hypotheses, example.gold)
            for name, grad in gradient(parameters, hypotheses, example.gold).items():
                grads[name] += example.weight / total * grad
    return mean, grads
