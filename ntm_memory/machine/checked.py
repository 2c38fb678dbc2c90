"""Addressing and arrays as people hand them over: checked first, so that what does not fit is named.

The functions of `addressing` are called some hundred times a sequence and check nothing; these are the public face.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ntm_memory.errors import BadValueError
from ntm_memory.machine import addressing
from ntm_memory.machine.settings import Array

Shape = tuple[int | None, ...]
_ROUNDED = 1 + 1e-6


def content_focus(similarity: Array, beta: Array | float) -> Array:
    """Softmax of β·K over the locations (section 3.3.1, equation 5): `addressing.content_focus`, checked.

    Raises:
        BadValueError: a shape does not fit, a number is out of range or not finite, or no location may be looked at.
    """
    similarity = _floats("similarity", similarity)
    hidden = np.isneginf(similarity)
    array("similarity", np.where(hidden, 0, similarity), _some(similarity))
    beta = _per_head("beta", beta, similarity, least=0.0)
    if hidden.all(axis=-1).any():
        raise BadValueError("similarity marks every location with -inf", "leave at least one to look at")
    if (hidden.any(axis=-1) & (beta == 0)).any():
        raise BadValueError("beta is 0 where similarity holds -inf", "it must be above 0 there")
    return addressing.content_focus(similarity, beta)


def location_focus(weights: Array, kernel: Array, gamma: Array | float, *, wrap: bool = True) -> Array:
    """Shift, then sharpen (section 3.3.2, equations 8 and 9): look next to where one looked.

    Args:
        weights: (…, N), ≥ 0.
        kernel: (…, 2S + 1) or (2S + 1,), s ≥ 0 over the steps −S…+S; +1 moves the focus to the next location.
        gamma: (…) or one number, γ ≥ 1 (taken from 0; below 1 it blurs).
        wrap: locations form a ring, as in the paper; else what moves past an end is lost.

    Returns:
        (…, N) weighting, ≥ 0, sums to 1.

    Raises:
        BadValueError: a shape does not fit, or a number is out of range or not finite.
    """
    weights = _floats("weights", weights)
    weights = _within("weights", array("weights", weights, _some(weights)), 0.0, np.inf)
    kernel = _kernel(kernel, weights)
    gamma = _per_head("gamma", gamma, weights, least=0.0)
    return addressing.sharpen(addressing.shift(weights, kernel, wrap=wrap), gamma)


def hybrid_addressing(
    similarity: Array,
    beta: Array | float,
    previous: Array,
    gate: Array | float,
    kernel: Array,
    gamma: Array | float,
    *,
    wrap: bool = True,
) -> Array:
    """The whole way from similarities to a weighting (section 3.3, figure 2).

    Args:
        similarity: (…, N), K, as `content_focus` takes it.
        beta: (…) or one number, β ≥ 0.
        previous: (…, N), ≥ 0: the weighting of the step before.
        gate: (…) or one number, g from 0 (previous) to 1 (content).
        kernel: (…, 2S + 1) or (2S + 1,), as `location_focus` takes it.
        gamma: (…) or one number, γ ≥ 1 (taken from 0; below 1 it blurs).
        wrap: locations form a ring.

    Returns:
        (…, N) weighting, ≥ 0, sums to 1.

    Raises:
        BadValueError: a shape does not fit, or a number is out of range or not finite.
    """
    content = content_focus(similarity, beta)
    previous = _within("previous", array("previous", previous, content.shape), 0.0, np.inf)
    gate = _per_head("gate", gate, content, least=0.0, most=1.0)
    return location_focus(addressing.interpolate(content, previous, gate), kernel, gamma, wrap=wrap)


def array(name: str, value: Any, shape: Shape) -> Array:
    """`value` as an array of finite floats; a float type that it has is kept.

    Args:
        name: what it is called, for the error.
        value: an array, or lists of numbers.
        shape: its sizes; None: any, but not 0.

    Raises:
        BadValueError: no numbers, another shape, or NaN or infinity among them.
    """
    found = _floats(name, value)
    fits = found.ndim == len(shape) and all(want in (None, have) for have, want in zip(found.shape, shape, strict=True))
    if not fits or 0 in found.shape:
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise BadValueError(f"{name} has the shape {found.shape}, expected ({wanted})")
    if not np.isfinite(found).all():
        raise BadValueError(f"{name} holds NaN or infinite numbers", f"all numbers of {name} must be finite")
    return found


def weighting(name: str, value: Any, locations: int) -> Array:
    """(N,) numbers from 0 to 1: how much each location is looked at.

    Raises:
        BadValueError: as `array`, or a number is not from 0 to 1.
    """
    return _within(name, array(name, value, (locations,)), 0.0, _ROUNDED)


def _floats(name: str, value: Any) -> Array:
    floating = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    try:
        found: Array = np.asarray(value, dtype=None if floating else np.float64)
    except (TypeError, ValueError) as error:
        raise BadValueError(f"{name} must be an array of numbers: {error}") from error
    return found


def _some(value: Array) -> Shape:
    """The shape of something over at least one location."""
    return (*value.shape[:-1], None)


def _within(name: str, value: Array, least: float, most: float) -> Array:
    if ((value < least) | (value > most)).any():
        wanted = f"at least {least:g}" if most == np.inf else f"from {least:g} to {most:g}"
        raise BadValueError(f"{name} must be {wanted}, not {value.min():g} to {value.max():g}")
    return value


def _per_head(name: str, value: Any, over: Array, *, least: float, most: float = np.inf) -> Array:
    """One number, or one for every weighting of `over` (…, N)."""
    found = _floats(name, value)
    return _within(name, array(name, found, over.shape[:-1] if found.ndim else ()), least, most)


def _kernel(value: Any, weights: Array) -> Array:
    found = _floats("kernel", value)
    leading = weights.shape[:-1] if found.ndim > 1 else ()
    found = _within("kernel", array("kernel", found, (*leading, None)), 0.0, np.inf)
    if found.shape[-1] % 2 == 0:
        raise BadValueError(f"kernel has {found.shape[-1]} steps", "an odd number: the steps -S to +S")
    return found.astype(weights.dtype, copy=False)
