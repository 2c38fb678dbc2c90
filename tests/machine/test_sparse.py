"""Sparse access: with K ≥ N it is the dense machine; with few rows its gradients agree with central differences."""

from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.machine import MachineSettings
from ntm_memory.machine import memory as mem
from ntm_memory.machine.focus import address
from ntm_memory.machine.gradcheck import gradient_errors
from ntm_memory.machine.interface import HeadParameters, Interface
from ntm_memory.machine.sparse import Looked, SparseMemory

STEPS, READERS = 4, 2


def world(size, dim=4, heads=3, reach=1, seed=0):
    """Memory, where the heads look first, and the raw parameters of all steps."""
    rng = np.random.default_rng(seed)
    made = MachineSettings(1, 1, size, dim, READERS, heads - READERS, shift_range=reach, dtype="float64")
    first = Looked(np.array([1, size - 1]), np.tile([0.75, 0.25], (heads, 1)))
    return made, rng.normal(size=(size, dim)), first, rng.normal(size=(STEPS, Interface(made).size))


def heads_of(made, raw):
    squashed, interface = raw.copy(), Interface(made)
    interface.squash(squashed)
    return interface.split(squashed).steps()


def run(made, rows, first, heads, nearest):
    """Sum of everything, each part weighted at random, and the gradients of heads, memory and first weights."""
    rng = np.random.default_rng(9)
    memory, looked, tapes, loss = SparseMemory(rows.copy(), READERS, nearest), first, [], 0.0
    directions = rng.normal(size=(STEPS, READERS, rows.shape[1]))
    for head, direction in zip(heads, directions, strict=True):
        read, looked, tape = memory.step(head, looked)
        loss += float((read * direction).sum())
        tapes.append(tape)
    d_rows = rng.normal(size=rows.shape)
    loss += float((memory.rows * d_rows).sum())
    grads, d_weights = [], None
    for tape, direction in zip(reversed(tapes), reversed(directions), strict=True):
        d_head, d_weights = memory.step_backward(tape, direction, d_weights, d_rows)
        grads.insert(0, d_head)
    assert np.array_equal(memory.rows, rows)  # undone
    return loss, grads, d_rows, d_weights, tapes


def dense(made, rows, first, heads):
    """The reads of the dense machine, and the memory it leaves."""
    memory, weights, reads = rows.T[None], np.zeros((1, made.heads, len(rows))), []
    weights[0][:, first.rows] = first.weights
    for head in heads:
        batched = HeadParameters(*[block[None] for block in head])
        weights = address(made, batched, memory, weights).weights
        reads.append(mem.read(memory, weights[:, :READERS])[0])
        memory = mem.write(memory, weights[:, READERS:], batched.erase, batched.add)
    return reads, memory[0].T


@pytest.mark.parametrize(("size", "reach"), [(11, 1), (7, 0), (5, 2)])
def test_with_all_rows_it_is_the_dense_machine(size, reach):
    made, rows, first, raw = world(size, reach=reach)
    heads = heads_of(made, raw)
    expected, left = dense(made, rows, first, heads)
    memory, looked = SparseMemory(rows.copy(), READERS, size), first
    for head, wanted in zip(heads, expected, strict=True):
        read, looked, _ = memory.step(head, looked)
        assert read == pytest.approx(wanted, abs=1e-12)
    assert memory.rows == pytest.approx(left, abs=1e-12)


@pytest.mark.parametrize(("size", "nearest"), [(9, 9), (40, 3), (300, 5)])
def test_gradients_agree_with_central_differences(size, nearest):
    made, rows, first, raw = world(size, seed=3)
    heads = heads_of(made, raw)
    _, grads, d_rows, d_first, tapes = run(made, rows, first, heads, nearest)
    names = [name for name in HeadParameters._fields]
    parameters = {f"{name} {t}": getattr(heads[t], name) for t in range(STEPS) for name in names}
    gradients = {f"{name} {t}": getattr(grads[t], name) for t in range(STEPS) for name in names}
    parameters |= {"memory": rows, "first": first.weights}
    gradients |= {"memory": d_rows, "first": d_first}
    parameters = {name: np.ascontiguousarray(value) for name, value in parameters.items()}

    def loss():
        told = [HeadParameters(*[parameters[f"{name} {t}"] for name in names]) for t in range(STEPS)]
        return run(made, parameters["memory"], Looked(first.rows, parameters["first"]), told, nearest)[0]

    errors = gradient_errors(loss, parameters, gradients, samples=6)
    assert max(errors.values()) < 1e-6, errors
    assert (nearest == size) == all(len(tape.rows) == size for tape in tapes)


def test_a_step_touches_few_rows_of_many():
    made, rows, first, raw = world(20_000, dim=8)
    memory, looked = SparseMemory(rows, READERS, 8), first
    before = rows.copy()
    for head in heads_of(made, raw):
        _, looked, tape = memory.step(head, looked)
        assert looked.weights.sum(axis=1) == pytest.approx(np.ones(3))
        assert ((looked.weights > 0).sum(axis=1) <= 8).all()
        assert len(tape.rows) <= 3 * (8 + 8 * 3) * 3
    assert (memory.rows != before).any(axis=1).sum() <= STEPS * 8


@pytest.mark.parametrize("nearest", [0, 2.5])
def test_how_many_rows_must_be_a_number(nearest):
    with pytest.raises(BadValueError, match="nearest must be a whole number"):
        SparseMemory(np.ones((3, 2)), 1, nearest)
