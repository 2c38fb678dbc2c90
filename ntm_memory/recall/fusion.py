"""Several readings as one: of a whole question and of each question within it.

Every question within a text is read by itself besides the whole, and a memory counts by the read that wants it most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ntm_memory.recall.first_look import Reading


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
