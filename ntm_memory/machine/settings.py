"""The shape of a machine: everything that must be known before its parameters can be counted."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError, one_of, only_known, whole_number

Array = NDArray[np.floating[Any]]

LARGEST_MEMORY, LARGEST_SIZE = 1_000_000, 100_000
_CHOICES = {
    "controller": ("lstm", "feedforward"),
    "memory_start": ("constant", "small_random", "learned"),
    "head_start": ("onehot", "learned", "uniform"),
    "dtype": ("float32", "float64"),
}


@dataclass(frozen=True)
class MachineSettings:
    """Sizes and switches of a Neural Turing Machine.

    No trained parameter depends on `memory_size`: weights trained on 128 locations run on 1,000.
    The steps of addressing are switched like config.json's `addressing`: `content` (section 3.3.1), `location` (shift
    and sharpening, 3.3.2) and `hybrid` (the gate between both; it needs both).
    """

    input_size: int
    output_size: int
    memory_size: int = 128  # N in the paper
    memory_dim: int = 20  # M
    read_heads: int = 1
    write_heads: int = 1
    controller: str = "lstm"
    controller_size: int = 100
    shift_range: int = 1  # S: one step moves the focus by −S…+S
    content: bool = True
    location: bool = True
    hybrid: bool = True
    memory_start: str = "constant"  # 1e-2 everywhere: copy converged on every seed; random starts did not
    head_start: str = "onehot"  # on location 0, for the same reason
    memory_seed: int = 0  # of the rows of a small_random start
    dtype: str = "float32"

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            _check(field.name, str(field.type), getattr(self, field.name))
        if not (self.content or self.location):
            raise BadValueError("addressing by neither content nor location finds nothing", "switch one of them on")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> MachineSettings:
        """Settings from plain values, as a checkpoint's header keeps them.

        Raises:
            BadValueError: an unknown or missing name, or a value that is out of range.
        """
        only_known("machine settings", values, (field.name for field in dataclasses.fields(cls)))
        missing = sorted({"input_size", "output_size"} - set(values))
        if missing:
            raise BadValueError(f"machine settings lack {', '.join(missing)}")
        return cls(**values)

    @property
    def heads(self) -> int:
        """Number of heads; the read heads come first everywhere."""
        return self.read_heads + self.write_heads

    @property
    def gated(self) -> bool:
        """Whether the gate mixes content with the focus before."""
        return self.content and self.location and self.hybrid


def _check(name: str, kind: str, value: Any) -> None:
    if kind == "int":
        low = 0 if name in ("shift_range", "memory_seed") else 1
        high = {"memory_size": LARGEST_MEMORY, "memory_seed": 2**32 - 1}.get(name, LARGEST_SIZE)
        whole_number(name, value, low, high)
    elif kind == "bool":
        if not isinstance(value, bool):
            raise BadValueError(f"{name} must be true or false, not {value!r}")
    else:
        one_of(name, value, _CHOICES[name])
