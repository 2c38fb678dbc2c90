"""How every bAbI task is learned: settings found by trying them on the validation part (see bench/RESULTS.md)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ntm_memory.errors import BadValueError
from ntm_memory.reasoning.memn2n_parameters import MemN2NSettings
from ntm_memory.reasoning.memn2n_training import Schedule

_USUAL: dict[str, Any] = {"dim": 40, "tying": "layer-wise", "nonlinearity": "relu", "linear": 10}
_WIDE: dict[str, Any] = {"dim": 100, "linear": 0, "rate": 0.002, "epochs": 60}
_CHAINED: dict[str, Any] = {"dim": 50, "tying": "adjacent", "nonlinearity": "none", "linear": 20, "patience": 20}
_PAPERS: dict[str, Any] = {"dim": 20, "tying": "adjacent", "nonlinearity": "none", "linear": 15}
# The order of the sentences says nothing in tasks 4, 15, 17, 18 and 19: T would only be learned by heart.
_UNORDERED: dict[str, Any] = {"times": False}
_RECIPES: dict[str, dict[int, dict[str, Any]]] = {
    "en-10k": {
        4: _UNORDERED,
        7: {**_WIDE, "decay": 0.1},
        14: _PAPERS,
        15: {**_CHAINED, **_UNORDERED},
        16: {**_CHAINED, "rate": 0.002},
        17: {**_WIDE, **_UNORDERED, "rate": 0.005, "decay": 0.1},
        18: {**_WIDE, **_UNORDERED, "nonlinearity": "half", "hops": 4},
        19: {**_WIDE, "nonlinearity": "half", "hops": 4},
    },
    "en": {},
}
_JOINT: dict[str, Any] = {"dim": 100, "tying": "layer-wise", "nonlinearity": "relu", "linear": 10}
_FIXED = ("words", "answers")


def recipe(tasks: Sequence[int], chosen: str, changes: Mapping[str, Any]) -> tuple[MemN2NSettings, Schedule]:
    """Settings and schedule of a task, or of several jointly.

    Args:
        tasks: one or more.
        chosen: `en-10k` or `en`.
        changes: fields of `MemN2NSettings` and `Schedule` that shall be other than usual.

    Raises:
        BadValueError: a change is unknown or out of range.
    """
    usual = _JOINT if len(tasks) > 1 else {**_USUAL, **_RECIPES[chosen].get(tasks[0], {})}
    values = {**usual, **changes}
    sizes = {field.name for field in dataclasses.fields(MemN2NSettings)} - set(_FIXED)
    times = {field.name for field in dataclasses.fields(Schedule)}
    odd = sorted(set(values) - sizes - times)
    if odd:
        raise BadValueError(f"unknown settings: {', '.join(odd)}", f"known: {', '.join(sorted(sizes | times))}")
    settings = MemN2NSettings(**{name: value for name, value in values.items() if name in sizes})
    return settings, Schedule(**{name: value for name, value in values.items() if name in times})
