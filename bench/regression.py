"""Logistic regression by Newton's method, for the small models that ship as a handful of numbers."""

from __future__ import annotations

import numpy as np

from ntm_memory.machine.activations import logistic

STEPS = 100


def logistic_regression(
    x: np.ndarray, y: np.ndarray, share: np.ndarray, decay: float, steps: int = STEPS, offset: np.ndarray | float = 0.0
) -> np.ndarray:
    """(d,) weights.

    Args:
        x: (n, d) what is seen.
        y: (n,) 0 or 1.
        share: (n,) how much each case counts.
        decay: pull towards 0.
        steps: of Newton's method.
        offset: (n,) logits that are known already.
    """
    weights = np.zeros(x.shape[1])
    for _ in range(steps):
        chance = logistic(x @ weights + offset)
        slope = x.T @ (share * (chance - y)) + decay * weights
        curve = (x * (share * chance * (1 - chance))[:, None]).T @ x + decay * np.eye(len(weights))
        weights = weights - np.linalg.solve(curve, slope)
    return weights
