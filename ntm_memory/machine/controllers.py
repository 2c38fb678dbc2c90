"""Controllers (paper, section 3.4): from the input and what was read, to a hidden state.

A controller is told its pre-activations; the machine computes their linear part, because the input's share of it is
one matrix product for all time steps. `cell` is what an LSTM carries besides its output; a feed-forward controller
carries nothing.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ntm_memory.machine.activations import squash
from ntm_memory.machine.settings import Array, MachineSettings


class Controller(Protocol):
    """What the machine needs to know about a controller of C hidden units."""

    gates: int
    """Width of the pre-activations, in units of C."""
    recurrent: bool
    """Whether the hidden state of the step before is an input."""

    def forward(self, pre: Array, cell: Array, cell_out: Array, hidden_out: Array) -> None:
        """Squash (B, gates·C) pre-activations in place; write the new cell and hidden state (B, C)."""

    def prepare(self, gates: Array, cells: Array) -> tuple[Array, ...]:
        """Slopes of all T steps, for `backward`: gates (T, B, gates·C), cells (T + 1, B, C)."""

    def backward(self, slopes: tuple[Array, ...], step: int, d_hidden: Array, d_cell: Array, d_pre: Array) -> Array:
        """Write the gradient of the pre-activations; return that of the cell before."""


class LSTM:
    """Long short-term memory with the gates in the order g, i, f, o: c = f·c + i·g, h = o·tanh c."""

    gates = 4
    recurrent = True

    def __init__(self, size: int) -> None:
        self._size = size

    def forward(self, pre: Array, cell: Array, cell_out: Array, hidden_out: Array) -> None:
        """See `Controller.forward`."""
        size = self._size
        squash(pre, slice(size, None))
        np.multiply(pre[:, :size], pre[:, size : 2 * size], out=cell_out)
        cell_out += pre[:, 2 * size : 3 * size] * cell
        np.tanh(cell_out, out=hidden_out)
        hidden_out *= pre[:, 3 * size :]

    def prepare(self, gates: Array, cells: Array) -> tuple[Array, ...]:
        """See `Controller.prepare`."""
        steps, batch, _ = gates.shape
        g, i, f, o = np.moveaxis(gates.reshape(steps, batch, 4, self._size), 2, 0)
        squashed = np.tanh(cells[1:])
        through_cell = np.empty((steps, batch, 3, self._size), gates.dtype)
        through_cell[:, :, 0] = i * (1 - g * g)
        through_cell[:, :, 1] = g * i * (1 - i)
        through_cell[:, :, 2] = cells[:-1] * f * (1 - f)
        return through_cell, squashed * o * (1 - o), o * (1 - squashed * squashed), f

    def backward(self, slopes: tuple[Array, ...], step: int, d_hidden: Array, d_cell: Array, d_pre: Array) -> Array:
        """See `Controller.backward`."""
        through_cell, through_output, hidden_by_cell, f = (slope[step] for slope in slopes)
        d_cell = d_cell + d_hidden * hidden_by_cell
        blocks = d_pre.reshape(len(d_pre), 4, self._size)
        np.multiply(d_cell[:, None], through_cell, out=blocks[:, :3])
        np.multiply(d_hidden, through_output, out=blocks[:, 3])
        d_cell *= f
        return d_cell


class FeedForward:
    """One hidden layer, h = tanh(pre): only the memory carries anything from step to step."""

    gates = 1
    recurrent = False

    def forward(self, pre: Array, cell: Array, cell_out: Array, hidden_out: Array) -> None:
        """See `Controller.forward`."""
        np.tanh(pre, out=pre)
        hidden_out[...] = pre
        cell_out[...] = 0

    def prepare(self, gates: Array, cells: Array) -> tuple[Array, ...]:
        """See `Controller.prepare`."""
        return (1 - gates * gates,)

    def backward(self, slopes: tuple[Array, ...], step: int, d_hidden: Array, d_cell: Array, d_pre: Array) -> Array:
        """See `Controller.backward`."""
        np.multiply(d_hidden, slopes[0][step], out=d_pre)
        return d_cell


def make_controller(settings: MachineSettings) -> Controller:
    """The controller that the settings name."""
    return LSTM(settings.controller_size) if settings.controller == "lstm" else FeedForward()
