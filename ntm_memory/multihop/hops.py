"""Chained reads: each hop asks again with what the last one read, along a beam of paths.

The addressing of every read is the machine's own softmax over a linear mix of features; the query of a hop is
u ← H·u + o (end-to-end Memory Networks, Sukhbaatar et al. 2015). What was read is not read again, a read may choose to
read nothing, and a memory's evidence is what the first read says of it together with every path that ends at it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.activations import log_sum_exp
from ntm_memory.multihop.hop_features import FAINT, Block, Path, brightness
from ntm_memory.multihop.parameters import Array, HopParameters

BEAM = 5
# A path goes on as long as reading nothing is not four times as likely: a needless step costs less than a missing one.
PATIENCE = float(np.log(4))
Ask = Callable[[Sequence[Path]], Sequence[Block]]


@dataclass(frozen=True)
class Read:
    """One read: where it stood, what it could choose from, what it chose.

    Args:
        path: the memories read before, in order.
        before: logit of that path.
        parent: number of the read that ended the path, and the row it chose; −1 for the first read.
        block: what there was to choose from.
        inputs: (n, d) the features with the two columns that depend on parameters.
        log_weights: (n,) log attention; what reading nothing has is missing from its sum.
        log_null: log attention on reading nothing more.
        logits: (n,) of the paths that end here.
        onward: (n,) what that is worth to paths that go on.
    """

    path: Path
    before: float
    parent: tuple[int, int]
    block: Block
    inputs: Array
    log_weights: Array
    log_null: float
    logits: Array
    onward: Array


@dataclass(frozen=True)
class Hypotheses:
    """All reads of one question, the first one first, and which of them each hop made.

    Args:
        reads: the reads.
        hops: for each hop the numbers of its reads.
    """

    reads: tuple[Read, ...]
    hops: tuple[tuple[int, ...], ...]

    @cached_property
    def index(self) -> NDArray[np.int64]:
        """(n,) all memories that any read could choose, rising."""
        return np.unique(np.concatenate([read.block.candidates for read in self.reads]))

    @cached_property
    def rows(self) -> tuple[NDArray[np.int64], ...]:
        """For each read the places of its candidates in `index`."""
        return tuple(np.searchsorted(self.index, read.block.candidates) for read in self.reads)

    @cached_property
    def logits(self) -> Array:
        """(n,) logits of the memories: log Σ exp over the first read and all paths that end at it."""
        total = np.full(len(self.index), -np.inf)
        for read, rows in zip(self.reads, self.rows, strict=True):
            total[rows] = np.logaddexp(total[rows], read.logits)
        return total

    @cached_property
    def weights(self) -> Array:
        """(n,) attention over the whole chain, sums to 1."""
        return np.exp(self.logits - log_sum_exp(self.logits)) if len(self.index) else self.logits

    def attention(self, hop: int) -> Array:
        """(n,) attention of one hop over `index`: each of its reads counts by the logit of its path; sums to ≤ 1."""
        numbers = self.hops[hop]
        before = np.array([self.reads[number].before for number in numbers])
        total = np.zeros(len(self.index))
        for number, share in zip(numbers, np.exp(before - log_sum_exp(before)), strict=True):
            total[self.rows[number]] += share * np.exp(self.reads[number].log_weights)
        return total

    def best_path(self) -> tuple[tuple[int, int], ...]:
        """The path with most evidence, stopping where it stops, as (number of the read, row) of each step.

        It begins where the question itself leads: at a memory with a visible share of the first read's attention.
        """
        first = self.reads[0]
        begin = {int(first.block.candidates[row]) for row in np.flatnonzero(_near_best(first.log_weights))}
        ends = {read.path: read.log_null for read in self.reads if read.path}
        best: tuple[tuple[int, int], ...] = ()
        most = -np.inf
        for number, read in enumerate(self.reads):
            for row in np.flatnonzero(_worth_reading(read)):
                path = (*read.path, int(read.block.candidates[row]))
                if path[0] not in begin:
                    continue
                stop = ends.get(path, 0.0 if len(path) == len(self.hops) else -np.inf)
                ended = read.onward[row] + stop + PATIENCE * len(read.path)
                if ended > most:
                    best, most = self._steps(number, int(row)), ended
        return best

    def best_parents(self, hop: int) -> tuple[tuple[int, int], ...]:
        """The steps of the path with most evidence from which a hop went on."""
        number = max(self.hops[hop], key=lambda number: self.reads[number].before)
        return self._steps(*self.reads[number].parent)

    def _steps(self, number: int, row: int) -> tuple[tuple[int, int], ...]:
        steps = [(number, row)]
        while (parent := self.reads[steps[0][0]].parent)[0] >= 0:
            steps.insert(0, parent)
        return tuple(steps)


def follow(parameters: HopParameters, first: Block, ask: Ask, hops: int, beam: int = BEAM) -> Hypotheses:
    """Read `hops` times, or until nothing more is worth reading.

    Args:
        parameters: what the features weigh.
        first: what the first read can choose from, n ≥ 0.
        ask: paths → what each can go on with.
        hops: at most so many reads in a row, ≥ 1.
        beam: so many paths go on at every hop.
    """
    reads = [_first(parameters, first)]
    made: list[tuple[int, ...]] = [(0,)]
    bright = _brightness(reads[0])
    while len(made) < hops:
        onward = _onward(reads, made[-1], beam)
        if not onward:
            break
        paths = [(*reads[number].path, int(reads[number].block.candidates[row])) for number, row in onward]
        start = len(reads)
        for parent, path, block in zip(onward, paths, ask(paths), strict=True):
            before = float(reads[parent[0]].onward[parent[1]])
            reads.append(read_on(parameters, path, block, before=before, parent=parent, bright=bright))
        found = tuple(number for number in range(start, len(reads)) if len(reads[number].log_weights))
        if not found:
            break
        made.append(found)
    return Hypotheses(tuple(reads), tuple(made))


def _first(parameters: HopParameters, block: Block) -> Read:
    score = block.features @ parameters.first
    log_weights = score - log_sum_exp(score) if len(score) else score
    own, onward = parameters.mix[:2]
    return Read((), 0.0, (-1, -1), block, block.features, log_weights, -np.inf, own * log_weights, onward * log_weights)


def read_on(
    parameters: HopParameters,
    path: Path,
    block: Block,
    *,
    before: float = 0.0,
    parent: tuple[int, int] = (-1, -1),
    bright: Mapping[int, float] | None = None,
) -> Read:
    """One further read; reading nothing is one more candidate, so that weights fall where nothing fits.

    Args:
        parameters: what the features weigh.
        path: the memories read before, at least one.
        block: what there is to choose from, n ≥ 0.
        before: logit of the path.
        parent: the read and row at which the path ends.
        bright: memory → how much the first read attended to it, see `features.brightness`.
    """
    first = [(bright or {}).get(index, -1.0) for index in block.candidates.tolist()]
    asked = block.likeness @ parameters.keep ** np.arange(len(path), -1, -1)
    inputs = np.column_stack([block.features, first, asked])
    score = inputs @ parameters.next
    total = np.logaddexp(log_sum_exp(score), parameters.null)
    log_weights = score - total
    logits = before + parameters.mix[2] * log_weights + parameters.mix[3]
    return Read(path, before, parent, block, inputs, log_weights, float(parameters.null - total), logits, logits)


def backward(
    parameters: HopParameters,
    hypotheses: Hypotheses,
    grad: Array,
    guides: Mapping[int, tuple[Array, float]] | None = None,
) -> dict[str, Array]:
    """Gradients of the parameters; which paths were followed counts as given.

    Args:
        parameters: those of the hypotheses.
        hypotheses: what `follow` found.
        grad: (n,) gradient of the hypotheses' logits.
        guides: number of a further read → gradient of its log weights (n,) and of its log weight on nothing.
    """
    grads = {name: np.zeros_like(value) for name, value in vars(parameters).items()}
    first = hypotheses.reads[0]
    onward = [np.zeros(len(read.logits)) for read in hypotheses.reads]  # from the paths that go on
    d_first = np.zeros(len(first.logits))
    where = {index: row for row, index in enumerate(first.block.candidates.tolist())}
    for number in range(len(hypotheses.reads) - 1, 0, -1):
        read, rows = hypotheses.reads[number], hypotheses.rows[number]
        d_logits = grad[rows] * np.exp(read.logits - hypotheses.logits[rows]) + onward[number]
        onward[read.parent[0]][read.parent[1]] += d_logits.sum()
        grads["mix"][2] += d_logits @ read.log_weights
        grads["mix"][3] += d_logits.sum()
        guide, d_nothing = (guides or {}).get(number, (0.0, 0.0))
        d_bright = _next_backward(parameters, read, parameters.mix[2] * d_logits + guide, d_nothing, grads)
        for index, slope in zip(read.block.candidates.tolist(), d_bright, strict=True):
            row = where.get(index, -1)
            if row >= 0 and first.log_weights[row] > FAINT:
                d_first[row] -= 2 * slope / FAINT
    own = grad[hypotheses.rows[0]] * np.exp(first.logits - hypotheses.logits[hypotheses.rows[0]])
    grads["mix"][:2] = own @ first.log_weights, onward[0] @ first.log_weights
    d_first += parameters.mix[0] * own + parameters.mix[1] * onward[0]
    grads["first"] += first.inputs.T @ (d_first - np.exp(first.log_weights) * d_first.sum())
    return grads


def _next_backward(
    parameters: HopParameters, read: Read, d_log: Array, d_nothing: float, grads: dict[str, Array]
) -> Array:
    """Adds a read's gradients from those of its log weights; returns that of the first read's brightness."""
    total = d_log.sum() + d_nothing
    d_score = d_log - np.exp(read.log_weights) * total
    grads["next"] += read.inputs.T @ d_score
    grads["null"] += d_nothing - np.exp(read.log_null) * total
    powers = np.arange(len(read.path), -1, -1)
    slope = powers * parameters.keep ** np.maximum(powers - 1, 0)
    grads["keep"] += parameters.next[-1] * (d_score @ (read.block.likeness @ slope))
    d_bright: Array = parameters.next[-2] * d_score
    return d_bright


def _brightness(first: Read) -> dict[int, float]:
    return dict(zip(first.block.candidates.tolist(), brightness(first.log_weights).tolist(), strict=True))


def _worth_reading(read: Read) -> NDArray[np.bool_]:
    worth: NDArray[np.bool_] = read.log_weights > read.log_null - PATIENCE
    return worth


def _near_best(log_weights: Array) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = log_weights >= log_weights.max(initial=-np.inf) - PATIENCE
    return near


def _onward(reads: Sequence[Read], numbers: Sequence[int], beam: int) -> list[tuple[int, int]]:
    """(number of the read, row) of the best paths that a hop found, those alone that are worth more than stopping."""
    ends = [
        (float(reads[number].onward[row]), number, int(row))
        for number in numbers
        for row in np.flatnonzero(_worth_reading(reads[number]))
    ]
    ends.sort(key=lambda end: -end[0])
    return [(number, row) for _, number, row in ends[:beam]]
