"""What a machine hands from step to step, and what a forward pass leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ntm_memory.machine.focus import Focus
from ntm_memory.machine.interface import HeadParameters
from ntm_memory.machine.settings import Array


class MachineState(NamedTuple):
    """All that one time step hands to the next."""

    memory: Array  # (B, M, N)
    weights: Array  # (B, H, N)
    joined: Array  # (B, R·M + C): read vectors, then the hidden state
    cell: Array  # (B, C)


@dataclass(frozen=True)
class MachineTape:
    """What a forward pass leaves for the backward pass, and for figures."""

    inputs: Array  # (T, B, I)
    gates: Array  # (T, B, G)
    cells: Array  # (T + 1, B, C)
    joined: Array  # (T + 1, B, R·M + C)
    raw: Array  # (T, B, P): squashed in place
    heads: list[HeadParameters]  # T, views of `raw`
    memory: Array  # (T + 1, B, M, N)
    start_weights: Array  # (B, H, N)
    focus: list[Focus]  # T
    from_start: bool

    @property
    def weights(self) -> Array:
        """(T, B, H, N): where every head looked."""
        return np.stack([focus.weights for focus in self.focus])

    @property
    def end(self) -> MachineState:
        """The state after the last step."""
        return MachineState(self.memory[-1], self.focus[-1].weights, self.joined[-1], self.cells[-1])
