"""Back-propagation through time: from the gradient of the logits to those of all parameters.

The loops here are the reference; `kernel` does the same steps in C.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ntm_memory.machine import memory as mem
from ntm_memory.machine.controllers import Controller
from ntm_memory.machine.focus import address_backward
from ntm_memory.machine.interface import Interface
from ntm_memory.machine.parameters import MachineParameters
from ntm_memory.machine.settings import Array, MachineSettings
from ntm_memory.machine.tape import MachineTape


class Parts(Protocol):
    """What must be known of the machine."""

    settings: MachineSettings
    parameters: MachineParameters
    interface: Interface
    controller: Controller
    reads: int
    """Width of all that is read."""
    fed_back: int
    """Width of what the controller hears of the step before."""


class Flows:
    """The gradients of what is inside the machine at every step, and of its parameters once all steps are done."""

    def __init__(self, machine: Parts, tape: MachineTape, d_logits: Array) -> None:
        self._settings, self._tape, self._fed_back, self._reads = (
            machine.settings,
            tape,
            machine.fed_back,
            machine.reads,
        )
        steps, batch, _ = tape.inputs.shape
        self._d_logits = rows(np.asarray(d_logits, dtype=machine.settings.dtype))
        self.d_joined = (self._d_logits @ machine.parameters["output.weight"].T).reshape(steps, batch, -1)
        self.d_gates = np.empty_like(tape.gates)
        self.d_raw = np.zeros_like(tape.raw)
        self.d_memory = np.zeros_like(tape.memory[0])
        """Of the memory after the step that was done last; in the end, before the first."""
        self.d_weights: Array | None = None
        """The same of the weightings; None: they had no influence."""

    def gradients(self) -> MachineParameters:
        """The gradients of all parameters, once all steps are done."""
        tape, found = self._tape, MachineParameters(self._settings)
        d_gates, d_raw, joined = rows(self.d_gates), rows(self.d_raw), tape.joined
        np.matmul(rows(tape.inputs).T, d_gates, out=found["controller.input"])
        np.matmul(rows(joined[:-1])[:, : self._fed_back].T, d_gates, out=found["controller.recurrent"])
        np.matmul(rows(joined[1:])[:, self._reads :].T, d_raw, out=found["heads.weight"])
        np.matmul(rows(joined[1:]).T, self._d_logits, out=found["output.weight"])
        found["controller.bias"] = d_gates.sum(axis=0)
        found["heads.bias"] = d_raw.sum(axis=0)
        found["output.bias"] = self._d_logits.sum(axis=0)
        if tape.from_start and self._settings.memory_start == "learned":
            found["start.memory"] = mem.start_memory_backward(self._settings, self.d_memory.sum(axis=0))
        if tape.from_start and self._settings.head_start == "learned" and self.d_weights is not None:
            d_start = self.d_weights.sum(axis=0)
            found["start.heads"] = mem.start_weights_backward(self._settings, tape.start_weights[0], d_start)
        return found


class _Backward:
    """What flows from step t + 1 to step t."""

    def __init__(self, machine: Parts, tape: MachineTape, flows: Flows) -> None:
        self._settings, self._known, self._tape, self._flows = machine.settings, machine.parameters, tape, flows
        self._interface, self._controller = machine.interface, machine.controller
        self._reads, self._fed_back = machine.reads, machine.fed_back
        self._d_heads = self._interface.split(flows.d_raw).steps()
        self._slopes = self._interface.slopes(tape.raw)
        self._gate_slopes = self._controller.prepare(tape.gates, tape.cells)
        self._d_cell = np.zeros_like(tape.cells[0])

    def step(self, t: int) -> None:
        """Go one step back in time."""
        tape, known, reads, flows = self._tape, self._known, self._reads, self._flows
        d_joined = flows.d_joined[t]
        if t + 1 < len(tape.inputs):
            d_joined[:, : self._fed_back] += flows.d_gates[t + 1] @ known["controller.recurrent"].T
        self._memory_step(t, d_joined[:, :reads].reshape(len(d_joined), self._settings.read_heads, -1))
        self._interface.squash_backward(tape.heads[t], self._slopes[t], flows.d_raw[t])
        d_hidden = d_joined[:, reads:]
        d_hidden += flows.d_raw[t] @ known["heads.weight"].T
        self._d_cell = self._controller.backward(self._gate_slopes, t, d_hidden, self._d_cell, flows.d_gates[t])

    def _memory_step(self, t: int, d_read: Array) -> None:
        tape, flows, readers = self._tape, self._flows, self._settings.read_heads
        head, d_head, focus, memory = tape.heads[t], self._d_heads[t], tape.focus[t], tape.memory[t]
        reading, writing = focus.weights[:, :readers], focus.weights[:, readers:]
        d_memory, d_writing, d_head.erase[...], d_head.add[...] = mem.write_backward(
            memory, writing, head.erase, head.add, flows.d_memory
        )
        d_by_read, d_reading = mem.read_backward(memory, reading, d_read)
        d_memory += d_by_read
        d_weights = np.concatenate((d_reading, d_writing), axis=1)
        if flows.d_weights is not None:
            d_weights += flows.d_weights
        previous = tape.focus[t - 1].weights if t else tape.start_weights
        by_content, flows.d_weights = address_backward(self._settings, head, memory, previous, focus, d_weights, d_head)
        if by_content is not None:
            d_memory += by_content
        flows.d_memory = d_memory


def flow_back(machine: Parts, tape: MachineTape, flows: Flows) -> None:
    """Go back through all time steps, filling `flows`."""
    back = _Backward(machine, tape, flows)
    for step in reversed(range(len(tape.inputs))):
        back.step(step)


def rows(over_time: Array) -> Array:
    """(T·B, …): all steps of all sequences below each other."""
    return over_time.reshape(-1, over_time.shape[-1])
