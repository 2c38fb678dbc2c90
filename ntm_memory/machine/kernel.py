"""`Machine` with both passes through time in compiled C (`kernel.c`); the NumPy code is what it must be equal to.

The kernel knows an LSTM controller and all steps of addressing. What it does not know, the reference computes.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np

from ntm_memory.machine.backpropagation import Flows
from ntm_memory.machine.interface import PRE_ACTIVATION_LIMIT
from ntm_memory.machine.network import Machine
from ntm_memory.machine.parameters import MachineParameters
from ntm_memory.machine.settings import Array, MachineSettings
from ntm_memory.machine.tape import MachineState, MachineTape

_LANES = 16
_SIZES = ("steps", "batch", "locations", "stride", "dim", "readers", "writers", "reach", "units", "outputs")
_WEIGHTS = ("recurrent", "heads_weight", "heads_bias")
_TAPE = ("gates", "cells", "joined", "raw", "memory", "start_weights")
_FOCUS = ("similarity", "key_norm", "row_norm", "content", "gated", "shifted", "weights")
_FLOWS = ("d_joined", "d_gates", "d_raw", "d_memory", "d_weights")


class _Pass(ctypes.Structure):
    """The structure `Pass` of kernel.c."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in _SIZES),
        ("limit", ctypes.c_double),
        *((name, ctypes.c_void_p) for name in (*_WEIGHTS, *_TAPE, *_FOCUS, *_FLOWS)),
    )


def kernel_knows(settings: MachineSettings) -> bool:
    """Whether the kernel can run a machine of these settings."""
    return settings.controller == "lstm" and settings.gated


@dataclass(frozen=True)
class KernelTape(MachineTape):
    """A tape whose weightings are arrays over time, with rows of locations filled up to whole vectors."""

    padded: dict[str, Array]
    """Name in kernel.c → array, of all that has locations or norms."""

    @property
    def weights(self) -> Array:
        """(T, B, H, N): where every head looked."""
        found: Array = self.padded["weights"][..., : self.memory.shape[-1]]
        return found

    @property
    def end(self) -> MachineState:
        """The state after the last step."""
        return MachineState(self.memory[-1], self.weights[-1], self.joined[-1], self.cells[-1])


class CompiledMachine(Machine):
    """A machine that runs in a compiled kernel.

    Args:
        settings: that `kernel_knows`.
        parameters: as of `Machine`.
        library: kernel.c, compiled for the settings' float type.
    """

    def __init__(self, settings: MachineSettings, parameters: MachineParameters, library: ctypes.CDLL) -> None:
        super().__init__(settings, parameters)
        self._library = library

    def backward(self, tape: MachineTape, d_logits: Array) -> MachineParameters:
        """See `Machine.backward`; the tape must be one of this machine's."""
        assert isinstance(tape, KernelTape)
        flows, settings = Flows(self, tape, d_logits), self.settings
        stride = tape.padded["memory"].shape[-1]
        padded = {
            "d_memory": np.zeros((*tape.memory.shape[1:3], stride), settings.dtype),
            "d_weights": np.zeros((len(tape.cells[0]), settings.heads, stride), settings.dtype),
        }
        given = {name: getattr(flows, name) for name in ("d_joined", "d_gates", "d_raw")} | padded
        self._call("ntm_backward", self._pass(tape, given))
        flows.d_memory = padded["d_memory"][..., : settings.memory_size]
        flows.d_weights = padded["d_weights"][..., : settings.memory_size]
        return flows.gradients()

    def _new_tape(self, inputs: Array, state: MachineState, from_start: bool) -> KernelTape:
        settings = self.settings
        steps, batch, _ = inputs.shape
        stride = -(-settings.memory_size // _LANES) * _LANES
        by_head = (steps, batch, settings.heads, stride)
        padded = {name: np.empty(by_head, settings.dtype) for name in _FOCUS if not name.endswith("norm")}
        padded["key_norm"] = np.empty(by_head[:3], settings.dtype)
        padded["row_norm"] = np.empty((steps, batch, stride), settings.dtype)
        padded["memory"] = np.empty((steps + 1, batch, settings.memory_dim, stride), settings.dtype)
        padded["start_weights"] = np.zeros((batch, settings.heads, stride), settings.dtype)
        padded["memory"][0, ..., settings.memory_size :] = 0
        padded["memory"][0, ..., : settings.memory_size] = state.memory
        padded["start_weights"][..., : settings.memory_size] = state.weights
        gates, cells, joined, raw = self._histories(inputs, state)
        memory = padded["memory"][..., : settings.memory_size]
        start = padded["start_weights"][..., : settings.memory_size]
        return KernelTape(inputs, gates, cells, joined, raw, [], memory, start, [], from_start, padded)

    def _run(self, tape: MachineTape) -> None:
        assert isinstance(tape, KernelTape)
        self._call("ntm_forward", self._pass(tape, {}))

    def _call(self, name: str, told: _Pass) -> None:
        if getattr(self._library, name)(ctypes.byref(told)):
            raise MemoryError(f"{name} found no memory left")

    def _pass(self, tape: KernelTape, flows: dict[str, Array]) -> _Pass:
        settings, known = self.settings, self.parameters
        steps, batch, units = tape.cells[1:].shape
        stride = tape.padded["memory"].shape[-1]
        sizes = (steps, batch, settings.memory_size, stride, settings.memory_dim, settings.read_heads)
        told = _Pass(*sizes, settings.write_heads, settings.shift_range, units, self.interface.size)
        told.limit = PRE_ACTIVATION_LIMIT
        arrays = {
            "recurrent": known["controller.recurrent"],
            "heads_weight": known["heads.weight"],
            "heads_bias": known["heads.bias"],
            **{name: getattr(tape, name) for name in ("gates", "cells", "joined", "raw")},
            **tape.padded,
            **flows,
        }
        for name, array in arrays.items():
            setattr(told, name, array.ctypes.data)
        return told
