"""Logistic regression by Newton's method, for the small models that ship as a handful of numbers."""

from __future__ import annotations

import numpy as np

from ntm_memory.machine.activations import logistic

STEPS = 100


def logistic_regression(
    x: np.ndarray, y: np.ndarray, share: np.ndarray, decay: float, steps: int = STEPS
) -> np.ndarray:
    """(d,) weights.

    Args:
        x: (n, d) what is seen.
        y: (n,) 0 or 1.
        share: (n,) how much each case counts.
        decay: pull towards 0.
        steps: of Newton's method.
    """
    weights = np.zeros(x.shape[1])
    for _ in range(steps):
        chance = logistic(x @ weights)
        slope = x.T @ (share * (chance - y)) + decay * weights
        curve = (x * (share * chance * (1 - chance))[:, None]).T @ x + decay * np.eye(len(weights))
        weights = weights - np.linalg.solve(curve, slope)
    return weights


def choice_regression(
    x: np.ndarray, y: np.ndarray, sizes: np.ndarray, share: np.ndarray, decay: float, steps: int = STEPS
) -> np.ndarray:
    """(d,) weights of a conditional logit model with an outside option: of each group one is chosen, or none is.

    Where several are right any of them may be chosen. The curvature leaves out that there are several, so it is never
    too small and a step never too long.

    Args:
        x: (n, d) what is seen, group after group.
        y: (n,) 0 or 1; none where nothing is to be chosen.
        sizes: (k,) how many each group has, at least one; n in all.
        share: (k,) how much each group counts.
        decay: pull towards 0.
        steps: of Newton's method.
    """
    first = np.r_[0, np.cumsum(sizes)[:-1]]
    some = np.maximum.reduceat(y, first) > 0
    shares = np.repeat(share, sizes)
    weights = np.zeros(x.shape[1])
    for _ in range(steps):
        logits = x @ weights
        top = np.maximum(np.maximum.reduceat(logits, first), 0.0)  # the outside option's logit is 0
        each = np.exp(logits - np.repeat(top, sizes))
        chance = each / np.repeat(np.exp(-top) + np.add.reduceat(each, first), sizes)
        right = chance * y
        wanted = right / np.repeat(np.where(some, np.add.reduceat(right, first), 1.0), sizes)
        slope = x.T @ (shares * (chance - wanted)) + decay * weights
        means = np.add.reduceat(x * chance[:, None], first)
        curve = (x * (shares * chance)[:, None]).T @ x - (means * share[:, None]).T @ means
        weights = weights - np.linalg.solve(curve + decay * np.eye(len(weights)), slope)
    return weights
