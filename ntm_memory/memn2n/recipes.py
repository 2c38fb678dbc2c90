"""How every bAbI task is learned: settings found by trying them on the validation part (see bench/RESULTS.md)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ntm_memory.errors import only_known
from ntm_memory.memn2n.parameters import MemN2NSettings
from ntm_memory.memn2n.training import Schedule

_Values = dict[str, Any]
_USUAL: _Values = {"tying": "layer-wise", "nonlinearity": "relu"}
_PAPERS: _Values = {"dim": 20, "tying": "adjacent", "nonlinearity": "none", "linear": 15}
_CHAINED: _Values = {**_PAPERS, "dim": 50, "rate": 0.002, "patience": 20}
_WIDE: _Values = {"dim": 100, "linear": 0}
# The order of the sentences says nothing in tasks 4, 15, 17, 18 and 19: T would only be learned by heart.
_UNORDERED: _Values = {"times": False}
_LARGE: dict[int, _Values] = {
    2: _PAPERS,
    4: _UNORDERED,
    7: {**_WIDE, "rate": 0.002, "epochs": 60, "decay": 0.1},
    14: _PAPERS,
    15: {**_CHAINED, **_UNORDERED, "linear": 20, "rate": 0.005},
    16: {**_CHAINED, "linear": 20},
    17: {**_WIDE, **_UNORDERED, "epochs": 120, "decay": 0.1},
    18: {**_WIDE, **_UNORDERED, "rate": 0.002, "epochs": 60, "nonlinearity": "half", "hops": 4},
    19: {**_WIDE, "rate": 0.002, "epochs": 60, "nonlinearity": "half", "hops": 4},
}
# A thousand questions are soon learned by heart: more noise in time and a pull towards 0.
_FEW: _Values = {**_WIDE, "rate": 0.003, "epochs": 100, "decay": 0.5, "noise": 0.3}
_FEW_CHAINED: _Values = {**_CHAINED, "linear": 40, "epochs": 100, "decay": 0.1, "noise": 0.1}
_SMALL: dict[int, _Values] = {
    2: _FEW_CHAINED,
    3: {**_FEW_CHAINED, "rate": 0.003, "epochs": 150, "decay": 0.3, "noise": 0.3},
    4: _UNORDERED,
    11: _FEW_CHAINED,
    14: _FEW_CHAINED,
    15: {**_FEW_CHAINED, **_UNORDERED},
    16: _FEW_CHAINED,
    17: {**_UNORDERED, "rate": 0.01, "epochs": 150, "decay": 0.3},
    18: _UNORDERED,
    19: {**_UNORDERED, "rate": 0.005, "epochs": 150, "decay": 0.2, "nonlinearity": "half", "hops": 4},
}
_JOINT: _Values = {**_PAPERS, "dim": 50, "linear": 20, "rate": 0.003, "epochs": 60, "decay": 0.1, "noise": 0.2}
_FIXED = ("words", "answers")


def babi_recipe(tasks: Sequence[int], chosen: str, changes: Mapping[str, Any]) -> tuple[MemN2NSettings, Schedule]:
    """Settings and schedule of a task, or of several jointly.

    Args:
        tasks: one or more.
        chosen: `en-10k` or `en`.
        changes: fields of `MemN2NSettings` and `Schedule` that shall be other than usual.

    Raises:
        BadValueError: a change is unknown or out of range.
    """
    values = {**_USUAL, **(_JOINT if len(tasks) > 1 else _own(tasks[0], chosen)), **changes}
    sizes = {field.name for field in dataclasses.fields(MemN2NSettings)} - set(_FIXED)
    times = {field.name for field in dataclasses.fields(Schedule)}
    only_known("settings", values, sizes | times)
    settings = MemN2NSettings(**{name: value for name, value in values.items() if name in sizes})
    return settings, Schedule(**{name: value for name, value in values.items() if name in times})


def _own(task: int, chosen: str) -> _Values:
    """What is particular to a task."""
    return _LARGE.get(task, {}) if chosen == "en-10k" else {**_FEW, **_SMALL.get(task, {})}
