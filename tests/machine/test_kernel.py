"""The compiled kernel says what NumPy says: logits, weightings, gradients. Skipped where there is no C compiler."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from test_network import CONFIGURATIONS, small, strong

from ntm_memory.machine import Machine
from ntm_memory.machine.interface import PRE_ACTIVATION_LIMIT
from ntm_memory.machine.kernel import CompiledMachine, kernel_knows
from ntm_memory.machine.parameters import MachineParameters

KNOWN = [changes for changes in CONFIGURATIONS if kernel_knows(small(**changes))]
MORE = [
    {"memory_size": 16, "controller_size": 31, "memory_dim": 17},
    {"memory_size": 130, "read_heads": 4, "write_heads": 4, "memory_start": "small_random"},
    {"memory_size": 2, "shift_range": 9, "memory_start": "learned", "head_start": "learned"},
]


def pair(settings, parameters, libraries):
    return Machine(settings, parameters), CompiledMachine(settings, parameters, libraries[settings.dtype])


def both(settings, parameters, libraries, inputs):
    """(logits, weightings, gradients) of either, for a random linear function of the logits."""
    found = []
    for machine in pair(settings, parameters, libraries):
        logits, tape = machine.forward(inputs)
        direction = np.random.default_rng(1).normal(size=logits.shape)
        found.append((logits, tape.weights, machine.backward(tape, direction).arrays()))
    return found


def differ(expected, found):
    """The largest difference, relative to the largest number."""
    return np.abs(expected - found).max() / max(np.abs(expected).max(), 1e-6)


@pytest.mark.parametrize("batch", [1, 3, 9, 16])
@pytest.mark.parametrize("changes", KNOWN + MORE, ids=str)
def test_equal_to_the_reference(changes, batch, libraries):
    made = small(**changes)
    inputs = np.random.default_rng(0).normal(size=(7, batch, 4))
    (logits, weights, gradients), found = both(made, strong(made), libraries, inputs)
    assert differ(logits, found[0]) < 1e-9 and differ(weights, found[1]) < 1e-9
    assert set(found[2]) == set(gradients)
    for name, gradient in gradients.items():
        assert differ(gradient, found[2][name]) < 1e-9, name


def test_beta_at_its_limit_passes_no_gradient_there_either(libraries):
    made = small()
    parameters = strong(made)
    machine = Machine(made, parameters)
    for block in (
        machine.interface.split(parameters["heads.bias"]).beta,
        machine.interface.split(parameters["heads.bias"]).gamma,
    ):
        block[0] = PRE_ACTIVATION_LIMIT + 5
    inputs = np.random.default_rng(0).normal(size=(5, 2, 4))
    (logits, _, gradients), found = both(made, parameters, libraries, inputs)
    assert differ(logits, found[0]) < 1e-9
    assert differ(gradients["heads.bias"], found[2]["heads.bias"]) < 1e-9
    clipped = machine.interface.split(found[2]["heads.bias"])
    assert clipped.beta[0] == clipped.gamma[0] == 0 and clipped.beta[1] != 0


def test_as_near_as_float32_allows(libraries):
    made = small(dtype="float32", memory_size=60, memory_dim=20, controller_size=100)
    inputs = np.random.default_rng(0).normal(size=(20, 5, 4))
    (logits, weights, gradients), found = both(made, strong(made), libraries, inputs)
    assert found[0].dtype == np.float32
    assert differ(logits, found[0]) < 1e-4 and differ(weights, found[1]) < 1e-4
    assert all(differ(gradient, found[2][name]) < 1e-3 for name, gradient in gradients.items())


def test_it_goes_on_from_a_state(libraries):
    made = small(read_heads=2, memory_size=19)
    reference, compiled = pair(made, strong(made), libraries)
    inputs = np.random.default_rng(0).normal(size=(8, 3, 4))
    expected, _ = reference.forward(inputs)
    for first, second in ((compiled, compiled), (compiled, reference), (reference, compiled)):
        _, tape = first.forward(inputs[:5])
        assert tape.end.memory.shape == (3, made.memory_dim, 19)
        logits, _ = second.forward(inputs[5:], tape.end)
        assert differ(expected[5:], logits) < 1e-9


def test_gradients_from_a_given_state_end_there(libraries):
    made = small(memory_start="learned", head_start="learned")
    inputs = np.random.default_rng(0).normal(size=(8, 2, 4))
    found = []
    for machine in pair(made, strong(made), libraries):
        _, tape = machine.forward(inputs[:4])
        logits, tape = machine.forward(inputs[4:], tape.end)
        found.append(machine.backward(tape, np.ones_like(logits)).arrays())
    assert all(differ(gradient, found[1][name]) < 1e-9 for name, gradient in found[0].items())
    assert (found[1]["start.memory"] == 0).all()


def test_what_it_does_not_know():
    assert not any(
        kernel_knows(small(**changes))
        for changes in ({"controller": "feedforward"}, {"hybrid": False}, {"content": False})
    )
    assert len(KNOWN) >= 5


def test_loading_it_leaves_denormal_numbers_alone(libraries):
    made = dataclasses.replace(small(), dtype="float32")
    machine = CompiledMachine(made, MachineParameters(made), libraries["float32"])
    machine.forward(np.zeros((2, 1, 4)))
    assert np.float32(1e-40) * np.float32(0.5) > 0
