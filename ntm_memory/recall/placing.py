"""What stands before or after something: the focus on it, moved by the steps that a question asks for.

A convolution of the focus with the question's own distribution of steps (paper, equation 8), beside what its content
finds: a question that asks by place no more than perhaps loses nothing of what it would have found by content.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ntm_memory.controller.asking import FARTHEST, STEPS, Asked
from ntm_memory.recall.first_look import Reading
from ntm_memory.recall.sequence import Sequence

LEAST = 0.05
"""Chance that a question asks by place from which on its anchor is looked for."""
SURE = 0.9
"""Chance from which on it is not asked by content besides."""


def placed(
    order: Sequence, asked: Asked, content: Reading | None, anchor: Reading, allowed: NDArray[np.bool_] | None
) -> Reading:
    """What stands where a question asks, beside what its content finds.

    Args:
        order: who stands where.
        asked: how many steps the question means, and how likely each is.
        content: what it finds by content; None: it was not asked so.
        anchor: what it moves from.
        allowed: (N,) what filters leave; None: everything.

    Returns:
        A memory's weight is the chance that the question means it.
    """
    kernel = asked.steps.astype(np.float64).copy()
    by_content = float(kernel[FARTHEST]) if content is not None else 0.0
    kernel[FARTHEST] = 0.0
    kernel *= (1 - by_content) / max(kernel.sum(), 1e-12)
    focus = anchor.weights / max(anchor.weights.sum(), 1e-12)
    there, weights = order.moved(anchor.index, focus, np.array(STEPS), kernel)
    if allowed is not None:
        there, weights = there[allowed[there]], weights[allowed[there]]
    lost = max(1 - by_content - float(weights.sum()), 0.0)
    index = there if content is None else np.union1d(there, content.index)
    total, chances = np.zeros((2, len(index)))
    at = np.searchsorted(index, there)
    total[at], chances[at] = weights, weights * anchor.confidence
    sure = anchor.confidence * float(weights.sum())
    if content is not None:
        at = np.searchsorted(index, content.index)
        total[at] += by_content * content.weights
        chances[at] += by_content * np.nan_to_num(content.weights if content.chances is None else content.chances)
        sure += by_content * content.confidence
    ranked = np.argsort(-total, kind="stable")
    return replace(
        anchor if content is None else content,
        index=index[ranked],
        weights=total[ranked],
        logits=np.log(total[ranked] + 1e-16),
        confidence=min(sure, 1.0),
        lost=lost,
        steps=(),
        chances=chances[ranked],
    )
