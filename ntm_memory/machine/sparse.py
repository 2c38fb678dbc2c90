"""Sparse access (Rae et al. 2016, arXiv 1610.09027): of a memory of very many locations a step touches some K a head.

A step looks at a *support*: of every head the K likest locations and those it looked at before, with their neighbours
on the ring. Over it addressing is the paper's; of the result each head keeps its K largest weights. The memory is
written in place and put back on the way back, so that a step's tape holds the rows of the support and not all N. With
K ≥ N it is the dense machine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import whole_number
from ntm_memory.machine import addressing
from ntm_memory.machine import memory as mem
from ntm_memory.machine.addressing import Cosine
from ntm_memory.machine.interface import HeadParameters
from ntm_memory.machine.settings import Array

Rows = NDArray[np.int64]


class Looked(NamedTuple):
    """Where H heads look: nowhere but at some rows."""

    rows: Rows  # (n,), rising
    weights: Array  # (H, n)


class SparseTape(NamedTuple):
    """What a step leaves for its backward."""

    head: HeadParameters
    rows: Rows  # (n,): the support
    neighbours: Rows  # (n, 2S + 1), places in the support, −1 where none is
    found: Array  # (n, M): the support's rows before they were written to
    previous: Array  # (H, n)
    before: Rows  # places in the support of the rows looked at before
    cosine: Cosine
    content: Array
    gated: Array
    shifted: Array
    sharpened: Array
    kept: NDArray[np.bool_]  # (H, n): the K largest
    weights: Array  # (H, n)


class SparseMemory:
    """A memory of N locations that is read and written K rows a head at a time.

    Args:
        rows: (N, M), changed in place by `step` and put back by `step_backward`.
        readers: heads that read; they come first, all others write.
        nearest: K.
    """

    def __init__(self, rows: Array, readers: int, nearest: int) -> None:
        self.rows = rows
        self._readers, self._nearest = readers, min(whole_number("nearest", nearest, 1), len(rows))
        self._squares: Array = np.vecdot(rows, rows)

    def step(self, head: HeadParameters, previous: Looked) -> tuple[Array, Looked, SparseTape]:
        """Look, read, then write.

        Args:
            head: parameters of H heads, each block without batch dimensions.
            previous: where they looked a step before.

        Returns:
            The vectors that the reading heads found (R, M), where all look now, and the tape.
        """
        rows = self._support(head, previous.rows)
        before = np.searchsorted(rows, previous.rows)
        known = np.zeros((len(head.beta), len(rows)), self.rows.dtype)
        known[:, before] = previous.weights
        neighbours = self._neighbours(rows, head.kernel.shape[-1] // 2)
        found = self.rows[rows]
        cosine = addressing.cosine_similarity(head.key, found.T)
        content = addressing.content_focus(cosine.similarity, head.beta)
        gated = addressing.interpolate(content, known, head.gate)
        pairs = zip(gated, head.kernel, strict=True)
        shifted = np.stack([addressing.shift_sparse(each, kernel, neighbours) for each, kernel in pairs])
        sharpened = addressing.sharpen(shifted, head.gamma)
        kept = _largest(sharpened, self._nearest)
        weights = np.where(kept, sharpened, 0)
        weights /= weights.sum(axis=1, keepdims=True)
        reading, writing = weights[: self._readers], weights[self._readers :]
        read = mem.read(found.T[None], reading[None])[0]
        self._put(rows, mem.write(found.T[None], writing[None], head.erase[None], head.add[None])[0].T)
        some = kept.any(axis=0)
        tape = SparseTape(
            head, rows, neighbours, found, known, before, cosine, content, gated, shifted, sharpened, kept, weights
        )
        return read, Looked(rows[some], weights[:, some]), tape

    def step_backward(
        self, tape: SparseTape, d_read: Array, d_weights: Array | None, d_rows: Array
    ) -> tuple[HeadParameters, Array]:
        """Undo a step and take its gradients; steps are undone in reverse order.

        Args:
            tape: of the step.
            d_read: (R, M), gradient of the vectors it read.
            d_weights: (H, k), that of the weights it handed on; None: they had no influence.
            d_rows: (N, M), gradient of the memory it left; in the support's rows it becomes that of what it found.

        Returns:
            Gradients of the heads' parameters, and of the weights (H, k) that it was given.
        """
        head, readers = tape.head, self._readers
        memory, writing = tape.found.T[None], tape.weights[None, readers:]
        self._put(tape.rows, tape.found)
        after = d_rows[tape.rows].T[None]
        d_memory, d_writing, d_erase, d_add = mem.write_backward(
            memory, writing, head.erase[None], head.add[None], np.ascontiguousarray(after)
        )
        by_read, d_reading = mem.read_backward(memory, tape.weights[None, :readers], d_read[None])
        grad = np.concatenate((d_reading[0], d_writing[0]))
        if d_weights is not None:
            grad[:, tape.kept.any(axis=0)] += d_weights
        d_head, by_content, d_previous = self._address_backward(tape, grad)
        d_rows[tape.rows] = (d_memory + by_read)[0].T + by_content.T
        return d_head._replace(erase=d_erase[0], add=d_add[0]), d_previous[:, tape.before]

    def _address_backward(self, tape: SparseTape, grad: Array) -> tuple[HeadParameters, Array, Array]:
        """From the gradient of the weights to those of the parameters, of the rows (M, n) and of `previous`."""
        head, empty = tape.head, np.empty(0, grad.dtype)
        total = np.where(tape.kept, tape.sharpened, 0).sum(axis=1, keepdims=True)
        grad = np.where(tape.kept, grad - np.vecdot(tape.weights, grad)[:, None], 0) / total
        grad, d_gamma = addressing.sharpen_backward(tape.shifted, head.gamma, tape.sharpened, grad)
        each = [
            addressing.shift_sparse_backward(gated, kernel, tape.neighbours, one)
            for gated, kernel, one in zip(tape.gated, head.kernel, grad, strict=True)
        ]
        grad, d_kernel = (np.stack(parts) for parts in zip(*each, strict=True))
        grad, d_previous, d_gate = addressing.interpolate_backward(tape.content, tape.previous, head.gate, grad)
        grad, d_beta = addressing.content_focus_backward(tape.cosine.similarity, head.beta, tape.content, grad)
        d_key, d_memory = addressing.cosine_similarity_backward(head.key, tape.found.T, tape.cosine, grad)
        return HeadParameters(d_key, empty, empty, d_gate, d_beta, d_gamma, d_kernel), d_memory, d_previous

    def _support(self, head: HeadParameters, before: Rows) -> Rows:
        """The rows of a step: the likest and those looked at before, with their neighbours."""
        size, reach = len(self.rows), head.kernel.shape[-1] // 2
        similarity = head.key @ self.rows.T
        similarity /= np.sqrt(self._squares + addressing.NORM_EPSILON)
        likest = np.nonzero(_largest(similarity, self._nearest).any(axis=0))[0]
        near = np.concatenate((likest, before))[:, None] + np.arange(-reach, reach + 1)
        return np.unique(near % size)

    def _neighbours(self, rows: Rows, reach: int) -> Rows:
        wanted = (rows[:, None] + np.arange(-reach, reach + 1)) % len(self.rows)
        places = np.minimum(np.searchsorted(rows, wanted), len(rows) - 1)
        neighbours: Rows = np.where(rows[places] == wanted, places, -1)
        return neighbours

    def _put(self, rows: Rows, values: Array) -> None:
        self.rows[rows] = values
        self._squares[rows] = np.vecdot(values, values)


def _largest(values: Array, count: int) -> NDArray[np.bool_]:
    """(H, n): the `count` largest of each row, all where there are no more."""
    marked = np.ones(values.shape, np.bool_)
    if count < values.shape[1]:
        marked[:] = False
        np.put_along_axis(marked, np.argpartition(-values, count - 1, axis=1)[:, :count], True, axis=1)
    return marked
