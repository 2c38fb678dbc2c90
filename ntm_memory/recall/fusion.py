"""Several readings as one: of a question and of those within it, of its content and of the place or time it asks for.

Every question within a text is read by itself besides the whole, and a memory counts by the read that wants it most.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.controller.asking import FARTHEST, STEPS, SURE, Asked
from ntm_memory.machine.addressing import content_focus
from ntm_memory.recall.first_look import Reading
from ntm_memory.recall.sequence import Sequence as Order

BY_TIME = 0.7
"""Share of the attention at most that goes by the order of time where a time is asked for."""


def together(readings: Sequence[Reading], asked: Sequence[str]) -> Reading:
    """One reading of several: a memory's weight is the largest that any of them gives it, times how sure that one is.

    Args:
        readings: at least one; of the whole question and of each question within.
        asked: what each of them asked.

    Returns:
        Weights sum to as much as those of the reading that kept most; the confidence is the surest one's.
    """
    full = [reading for reading in readings if len(reading.index)]
    if len(full) < 2:
        return full[0] if full else readings[0]
    best: dict[int, tuple[float, int, int]] = {}
    for number, reading in enumerate(readings):
        for place, (index, weight) in enumerate(zip(reading.index.tolist(), reading.weights.tolist(), strict=True)):
            best[index] = max(best.get(index, (-1.0, 0, 0)), (weight * reading.confidence, -number, place))
    index = np.array(list(best), dtype=np.int64)
    weights = np.array([weight for weight, _, _ in best.values()])
    weights *= max(reading.weights.sum() for reading in full) / max(weights.sum(), 1e-16)
    ranked = np.argsort(-weights, kind="stable")
    steps = [
        {**readings[-number].steps[place], "asked": asked[-number]} for _, number, place in best.values()
    ] if readings[0].steps else []  # fmt: skip
    return replace(
        readings[0],
        index=index[ranked],
        weights=weights[ranked],
        logits=np.log(weights[ranked] + 1e-16),
        confidence=max(reading.confidence for reading in full),
        steps=tuple(steps[i] for i in ranked) if steps else (),
    )


def surest(seen: Reading, read: Sequence[Reading]) -> Reading:
    """One reading of several questions, each of which was read with memories: a memory counts by the surest of them.

    Args:
        seen: what the first look sees of all of them.
        read: of each question, by both looks; where nothing was read there is nothing to join.

    Returns:
        What was read comes first, by the chance that it answers any of the questions; the rest follows as it was seen.
    """
    return _joined(seen, read, max, max(each.confidence for each in read))


def agreed(seen: Reading, read: Sequence[Reading]) -> Reading:
    """One reading of one question that was read in several ways: each way counts as it is sure.

    Args:
        seen: as of `surest`.
        read: as of `surest`.
    """
    sure = [each.confidence for each in read]
    whole = max(sum(sure), 1e-9)
    return _joined(
        seen,
        read,
        lambda chances: sum(c * s for c, s in zip(chances, sure, strict=True)) / whole,
        sum(each * each for each in sure) / whole,
    )


def _joined(
    seen: Reading, read: Sequence[Reading], chance_of: Callable[[Sequence[float]], float], confidence: float
) -> Reading:
    """Several readings by both looks as one.

    Args:
        seen: as of `surest`.
        read: as of `surest`.
        chance_of: the chances that a memory has in each of them, 0 where it was not read → its chance.
        confidence: of the whole.
    """
    if any(each.chances is None for each in read):
        return seen
    said, steps = _said(read)
    index = np.array(list(said), dtype=np.int64)
    chances = np.array([chance_of(each) for each in said.values()])
    logits = np.log(np.maximum(chances, 1e-9) / np.maximum(1 - chances, 1e-9))
    joined = ahead(seen, index, logits, chances, steps)
    return replace(joined, confidence=confidence, ended={old: new for each in read for old, new in each.ended.items()})


def ahead(
    seen: Reading,
    index: NDArray[np.int64],
    logits: NDArray[np.floating[Any]],
    chances: NDArray[np.floating[Any]],
    steps: Mapping[int, Mapping[str, Any]],
) -> Reading:
    """A reading with what was read first; what was not goes on below, its weights falling as they did.

    Args:
        seen: where the first look is.
        index: (n,) the memories that were read.
        logits: (n,) of them.
        chances: (n,) that each answers.
        steps: what was done, by memory, where it is not as `seen` has it; nothing counts where nobody asks.
    """
    rest = ~np.isin(seen.index, index)
    former = np.log(seen.weights[rest] + 1e-16)
    below = logits.min() + np.minimum(former - former.max(initial=-np.inf), 0.0)
    every, both = np.concatenate([index, seen.index[rest]]), np.concatenate([logits, below])
    ranked = np.argsort(-both, kind="stable")
    told = dict(zip(seen.index.tolist(), seen.steps, strict=True)) | dict(steps) if seen.steps else {}
    return replace(
        seen,
        index=every[ranked],
        weights=content_focus(both, 1.0)[ranked] * seen.weights.sum(),
        logits=both[ranked],
        steps=tuple(told.get(i, {}) for i in every[ranked].tolist()) if told else (),
        chances=np.concatenate([chances, np.full(len(below), np.nan)])[ranked],
    )


def _said(read: Sequence[Reading]) -> tuple[dict[int, list[float]], dict[int, Mapping[str, Any]]]:
    """(the chances of each memory in each reading, 0 where it was not read; its steps in the surest)."""
    said: dict[int, list[float]] = {}
    steps: dict[int, Mapping[str, Any]] = {}
    for number, each in enumerate(read):
        chances = np.array([]) if each.chances is None else each.chances
        for place in np.flatnonzero(~np.isnan(chances)).tolist():
            index = int(each.index[place])
            said.setdefault(index, [0.0] * len(read))[number] = float(chances[place])
            if each.steps and said[index][number] == max(said[index]):
                steps[index] = each.steps[place]
    return said, steps


def placed(
    order: Order,
    asked: Asked,
    content: Reading | None,
    anchor: Reading,
    allowed: NDArray[np.bool_] | None,
    retention: NDArray[np.floating[Any]] | float = 1.0,
    *,
    explain: bool = False,
) -> Reading:
    """What stands where a question asks, beside what its content finds: the focus, moved by the question's own steps.

    A convolution of the focus with the question's distribution of steps (paper, equation 8). A question that asks by
    place no more than perhaps loses nothing of what it would have found by content.

    Args:
        order: who stands where.
        asked: how many steps the question means, and how likely each is.
        content: what it finds by content; None: it was not asked so.
        anchor: what it moves from.
        allowed: (N,) what filters leave; None: everything.
        retention: (N,) what partial erases have left of each; 1: all.
        explain: whether the steps tell what was moved from where.
    """
    kernel = asked.steps.astype(np.float64)
    kernel[FARTHEST] = 0.0
    kernel /= max(kernel.sum(), 1e-12)
    focus = anchor.weights / max(anchor.weights.sum(), 1e-12)
    there, weights = order.moved(anchor.index, focus, np.array(STEPS), kernel)
    if allowed is not None:
        there, weights = there[allowed[there]], weights[allowed[there]]
    reached = float(weights.sum())
    weights_left = weights * np.broadcast_to(retention, len(order))[there]
    told = order.origins(there, anchor.index, focus, np.array(STEPS), kernel) if explain else ()
    steps = tuple(each | {"shifted": round(float(w), 6)} for each, w in zip(told, weights_left, strict=bool(told)))
    moved = OneLook(there, weights_left, weights * anchor.confidence, reached * anchor.confidence, steps)
    return beside(content, moved, asked.place, lost=1 - reached)


def dated(
    index: NDArray[np.int64],
    chance: float,
    within: Reading,
    retention: NDArray[np.floating[Any]] | float = 1.0,
) -> Reading:
    """Everything that is of a time that is asked for, in its order, but for what is much liker to the question.

    Where surely nothing but the time is asked for, no likeness counts.

    Args:
        index: (n,) the memories of that time in order, at least one.
        chance: that nothing but the time is asked for.
        within: what the question's content finds among them.
        retention: (N,) what partial erases have left of each; 1: all.
    """
    falling = np.arange(len(index), 0, -1.0)
    weights = falling / falling.sum() * (retention[index] if isinstance(retention, np.ndarray) else retention)
    steps = tuple({"in_order": round(float(weight), 6)} for weight in weights) if within.steps else ()
    surely = chance > SURE
    each = OneLook(index, weights, np.ones(len(index)), chance if surely else 1.0, steps)
    return beside(within, each, 1.0 if surely else min(chance, BY_TIME))


@dataclass(frozen=True)
class OneLook:
    """What one way of looking finds.

    Args:
        index: (n,) distinct memories 0…N−1.
        weights: (n,) attention, sums to at most 1.
        chances: (n,) that each is meant.
        sure: that any is.
        steps: for each, what was done; none where nobody asks.
    """

    index: NDArray[np.int64]
    weights: NDArray[np.floating[Any]]
    chances: NDArray[np.floating[Any]]
    sure: float
    steps: Sequence[Mapping[str, Any]] = ()


def beside(content: Reading | None, part: OneLook, share: float, lost: float = 0.0) -> Reading:
    """A reading of two ways of looking: each memory's weight and chance are what both give it.

    Args:
        content: what is found by content; None: this was not looked for, and the other way counts alone.
        part: what the other way finds.
        share: chance, 0–1, that the other way is meant.
        lost: share of its attention that went past the ends of a session.
    """
    found = [(part, share)] if content is None else [(part, share), (_part(content), 1 - share)]
    index = np.unique(np.concatenate([each.index for each, _ in found]))
    weights, chances = np.zeros((2, len(index)))
    for each, counts in found:
        at = np.searchsorted(index, each.index)
        weights[at] += (1.0 if content is None else counts) * each.weights
        chances[at] += counts * each.chances
    ranked = np.argsort(-weights, kind="stable")
    steps = _steps(index, [each for each, _ in found], share)
    return Reading(
        index[ranked],
        weights[ranked],
        np.log(weights[ranked] + 1e-16),
        min(sum(counts * each.sure for each, counts in found), 1.0),
        lost,
        tuple(steps[i] for i in ranked) if steps else (),
        None if content is None else content.look,
        chances[ranked],
    )


def _part(content: Reading) -> OneLook:
    chances = content.weights if content.chances is None else content.chances
    return OneLook(content.index, content.weights, np.nan_to_num(chances), content.confidence, content.steps)


def _steps(index: NDArray[np.int64], looks: Sequence[OneLook], share: float) -> list[dict[str, Any]]:
    """What each look did to each memory, and `gate`, the share of the look that is not by content."""
    if not any(each.steps for each in looks):
        return []
    steps: list[dict[str, Any]] = [{"gate": round(share, 6)} for _ in index]
    for each in looks:
        for at, step in zip(np.searchsorted(index, each.index), each.steps, strict=bool(each.steps)):
            steps[at] |= step
    return steps
