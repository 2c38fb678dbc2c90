"""Learning the addressing parameters from questions whose memories are known."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.addressing import content_focus
from ntm_memory.machine.flat import FlatArrays
from ntm_memory.machine.optimisers import Adam
from ntm_memory.recall.parameters import Array, RecallParameters
from ntm_memory.recall.read_heads import FLOOR, Places, attend, attend_backward

HEADS = ("mix", "beta", "gate", "shift", "gamma")
RANKER = ("share", "ranker")
Grads = dict[str, Array]


@dataclass(frozen=True)
class RankingExample:
    """A question put to the read heads, and where it should have looked.

    Args:
        features: (n, d) evidence of its candidates.
        places: where they stand.
        gold: (g,) candidates that answer it, g ≥ 1.
        weight: how much it counts.
        previous: (n,) the focus before, or None.
    """

    features: Array
    places: Places
    gold: NDArray[np.int64]
    weight: float = 1.0
    previous: Array | None = None


def loss(parameters: RecallParameters, example: RankingExample) -> float:
    """Listwise cross entropy: −mean log of the attention on the gold candidates (Cao et al. 2007)."""
    attention = attend(parameters, example.features, example.places, example.previous)
    return -float(np.log(attention.weights[example.gold] + 1e-16).mean())


def gradient(parameters: RecallParameters, example: RankingExample) -> Grads:
    """Gradient of `loss` by every parameter, through the addressing of every head."""
    attention = attend(parameters, example.features, example.places, example.previous)
    error = _error(attention.weights, example.gold)
    return attend_backward(parameters, example.features, example.places, example.previous, attention, error)


def fit(
    start: RecallParameters,
    examples: Sequence[RankingExample],
    *,
    steps: int = 40,
    rate: float = 0.03,
    decay: float = 1e-3,
    names: Sequence[str] = HEADS + RANKER,
    batch: int | None = None,
) -> RecallParameters:
    """Learn heads and ranker together: Adam on the mean loss, pulled towards where it started.

    Args:
        start: parameters to begin with.
        examples: questions with their answers; none leaves the parameters as they are.
        steps: passes over all examples.
        rate: step size.
        decay: pull per step towards `start`, so that few examples move little.
        names: the parameters that are learned; `parameters.MAPS` among them make the controller speak.
        batch: so many examples a step, drawn by their weight (the same ones each time); None: all.
    """
    rng = np.random.default_rng(0)

    def mean(values: Grads) -> Grads:
        parameters = dataclasses.replace(start, **values)
        drawn = examples if batch is None else _drawn(examples, batch, rng)
        return _mean(drawn, (gradient(parameters, example) for example in drawn), names)

    return _adam(start, names, mean, steps if examples else 0, rate, decay)


def fit_ranker(
    start: RecallParameters,
    examples: Sequence[RankingExample],
    *,
    steps: int = 80,
    rate: float = 0.03,
    decay: float | Array = 1e-3,
) -> RecallParameters:
    """Learn the ranker alone, the heads being as they are: what they see is computed once, the rest is linear.

    `decay` may be (C, 1), one for each context: what few kinds of memory teach must not be carried far to others.
    """
    seen = [_seen(start, example) for example in examples]
    widths = [start.share.shape[1]]

    def one(values: Grads, found: tuple[Array, Array], example: RankingExample) -> Grads:
        weights, (inputs, offset) = np.concatenate([values["share"], values["ranker"]], axis=1), found
        attention = content_focus(inputs @ (example.places.context @ weights) + offset, 1.0)
        slope = np.outer(example.places.context, inputs.T @ _error(attention, example.gold))
        part, ranker = np.split(slope, widths, axis=1)
        return {"share": part, "ranker": ranker}

    def mean(values: Grads) -> Grads:
        grads = (one(values, found, example) for found, example in zip(seen, examples, strict=True))
        return _mean(examples, grads, RANKER)

    return _adam(start, RANKER, mean, steps if examples else 0, rate, decay)


def _seen(parameters: RecallParameters, example: RankingExample) -> tuple[Array, Array]:
    """((n, H + d) the heads' log-weights and the features, (n,) what the controller's map of the shares adds)."""
    steps = attend(parameters, example.features, example.places, example.previous).steps
    assert steps is not None
    logs = np.log(steps.sharpened + FLOOR)
    offset = parameters.share_map @ example.places.heard @ logs
    return np.concatenate([logs.T, example.features], axis=1), offset


def _drawn(examples: Sequence[RankingExample], batch: int, rng: np.random.Generator) -> list[RankingExample]:
    weights = np.array([example.weight for example in examples])
    chosen = rng.choice(len(examples), batch, p=weights / weights.sum())
    return [dataclasses.replace(examples[i], weight=1.0) for i in chosen]


def _error(weights: Array, gold: NDArray[np.int64]) -> Array:
    error: Array = weights.copy()
    error[gold] -= 1 / len(gold)
    return error


def _mean(examples: Sequence[RankingExample], grads: Iterable[Grads], names: Sequence[str]) -> Grads:
    total = sum(example.weight for example in examples)
    mean: Grads = {}
    for example, grad in zip(examples, grads, strict=True):
        for name in names:
            mean[name] = mean.get(name, 0) + example.weight / total * grad[name]
    return mean


def _adam(
    start: RecallParameters,
    names: Sequence[str],
    gradient: Callable[[Grads], Grads],
    steps: int,
    rate: float,
    decay: float | Array,
) -> RecallParameters:
    """Adam, with weight decay towards the start."""
    before = {name: getattr(start, name) for name in names}
    shapes = {name: value.shape for name, value in before.items()}
    values, slopes = FlatArrays(shapes, np.float64), FlatArrays(shapes, np.float64)
    values.load(before)
    adam = Adam(values.flat.size, np.float64, literal=True)
    for _ in range(steps):
        for name, grad in gradient(values.arrays()).items():
            slopes[name] = grad + decay * (values[name] - before[name])
        adam.update(values.flat, slopes.flat, rate)
    return dataclasses.replace(start, **values.arrays())
