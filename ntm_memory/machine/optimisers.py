"""Optimisers over one flat vector: Adam, and the RMSProp of Graves (2013), which the paper used; clipping."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ntm_memory.errors import BadValueError

Array = NDArray[np.floating[Any]]
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class Optimiser(Protocol):
    """Changes parameters in place; its `state` is all it remembers."""

    state: dict[str, Array]

    def update(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """One step."""


class Adam:
    """Kingma and Ba (2015), with bias correction; weight decay is the caller's.

    Args:
        size: of the flat vector.
        dtype: its float type.
        literal: ε is added to the root of the corrected square, as the paper's algorithm 1 says; else to that of the
            raw one, the cheaper order of its section 2. They differ where a gradient is as small as ε.
    """

    def __init__(self, size: int, dtype: DTypeLike, *, literal: bool = False) -> None:
        self.state = {"mean": np.zeros(size, dtype), "square": np.zeros(size, dtype), "steps": np.zeros(1)}
        self._literal = literal

    def update(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """See `Optimiser.update`."""
        mean, square, steps = self.state["mean"], self.state["square"], self.state["steps"]
        steps += 1
        mean *= _BETA1
        mean += (1 - _BETA1) * gradient
        square *= _BETA2
        square += (1 - _BETA2) * gradient * gradient
        t = float(steps[0])
        correction = float(np.sqrt(1 - _BETA2**t))
        epsilon = _EPSILON * correction if self._literal else _EPSILON
        parameters -= float(learning_rate * correction / (1 - _BETA1**t)) * mean / (np.sqrt(square) + epsilon)


class GravesRMSProp:
    """Graves (2013, equations 38 to 41): the gradient over its standard deviation, with momentum 0.9."""

    def __init__(self, size: int, dtype: str, *, decay: float = 0.95, momentum: float = 0.9) -> None:
        self.state = {name: np.zeros(size, dtype) for name in ("mean", "square", "step")}
        self._decay, self._momentum = decay, momentum

    def update(self, parameters: Array, gradient: Array, learning_rate: float) -> None:
        """See `Optimiser.update`."""
        mean, square, step = self.state["mean"], self.state["square"], self.state["step"]
        square *= self._decay
        square += (1 - self._decay) * gradient * gradient
        mean *= self._decay
        mean += (1 - self._decay) * gradient
        step *= self._momentum
        variance = np.maximum(square - mean * mean, 0)  # rounding may leave it below 0
        step -= learning_rate * gradient / np.sqrt(variance + 1e-4)
        parameters += step


def make_optimiser(name: str, size: int, dtype: str) -> Optimiser:
    """`adam` or `rmsprop`.

    Raises:
        BadValueError: another name.
    """
    if name == "adam":
        return Adam(size, dtype)
    if name == "rmsprop":
        return GravesRMSProp(size, dtype)
    raise BadValueError(f"there is no optimiser called {name!r}", "optimisers: adam, rmsprop")


def clip_norm(gradient: Array, limit: float) -> float:
    """Scale the gradient down, in place, to a global norm of at most `limit`; returns the norm it had."""
    norm = float(np.sqrt(np.dot(gradient, gradient)))
    if norm > limit:
        gradient *= limit / norm
    return norm
