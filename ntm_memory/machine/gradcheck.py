"""Do the hand-written gradients agree with central differences? A library function, so that anyone may ask."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError, whole_number
from ntm_memory.machine.network import Machine
from ntm_memory.machine.parameters import MachineParameters
from ntm_memory.machine.settings import Array, MachineSettings

STEP = 1e-5


def gradient_errors(
    loss: Callable[[], float],
    parameters: dict[str, Array],
    gradients: dict[str, Array],
    *,
    samples: int = 12,
    seed: int = 0,
) -> dict[str, float]:
    """Largest relative error of every parameter group.

    Args:
        loss: computes the loss from the parameters as they are.
        parameters: float64 arrays that `loss` reads; changed for a moment and restored.
        gradients: what is to be checked, by the same names.
        samples: how many elements of every group are tried.
        seed: chooses them.

    Returns:
        Name → max |found − expected| / max(largest |expected| of the group, 1e-4): relative to the group, because an
        element that happens to be near zero has no relative error worth the name. Infinite where a gradient or the
        loss is not finite.

    Raises:
        BadValueError: parameters that cannot be changed in place at that precision, no gradient for one of them, or
            fewer samples than one.
    """
    whole_number("samples", samples, 1)
    rng = np.random.default_rng(seed)
    errors = {}
    for name, values in parameters.items():
        if name not in gradients:
            raise BadValueError(f"there is no gradient called {name!r}", f"gradients: {', '.join(gradients)}")
        chosen = rng.choice(values.size, size=min(samples, values.size), replace=False)
        errors[name] = _largest_error(name, loss, values, gradients[name], chosen)
    return errors


def machine_gradient_errors(
    settings: MachineSettings, parameters: MachineParameters, inputs: Array, *, samples: int = 12, seed: int = 0
) -> dict[str, float]:
    """`gradient_errors` of a whole machine, for a random linear function of its outputs.

    Args:
        settings: with dtype float64.
        parameters: of the machine.
        inputs: (T, B, I).
        samples: elements tried in every parameter group.
        seed: chooses the function and the elements.

    Raises:
        BadValueError: as `gradient_errors`, for example for float32 settings.
    """
    machine = Machine(settings, parameters)
    logits, tape = machine.forward(inputs)
    direction = np.random.default_rng(seed).normal(size=logits.shape)
    gradients = machine.backward(tape, direction)

    def loss() -> float:
        return float((machine.forward(inputs)[0] * direction).sum())

    return gradient_errors(loss, parameters.arrays(), gradients.arrays(), samples=samples, seed=seed)


def _largest_error(
    name: str, loss: Callable[[], float], values: Array, gradient: Array, chosen: NDArray[np.int64]
) -> float:
    """Of some elements of one group, as `gradient_errors` says."""
    if values.dtype != np.float64 or not values.flags.c_contiguous:
        raise BadValueError(f"{name} must be a contiguous float64 array to be differenced", "np.array(..., float)")
    flat = values.reshape(-1)
    expected = np.array([_difference(loss, flat, i) for i in chosen])
    scale = max(np.abs(expected).max(), 1e-4)
    error = float(np.abs(gradient.reshape(-1)[chosen] - expected).max() / scale)
    return error if np.isfinite(error) else float("inf")


def _difference(loss: Callable[[], float], flat: Array, i: int) -> float:
    """Fourth-order central difference by element i."""
    kept = flat[i]
    values = []
    for steps in (-2, -1, 1, 2):
        flat[i] = kept + steps * STEP
        values.append(loss())
    flat[i] = kept
    return (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * STEP)
