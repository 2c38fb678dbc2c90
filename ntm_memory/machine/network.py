"""The Neural Turing Machine (paper, section 3): controller, heads and memory, forward and backward through time.

One time step, for a batch of B sequences:

    input x_t, reads r_{t−1} ─► controller ─► hidden h_t ─► heads' parameters ─► addressing over M_{t−1} ─► w_t
    r_t = w_t · M_{t−1}        M_t = M_{t−1} erased and added to by w_t        output y_t from h_t and r_t

Arrays over time are (T, B, …). The output is logits; the loss belongs to the task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ntm_memory.errors import BadValueError
from ntm_memory.machine import memory as mem
from ntm_memory.machine.controllers import make_controller
from ntm_memory.machine.focus import Focus, address, address_backward
from ntm_memory.machine.interface import HeadParameters, Interface
from ntm_memory.machine.parameters import MachineParameters
from ntm_memory.machine.settings import Array, MachineSettings


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


class Machine:
    """A network of given settings; its parameters are trained elsewhere.

    Args:
        settings: sizes and switches.
        parameters: used as they are, not copied: an optimiser may change them in place.
    """

    def __init__(self, settings: MachineSettings, parameters: MachineParameters) -> None:
        self.settings = settings
        self.parameters = parameters
        self._interface = Interface(settings)
        self._controller = make_controller(settings)
        self._reads = settings.read_heads * settings.memory_dim
        self._fed_back = self._reads + settings.controller_size * self._controller.recurrent

    def start(self, batch: int) -> MachineState:
        """The state before the first step, of `batch` sequences."""
        settings, known = self.settings, self.parameters.arrays()
        memory = mem.start_memory(settings, known.get("start.memory"))
        weights = mem.start_weights(settings, known.get("start.heads"))
        joined = np.zeros((batch, self._reads + settings.controller_size), settings.dtype)
        cell = np.zeros((batch, settings.controller_size), settings.dtype)
        return MachineState(
            np.broadcast_to(memory, (batch, *memory.shape)),
            np.broadcast_to(weights, (batch, *weights.shape)),
            joined,
            cell,
        )

    def forward(self, inputs: Array, state: MachineState | None = None) -> tuple[Array, MachineTape]:
        """Run over whole sequences.

        Args:
            inputs: (T, B, I), finite.
            state: where to go on; None: from the start.

        Returns:
            (T, B, O) logits and the tape.

        Raises:
            BadValueError: the inputs have another shape, or hold NaN or infinities; the state is of another batch size.
        """
        inputs = self._checked(inputs)
        if state is not None and len(state.memory) != inputs.shape[1]:
            raise BadValueError(f"state is of {len(state.memory)} sequences, inputs of {inputs.shape[1]}")
        tape = self._new_tape(inputs, self.start(inputs.shape[1]) if state is None else state, state is None)
        for step in range(len(inputs)):
            self._step(tape, step)
        known = self.parameters
        logits = _rows(tape.joined[1:]) @ known["output.weight"] + known["output.bias"]
        return logits.reshape(*inputs.shape[:2], -1), tape

    def backward(self, tape: MachineTape, d_logits: Array) -> MachineParameters:
        """Gradients of all parameters through all time steps.

        Args:
            tape: of the forward pass; the parameters must be as they were then.
            d_logits: (T, B, O), gradient of the loss by the logits.

        Returns:
            The gradients, named like the parameters. A tape that went on from a given state ends at that state.
        """
        back = _Backward(self, tape, d_logits)
        for step in reversed(range(len(tape.inputs))):
            back.step(step)
        return back.gradients()

    def head_parameters(self, hidden: Array) -> HeadParameters:
        """What the controller tells the heads.

        Args:
            hidden: (…, C).
        """
        raw = hidden @ self.parameters["heads.weight"] + self.parameters["heads.bias"]
        self._interface.squash(raw)
        return self._interface.split(raw)

    def _checked(self, inputs: Array) -> Array:
        inputs = np.asarray(inputs, dtype=self.settings.dtype)
        if inputs.ndim != 3 or inputs.shape[2] != self.settings.input_size or 0 in inputs.shape:
            wanted = f"(steps, batch, {self.settings.input_size}), each at least 1"
            raise BadValueError(f"inputs have the shape {inputs.shape}, expected {wanted}")
        if not np.isfinite(inputs).all():
            raise BadValueError("inputs hold NaN or infinite numbers", "all inputs must be finite")
        return inputs

    def _new_tape(self, inputs: Array, state: MachineState, from_start: bool) -> MachineTape:
        settings, known = self.settings, self.parameters
        steps, batch, _ = inputs.shape

        def history(first: Array) -> Array:
            kept = np.empty((steps + 1, *first.shape), settings.dtype)
            kept[0] = first
            return kept

        gates = _rows(inputs) @ known["controller.input"]
        gates += known["controller.bias"]
        raw = np.empty((steps, batch, self._interface.size), settings.dtype)
        return MachineTape(
            inputs=inputs,
            gates=gates.reshape(steps, batch, -1),
            cells=history(state.cell),
            joined=history(state.joined),
            raw=raw,
            heads=self._interface.split(raw).steps(),
            memory=history(state.memory),
            start_weights=state.weights,
            focus=[],
            from_start=from_start,
        )

    def _step(self, tape: MachineTape, t: int) -> None:
        settings, known = self.settings, self.parameters
        pre, joined, raw = tape.gates[t], tape.joined[t + 1], tape.raw[t]
        hidden = joined[:, self._reads :]
        pre += tape.joined[t, :, : self._fed_back] @ known["controller.recurrent"]
        self._controller.forward(pre, tape.cells[t], tape.cells[t + 1], hidden)
        np.matmul(hidden, known["heads.weight"], out=raw)
        raw += known["heads.bias"]
        self._interface.squash(raw)
        head, memory = tape.heads[t], tape.memory[t]
        focus = address(settings, head, memory, tape.focus[-1].weights if t else tape.start_weights)
        tape.focus.append(focus)
        reading, writing = focus.weights[:, : settings.read_heads], focus.weights[:, settings.read_heads :]
        joined[:, : self._reads] = mem.read(memory, reading).reshape(len(joined), -1)
        mem.write(memory, writing, head.erase, head.add, out=tape.memory[t + 1])


class _Backward:
    """The backward pass: what flows from step t + 1 to step t, and the gradients gathered on the way."""

    def __init__(self, machine: Machine, tape: MachineTape, d_logits: Array) -> None:
        self._settings, self._known, self._tape = machine.settings, machine.parameters, tape
        self._interface, self._controller = machine._interface, machine._controller
        self._reads, self._fed_back = machine._reads, machine._fed_back
        steps, batch, _ = tape.inputs.shape
        self._d_logits = _rows(np.asarray(d_logits, dtype=machine.settings.dtype))
        self._d_joined = (self._d_logits @ self._known["output.weight"].T).reshape(steps, batch, -1)
        self._d_gates = np.empty_like(tape.gates)
        self._d_raw = np.zeros_like(tape.raw)
        self._d_heads = self._interface.split(self._d_raw).steps()
        self._slopes = self._interface.slopes(tape.raw)
        self._gate_slopes = self._controller.prepare(tape.gates, tape.cells)
        self._d_memory = np.zeros_like(tape.memory[0])
        self._d_weights: Array | None = None
        self._d_cell = np.zeros_like(tape.cells[0])

    def step(self, t: int) -> None:
        """Go one step back in time."""
        tape, known, reads = self._tape, self._known, self._reads
        d_joined = self._d_joined[t]
        if t + 1 < len(tape.inputs):
            d_joined[:, : self._fed_back] += self._d_gates[t + 1] @ known["controller.recurrent"].T
        self._memory_step(t, d_joined[:, :reads].reshape(len(d_joined), self._settings.read_heads, -1))
        self._interface.squash_backward(tape.heads[t], self._slopes[t], self._d_raw[t])
        d_hidden = d_joined[:, reads:]
        d_hidden += self._d_raw[t] @ known["heads.weight"].T
        self._d_cell = self._controller.backward(self._gate_slopes, t, d_hidden, self._d_cell, self._d_gates[t])

    def _memory_step(self, t: int, d_read: Array) -> None:
        tape, readers = self._tape, self._settings.read_heads
        head, d_head, focus, memory = tape.heads[t], self._d_heads[t], tape.focus[t], tape.memory[t]
        reading, writing = focus.weights[:, :readers], focus.weights[:, readers:]
        d_memory, d_writing, d_head.erase[...], d_head.add[...] = mem.write_backward(
            memory, writing, head.erase, head.add, self._d_memory
        )
        d_by_read, d_reading = mem.read_backward(memory, reading, d_read)
        d_memory += d_by_read
        d_weights = np.concatenate((d_reading, d_writing), axis=1)
        if self._d_weights is not None:
            d_weights += self._d_weights
        previous = tape.focus[t - 1].weights if t else tape.start_weights
        by_content, self._d_weights = address_backward(self._settings, head, memory, previous, focus, d_weights, d_head)
        if by_content is not None:
            d_memory += by_content
        self._d_memory = d_memory

    def gradients(self) -> MachineParameters:
        """The gradients of all parameters, once all steps are done."""
        tape, found = self._tape, MachineParameters(self._settings)
        d_gates, d_raw, joined = _rows(self._d_gates), _rows(self._d_raw), tape.joined
        np.matmul(_rows(tape.inputs).T, d_gates, out=found["controller.input"])
        np.matmul(_rows(joined[:-1])[:, : self._fed_back].T, d_gates, out=found["controller.recurrent"])
        np.matmul(_rows(joined[1:])[:, self._reads :].T, d_raw, out=found["heads.weight"])
        np.matmul(_rows(joined[1:]).T, self._d_logits, out=found["output.weight"])
        found["controller.bias"] = d_gates.sum(axis=0)
        found["heads.bias"] = d_raw.sum(axis=0)
        found["output.bias"] = self._d_logits.sum(axis=0)
        if tape.from_start and self._settings.memory_start == "learned":
            found["start.memory"] = mem.start_memory_backward(self._settings, self._d_memory.sum(axis=0))
        if tape.from_start and self._settings.head_start == "learned" and self._d_weights is not None:
            d_start = self._d_weights.sum(axis=0)
            found["start.heads"] = mem.start_weights_backward(self._settings, tape.start_weights[0], d_start)
        return found


def _rows(over_time: Array) -> Array:
    """(T·B, …): all steps of all sequences below each other."""
    return over_time.reshape(-1, over_time.shape[-1])
