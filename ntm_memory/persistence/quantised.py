"""Weights of small networks as signed bytes: a quarter of their size, for files that ship."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]


def quantised(members: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Weights of each network as signed bytes (`NUMBER/NAME`), and what one of them is worth (`NUMBER/NAME.step`)."""
    kept: dict[str, NDArray[Any]] = {}
    for number, arrays in enumerate(members):
        for name, array in arrays.items():
            step = np.float32(np.abs(array).max() / 127)
            kept |= {f"{number}/{name}": np.rint(array / step).astype(np.int8), f"{number}/{name}.step": np.array(step)}
    return kept


def dequantised(kept: Mapping[str, NDArray[Any]]) -> list[Weights]:
    """The weights of each network by name, of what `quantised` made."""
    members: dict[str, Weights] = {}
    for name in kept:
        number, slash, own = name.partition("/")
        if slash and not name.endswith(".step"):
            members.setdefault(number, {})[own] = (kept[name] * kept[f"{name}.step"]).astype(np.float32)
    return [members[number] for number in sorted(members)]
