"""The Neural Turing Machine (paper, section 3): controller, heads and memory, forward and backward through time.

One time step, for a batch of B sequences:

    input x_t, reads r_{t−1} ─► controller ─► hidden h_t ─► heads' parameters ─► addressing over M_{t−1} ─► w_t
    r_t = w_t · M_{t−1}        M_t = M_{t−1} erased and added to by w_t        output y_t from h_t and r_t

Arrays over time are (T, B, …). The output is logits; the loss belongs to the task.
"""

from __future__ import annotations

import numpy as np

from ntm_memory.errors import BadValueError
from ntm_memory.machine import memory as mem
from ntm_memory.machine.backpropagation import Flows, flow_back, rows
from ntm_memory.machine.controllers import make_controller
from ntm_memory.machine.focus import address
from ntm_memory.machine.interface import HeadParameters, Interface
from ntm_memory.machine.parameters import MachineParameters
from ntm_memory.machine.settings import Array, MachineSettings
from ntm_memory.machine.tape import MachineState, MachineTape


class Machine:
    """A network of given settings; its parameters are trained elsewhere.

    Args:
        settings: sizes and switches.
        parameters: used as they are, not copied: an optimiser may change them in place.
    """

    def __init__(self, settings: MachineSettings, parameters: MachineParameters) -> None:
        self.settings = settings
        self.parameters = parameters
        self.interface = Interface(settings)
        self.controller = make_controller(settings)
        self.reads = settings.read_heads * settings.memory_dim
        self.fed_back = self.reads + settings.controller_size * self.controller.recurrent

    def start(self, batch: int) -> MachineState:
        """The state before the first step, of `batch` sequences."""
        settings, known = self.settings, self.parameters.arrays()
        memory = mem.start_memory(settings, known.get("start.memory"))
        weights = mem.start_weights(settings, known.get("start.heads"))
        joined = np.zeros((batch, self.reads + settings.controller_size), settings.dtype)
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
        self._run(tape)
        known = self.parameters
        logits = rows(tape.joined[1:]) @ known["output.weight"] + known["output.bias"]
        return logits.reshape(*inputs.shape[:2], -1), tape

    def backward(self, tape: MachineTape, d_logits: Array) -> MachineParameters:
        """Gradients of all parameters through all time steps.

        Args:
            tape: of the forward pass; the parameters must be as they were then.
            d_logits: (T, B, O), gradient of the loss by the logits.

        Returns:
            The gradients, named like the parameters. A tape that went on from a given state ends at that state.
        """
        flows = Flows(self, tape, d_logits)
        flow_back(self, tape, flows)
        return flows.gradients()

    def head_parameters(self, hidden: Array) -> HeadParameters:
        """What the controller tells the heads.

        Args:
            hidden: (…, C).
        """
        raw = hidden @ self.parameters["heads.weight"] + self.parameters["heads.bias"]
        self.interface.squash(raw)
        return self.interface.split(raw)

    def _checked(self, inputs: Array) -> Array:
        inputs = np.asarray(inputs, dtype=self.settings.dtype)
        if inputs.ndim != 3 or inputs.shape[2] != self.settings.input_size or 0 in inputs.shape:
            wanted = f"(steps, batch, {self.settings.input_size}), each at least 1"
            raise BadValueError(f"inputs have the shape {inputs.shape}, expected {wanted}")
        if not np.isfinite(inputs).all():
            raise BadValueError("inputs hold NaN or infinite numbers", "all inputs must be finite")
        return inputs

    def _new_tape(self, inputs: Array, state: MachineState, from_start: bool) -> MachineTape:
        gates, cells, joined, raw = self._histories(inputs, state)
        heads, memory = self.interface.split(raw).steps(), _history(state.memory, len(inputs))
        return MachineTape(inputs, gates, cells, joined, raw, heads, memory, state.weights, [], from_start)

    def _histories(self, inputs: Array, state: MachineState) -> tuple[Array, Array, Array, Array]:
        """Gates with the inputs' share in them, cells, what is joined, raw: the tape of what has no locations."""
        steps, batch, _ = inputs.shape
        gates = rows(inputs) @ self.parameters["controller.input"]
        gates += self.parameters["controller.bias"]
        raw = np.empty((steps, batch, self.interface.size), self.settings.dtype)
        cells, joined = _history(state.cell, steps), _history(state.joined, steps)
        return gates.reshape(steps, batch, -1), cells, joined, raw

    def _run(self, tape: MachineTape) -> None:
        for step in range(len(tape.inputs)):
            self._step(tape, step)

    def _step(self, tape: MachineTape, t: int) -> None:
        settings, known = self.settings, self.parameters
        pre, joined, raw = tape.gates[t], tape.joined[t + 1], tape.raw[t]
        hidden = joined[:, self.reads :]
        pre += tape.joined[t, :, : self.fed_back] @ known["controller.recurrent"]
        self.controller.forward(pre, tape.cells[t], tape.cells[t + 1], hidden)
        np.matmul(hidden, known["heads.weight"], out=raw)
        raw += known["heads.bias"]
        self.interface.squash(raw)
        head, memory = tape.heads[t], tape.memory[t]
        focus = address(settings, head, memory, tape.focus[-1].weights if t else tape.start_weights)
        tape.focus.append(focus)
        reading, writing = focus.weights[:, : settings.read_heads], focus.weights[:, settings.read_heads :]
        joined[:, : self.reads] = mem.read(memory, reading).reshape(len(joined), -1)
        mem.write(memory, writing, head.erase, head.add, out=tape.memory[t + 1])


def _history(first: Array, steps: int) -> Array:
    """Room for `steps` more behind the first."""
    kept = np.empty((steps + 1, *first.shape), first.dtype)
    kept[0] = first
    return kept
