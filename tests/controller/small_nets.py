"""Networks of `controller.asking` small enough that a test can say what each number does."""

from __future__ import annotations

import numpy as np

from ntm_memory.controller.asking import DILATIONS, STEPS, WANTS

WHOLE = len(STEPS) + len(WANTS)


def still(width: int) -> dict[str, np.ndarray]:
    """As wide inside as outside: what stands in the states is handed on, the rest is zero until a test sets it."""
    shapes = {"anchor.w": (width, 1), "anchor.b": 1, "whole.w": (6 * width, WHOLE), "whole.b": WHOLE}
    for number in range(len(DILATIONS)):
        shapes |= {f"conv{number}.w": (3, width, width), f"conv{number}.b": width}
    zeros = {name: np.zeros(shape, dtype=np.float32) for name, shape in shapes.items()}
    return {"into.w": np.eye(width, dtype=np.float32), "into.b": np.zeros(width, dtype=np.float32)} | zeros


def saying(whole: np.ndarray) -> dict[str, np.ndarray]:
    """One that says the same of every question, and takes for the anchor each piece whose state is above one half."""
    weights = still(1)
    weights["anchor.w"][:], weights["anchor.b"][:] = 20.0, -10.0
    weights["whole.b"][:] = whole
    return weights
