"""Heads and controller as objects, one time step at a time, with the memory in hand.

Memory is (N, M) here, as in the paper; training works on whole batches of sequences in `network`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ntm_memory.errors import BadValueError, whole_number
from ntm_memory.machine import checked
from ntm_memory.machine import memory as mem
from ntm_memory.machine.focus import address
from ntm_memory.machine.interface import HeadParameters
from ntm_memory.machine.network import Machine
from ntm_memory.machine.parameters import initial_machine_parameters
from ntm_memory.machine.settings import Array, MachineSettings
from ntm_memory.machine.tape import MachineState


class ReadHead:
    """Reads what its weighting covers (section 3.1)."""

    def read(self, memory: Array, weights: Array) -> Array:
        """Σ w(i)·M(i).

        Args:
            memory: (N, M).
            weights: (N,), 0 to 1.

        Returns:
            (M,).

        Raises:
            BadValueError: shapes do not fit, numbers are not finite, or a weight is not from 0 to 1.
        """
        memory = checked.array("memory", memory, (None, None))
        weights = checked.weighting("weights", weights, len(memory))
        vector: Array = mem.read(memory.T[None], weights[None, None])[0, 0]
        return vector


class WriteHead:
    """Erases and adds where its weighting says (section 3.2)."""

    def write(self, memory: Array, weights: Array, erase: Array, add: Array) -> Array:
        """M(i)·(1 − w(i)·e) + w(i)·a.

        Args:
            memory: (N, M); left as it is.
            weights: (N,), 0 to 1.
            erase: (M,), 0 to 1.
            add: (M,).

        Returns:
            (N, M), the new memory.

        Raises:
            BadValueError: shapes do not fit, numbers are not finite, or a weight or erase is not from 0 to 1.
        """
        memory = checked.array("memory", memory, (None, None))
        weights = checked.weighting("weights", weights, len(memory))
        erase = checked.array("erase", erase, (memory.shape[1],))
        add = checked.array("add", add, (memory.shape[1],))
        if ((erase < 0) | (erase > 1)).any():
            raise BadValueError(f"erase must be from 0 to 1, not {erase.min():g} to {erase.max():g}")
        written = mem.write(memory.T[None], weights[None, None], erase[None, None], add[None, None])
        return np.ascontiguousarray(written[0].T)


class NTMMemoryController:
    """A controller with its heads and its memory.

    Args:
        memory_size: locations, N.
        memory_dim: width of a location, M; also of the input, unless `input_size` says otherwise.
        num_heads: read heads; there are as many write heads.
        seed: of the random parameters.
        settings: other fields of `MachineSettings` by name, e.g. `controller="feedforward"`.

    Raises:
        BadValueError: a size or the seed is no whole number or too small, or a setting is unknown.
    """

    def __init__(
        self, memory_size: int, memory_dim: int, num_heads: int = 1, *, seed: int = 0, **settings: Any
    ) -> None:
        sizes = {"memory_size": memory_size, "memory_dim": memory_dim, "num_heads": num_heads, "seed": seed}
        for name, value in sizes.items():
            whole_number(name, value, 0 if name == "seed" else 1)
        chosen = {"input_size": memory_dim, "output_size": memory_dim, "dtype": "float64", **settings}
        heads = {"read_heads": num_heads, "write_heads": num_heads}
        both = MachineSettings.from_mapping({"memory_size": memory_size, "memory_dim": memory_dim, **heads, **chosen})
        self._take(Machine(both, initial_machine_parameters(both, seed)))

    @classmethod
    def from_machine(cls, machine: Machine) -> NTMMemoryController:
        """Step a trained machine, e.g. a shipped core, by hand."""
        made = cls.__new__(cls)
        made._take(machine)
        return made

    def _take(self, machine: Machine) -> None:
        self.machine = machine
        self.read_heads = [ReadHead() for _ in range(machine.settings.read_heads)]
        self.write_heads = [WriteHead() for _ in range(machine.settings.write_heads)]
        self._reads = machine.settings.read_heads * machine.settings.memory_dim
        self.reset()

    def reset(self) -> None:
        """Forget: memory, weightings and the controller's state are as at the start of a sequence."""
        self._state: MachineState = self.machine.start(1)

    @property
    def memory(self) -> Array:
        """(N, M), a copy."""
        return np.ascontiguousarray(self._state.memory[0].T)

    @property
    def weights(self) -> Array:
        """(H, N), a copy: where the heads last looked, read heads first."""
        return np.array(self._state.weights[0])

    def forward(self, input_vector: Array) -> tuple[Array, Array]:
        """One time step: read, write, remember.

        Args:
            input_vector: (I,), finite.

        Returns:
            (C,) the controller's hidden state and (R·M,) the read vectors.

        Raises:
            BadValueError: another shape, or NaN or infinity in it.
        """
        vector = checked.array("input_vector", input_vector, (self.machine.settings.input_size,))
        _, tape = self.machine.forward(vector[None, None], self._state)
        self._state = tape.end
        joined = self._state.joined[0]
        return joined[self._reads :].copy(), joined[: self._reads].copy()

    def compute_addressing_params(self, controller_state: Array) -> HeadParameters:
        """Key, β, gate, shift and γ (and erase and add) of all heads, from a hidden state (C,)."""
        state = checked.array("controller_state", controller_state, (self.machine.settings.controller_size,))
        return self.machine.head_parameters(state)

    def compute_write_params(self, controller_state: Array) -> tuple[Array, Array]:
        """(W, M) erase and (W, M) add vectors of the write heads, from a hidden state (C,)."""
        head = self.compute_addressing_params(controller_state)
        return head.erase, head.add

    def addressing(self, head: HeadParameters) -> Array:
        """(H, N): where heads with these parameters would look next.

        Args:
            head: as `compute_addressing_params` gives them.

        Raises:
            BadValueError: a block has another shape, or NaN or infinity in it.
        """
        usual = self.compute_addressing_params(np.zeros(self.machine.settings.controller_size))
        for name, block in usual._asdict().items():
            if block.size:
                checked.array(name, getattr(head, name, None), block.shape)
        batched = HeadParameters(*[block[None] for block in head])
        focus = address(self.machine.settings, batched, self._state.memory, self._state.weights)
        weights: Array = focus.weights[0]
        return weights
