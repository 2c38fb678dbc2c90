from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.machine import (
    Machine,
    MachineSettings,
    NTMMemoryController,
    ReadHead,
    WriteHead,
    content_focus,
    hybrid_addressing,
    location_focus,
)
from ntm_memory.machine.parameters import initial_machine_parameters


def test_read_and_write_heads():
    memory = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert ReadHead().read(memory, np.array([0.5, 0.5, 0])) == pytest.approx([2, 3])
    written = WriteHead().write(memory, np.array([0, 1.0, 0]), np.array([1.0, 0]), np.array([9.0, 1.0]))
    assert written == pytest.approx(np.array([[1, 2], [9, 5], [5, 6]]))
    assert memory[1] == pytest.approx([3, 4])


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("weights", (np.zeros((3, 2)), np.zeros(4), np.zeros(2), np.zeros(2))),
        ("memory", (np.zeros(3), np.zeros(3), np.zeros(2), np.zeros(2))),
        ("erase", (np.zeros((3, 2)), np.zeros(3), np.full(2, 1.5), np.zeros(2))),
        ("add", (np.zeros((3, 2)), np.zeros(3), np.zeros(2), np.full(2, np.nan))),
        ("memory", ("words", np.zeros(3), np.zeros(2), np.zeros(2))),
        ("weights", (np.zeros((3, 2)), np.array([-0.1, 0, 0]), np.zeros(2), np.zeros(2))),
        ("weights", (np.zeros((3, 2)), np.array([5.0, 0, 0]), np.zeros(2), np.zeros(2))),
    ],
)
def test_heads_name_the_bad_argument(name, arguments):
    with pytest.raises(BadValueError, match=f"^{name} "):
        WriteHead().write(*arguments)


@pytest.mark.parametrize("controller", ["lstm", "feedforward"])
@pytest.mark.parametrize("heads", [1, 3])
def test_the_controller_steps_as_the_machine_does(controller, heads):
    ntm = NTMMemoryController(16, 8, heads, controller=controller)
    inputs = np.random.default_rng(0).normal(size=(5, 8))
    _, tape = ntm.machine.forward(inputs[:, None])
    for x in inputs:
        state, read = ntm.forward(x)
    assert np.concatenate([read, state]) == pytest.approx(tape.joined[-1, 0])
    assert ntm.memory == pytest.approx(tape.memory[-1, 0].T)
    assert ntm.weights == pytest.approx(tape.weights[-1, 0])
    ntm.reset()
    assert (ntm.memory == 1e-2).all()


def test_addressing_is_what_the_next_step_does():
    ntm = NTMMemoryController(16, 8, 2)
    ntm.forward(np.ones(8))
    joined, before = ntm._state, ntm.weights
    state, _ = ntm.forward(np.zeros(8))
    after = ntm.weights
    ntm._state = joined
    head = ntm.compute_addressing_params(state)
    assert ntm.addressing(head) == pytest.approx(after)
    assert before.shape == after.shape == (4, 16)
    erase, add = ntm.compute_write_params(state)
    assert erase.shape == add.shape == (2, 8)
    assert ((erase > 0) & (erase < 1)).all()


def test_stepping_a_trained_machine():
    made = MachineSettings(3, 2)
    machine = Machine(made, initial_machine_parameters(made, 0))
    assert NTMMemoryController.from_machine(machine).forward(np.ones(3))[1].shape == (20,)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((0, 8), "memory_size must be a whole number of at least 1, not 0"),
        ((16, -8), "memory_dim"),
        ((16, 8, "two"), "num_heads"),
    ],
)
def test_bad_sizes_are_named(arguments, said):
    with pytest.raises(BadValueError, match=said):
        NTMMemoryController(*arguments)


@pytest.mark.parametrize("vector", [np.zeros(7), np.zeros((1, 8)), np.full(8, np.nan), None])
def test_bad_input_vectors_are_named(vector):
    with pytest.raises(BadValueError, match="input_vector"):
        NTMMemoryController(16, 8).forward(vector)


def test_hybrid_addressing_by_hand():
    similarity, previous = np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0])
    forward = np.array([0.0, 0.0, 1.0])
    assert hybrid_addressing(similarity, 50.0, previous, 1.0, forward, 1.0) == pytest.approx([0, 0, 1], abs=1e-9)
    assert hybrid_addressing(similarity, 50.0, previous, 0.0, forward, 1.0) == pytest.approx([0, 1, 0], abs=1e-9)
    half = hybrid_addressing(similarity, 50.0, previous, 0.5, forward, 2.0)
    assert half == pytest.approx([0, 0.5, 0.5], abs=1e-9)
    assert location_focus(content_focus(similarity, 50.0), forward, 1.0) == pytest.approx([0, 0, 1], abs=1e-9)


@pytest.mark.parametrize("extreme", [0.0, 1e3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_beta_and_gamma_stay_finite(extreme, dtype):
    similarity, previous = np.array([-1, 0, 1], dtype), np.array([1, 0, 0], dtype)
    kernel = np.array([0.2, 0.5, 0.3], dtype)
    weights = hybrid_addressing(similarity, extreme, previous, 0.5, kernel, extreme)
    assert weights.dtype == dtype
    assert weights.sum() == pytest.approx(1)


HALVES, STAY = np.array([0.5, 0.5]), np.array([0, 1.0, 0])


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("similarity", lambda: content_focus("words", 1.0)),
        ("similarity", lambda: content_focus(np.array([1.0, np.nan]), 1.0)),
        ("similarity", lambda: content_focus(np.full(2, -np.inf), 1.0)),
        ("similarity", lambda: content_focus(np.zeros(0), 1.0)),
        ("beta", lambda: content_focus(HALVES, -1.0)),
        ("beta", lambda: content_focus(HALVES, np.inf)),
        ("beta", lambda: content_focus(HALVES, np.ones(3))),
        ("beta", lambda: content_focus(np.array([1.0, -np.inf]), 0.0)),
        ("weights", lambda: location_focus(-HALVES, STAY, 1.0)),
        ("kernel", lambda: location_focus(HALVES, HALVES, 1.0)),
        ("kernel", lambda: location_focus(HALVES, np.array(1.0), 1.0)),
        ("kernel", lambda: location_focus(HALVES, -STAY, 1.0)),
        ("gamma", lambda: location_focus(HALVES, STAY, -0.5)),
        ("previous", lambda: hybrid_addressing(HALVES, 1.0, np.ones(3) / 3, 0.5, STAY, 1.0)),
        ("gate", lambda: hybrid_addressing(HALVES, 1.0, HALVES, 1.5, STAY, 1.0)),
    ],
)
def test_addressing_names_the_bad_argument(name, call):
    with pytest.raises(BadValueError, match=f"^{name} "):
        call()


def test_addressing_takes_lists_and_batches_and_keeps_float32():
    assert content_focus([1, 0], 0) == pytest.approx(HALVES)
    assert content_focus(np.array([1.0, -np.inf]), 1.0) == pytest.approx([1, 0])
    assert location_focus([1, 0, 0], [0, 0, 1], 1) == pytest.approx([0, 1, 0])
    many = np.full((2, 3, 4), 0.25, np.float32)
    weights = hybrid_addressing(many, np.ones((2, 3)), many, np.ones((2, 3)), np.full((2, 3, 3), 1 / 3), 1.0)
    assert weights.dtype == np.float32
    assert weights == pytest.approx(many)


def test_parameters_that_do_not_fit_the_heads_are_named():
    ntm = NTMMemoryController(5, 3, 2)
    head = ntm.compute_addressing_params(np.zeros(100))
    assert ntm.addressing(head).shape == (4, 5)
    for wrong in (np.ones((2, 2)), head.key * np.nan):
        with pytest.raises(BadValueError, match="^key "):
            ntm.addressing(head._replace(key=wrong))
    content_only = NTMMemoryController(5, 3, location=False)
    assert content_only.addressing(content_only.compute_addressing_params(np.zeros(100))).shape == (2, 5)
    with pytest.raises(BadValueError, match="^seed "):
        NTMMemoryController(4, 4, seed=-1)
