from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.errors import BadValueError
from ntm_memory.machine import Machine, MachineSettings
from ntm_memory.machine.gradcheck import gradient_errors, machine_gradient_errors
from ntm_memory.machine.parameters import MachineParameters, initial_machine_parameters

SMALL = {"input_size": 4, "output_size": 3, "memory_size": 7, "memory_dim": 5, "controller_size": 6, "dtype": "float64"}
CONFIGURATIONS = [
    {},
    {"controller": "feedforward"},
    {"read_heads": 2, "write_heads": 3, "shift_range": 2},
    {"controller": "feedforward", "read_heads": 3, "memory_start": "small_random"},
    {"memory_start": "learned", "head_start": "learned", "read_heads": 2},
    {"memory_start": "small_random", "head_start": "uniform", "shift_range": 0},
    {"location": False},
    {"content": False, "head_start": "learned"},
    {"hybrid": False, "write_heads": 2},
    {"memory_size": 1, "memory_dim": 1, "shift_range": 3},
    {"memory_size": 30, "shift_range": 3, "memory_start": "learned"},
]


def small(**changes):
    return MachineSettings(**{**SMALL, **changes})


def strong(settings, seed=1):
    """Parameters large enough for every step of addressing to matter."""
    parameters = initial_machine_parameters(settings, seed)
    parameters.flat *= 1.5
    return parameters


@pytest.mark.parametrize("changes", CONFIGURATIONS, ids=str)
def test_gradients_agree_with_central_differences(changes):
    made = small(**changes)
    inputs = np.random.default_rng(0).normal(size=(5, 2, 4))
    errors = machine_gradient_errors(made, strong(made), inputs)
    assert set(errors) == set(strong(made).arrays())
    assert max(errors.values()) <= 1e-6, errors


def test_gradcheck_finds_a_wrong_gradient():
    weights = {"w": np.array([1.0, 2.0, 3.0])}

    def loss():
        return float((weights["w"] ** 2).sum())

    assert gradient_errors(loss, weights, {"w": np.array([2.0, 4.0, 6.0])})["w"] < 1e-9
    assert gradient_errors(loss, weights, {"w": np.array([2.0, 4.0, 6.01])})["w"] > 1e-4
    assert gradient_errors(loss, weights, {"w": np.array([2.0, 4.0, np.nan])})["w"] == np.inf


@pytest.mark.parametrize(
    ("values", "gradients", "options", "message"),
    [
        (np.ones(3, np.float32), {"w": np.ones(3)}, {}, "^w must be a contiguous float64"),
        (np.ones((3, 2)).T, {"w": np.ones((2, 3))}, {}, "^w must be a contiguous float64"),
        (np.ones(3), {}, {}, "no gradient called 'w'"),
        (np.ones(3), {"w": np.ones(3)}, {"samples": 0}, "^samples must be a whole number of at least 1, not 0"),
    ],
)
def test_gradcheck_refuses_what_it_cannot_difference(values, gradients, options, message):
    with pytest.raises(BadValueError, match=message):
        gradient_errors(lambda: float((values**2).sum()), {"w": values}, gradients, **options)


@pytest.mark.parametrize("heads", [(1, 1), (2, 3)])
def test_loss_and_gradients_equal_those_of_torch(heads):
    pytest.importorskip("torch")
    from bench import ntm_speed as bench

    task = bench.Copy()
    made = MachineSettings(
        task.input_size, task.output_size, read_heads=heads[0], write_heads=heads[1], memory_size=20, dtype="float64"
    )
    batch = task.sample(np.random.default_rng(3), 3, {"length": 6})
    for style in bench.STYLES:
        loss, gradient = bench.difference(made, batch, style=style)
        assert max(loss, gradient) <= 1e-9


def test_step_by_step_is_the_same_as_at_once():
    made = small(read_heads=2)
    machine = Machine(made, strong(made))
    inputs = np.random.default_rng(0).normal(size=(6, 3, 4))
    at_once, _ = machine.forward(inputs)
    state, steps = None, []
    for x in inputs:
        logits, tape = machine.forward(x[None], state)
        state = tape.end
        steps.append(logits[0])
    assert np.array(steps) == pytest.approx(at_once, abs=1e-12)


def test_a_sequence_does_not_depend_on_its_neighbours_in_the_batch():
    made = small()
    machine = Machine(made, strong(made))
    inputs = np.random.default_rng(0).normal(size=(6, 3, 4))
    alone, _ = machine.forward(inputs[:, 1:2])
    assert machine.forward(inputs)[0][:, 1:2] == pytest.approx(alone, abs=1e-12)


@pytest.mark.parametrize("start", [{}, {"memory_start": "learned", "head_start": "learned"}])
def test_no_parameter_depends_on_the_number_of_locations(start):
    few, many = small(**start), small(memory_size=1000, **start)
    parameters = initial_machine_parameters(few, 0)
    assert parameters.flat.shape == initial_machine_parameters(many, 0).flat.shape
    logits, _ = Machine(many, parameters).forward(np.zeros((3, 1, 4)))
    assert np.isfinite(logits).all()


@given(
    seed=st.integers(0, 2**31),
    steps=st.integers(1, 4),
    size=st.integers(1, 9),
    dim=st.integers(1, 6),
    reach=st.integers(0, 4),
    scale=st.sampled_from([0.0, 1.0, 30.0, 1e3]),
    changes=st.sampled_from(CONFIGURATIONS[:9]),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(deadline=None, max_examples=60)
def test_nothing_becomes_nan(seed, steps, size, dim, reach, scale, changes, dtype):
    sizes = {"memory_size": size, "memory_dim": dim, "shift_range": reach, "dtype": dtype}
    made = small(**{**changes, **sizes})
    parameters = initial_machine_parameters(made, seed)
    parameters.flat *= scale
    machine = Machine(made, parameters)
    logits, tape = machine.forward(np.random.default_rng(seed).normal(size=(steps, 2, 4)) * scale)
    gradient = machine.backward(tape, np.ones_like(logits)).flat
    assert np.isfinite(logits).all()
    assert np.isfinite(gradient).all()
    assert logits.dtype == gradient.dtype == np.dtype(dtype)
    assert tape.weights.sum(axis=-1) == pytest.approx(np.ones((steps, 2, made.heads)), abs=1e-4)


def test_ten_thousand_steps_stay_finite():
    made = small(dtype="float32", memory_size=16)
    machine, rng, state = Machine(made, strong(made)), np.random.default_rng(0), None
    for _ in range(100):
        logits, tape = machine.forward(rng.normal(size=(100, 1, 4)), state)
        state = tape.end
        assert np.isfinite(logits).all()
        assert np.isfinite(state.memory).all()


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (np.zeros((3, 4)), r"shape \(3, 4\)"),
        (np.zeros((3, 1, 5)), r"shape \(3, 1, 5\), expected \(steps, batch, 4\)"),
        (np.zeros((0, 1, 4)), "shape"),
        (np.full((1, 1, 4), np.nan), "NaN"),
        (np.full((1, 1, 4), np.inf), "infinite"),
    ],
)
def test_bad_inputs_are_named(inputs, said):
    made = small()
    with pytest.raises(BadValueError, match=said):
        Machine(made, initial_machine_parameters(made, 0)).forward(inputs)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"memory_size": 0}, "memory_size must be a whole number from 1 to 1000000, not 0"),
        ({"memory_dim": 2.5}, "memory_dim"),
        ({"read_heads": True}, "read_heads"),
        ({"shift_range": -1}, "shift_range"),
        ({"controller": "gru"}, "controller must be one of lstm, feedforward, not 'gru'"),
        ({"content": False, "location": False}, "neither"),
        ({"dtype": "float16"}, "dtype"),
    ],
)
def test_bad_settings_are_named(changes, said):
    with pytest.raises(BadValueError, match=said):
        small(**changes)


def test_settings_from_a_mapping():
    made = small()
    assert MachineSettings.from_mapping(dataclasses.asdict(made)) == made
    with pytest.raises(BadValueError, match="memory_sise"):
        MachineSettings.from_mapping({**SMALL, "memory_sise": 3})
    with pytest.raises(BadValueError, match="lack output_size"):
        MachineSettings.from_mapping({"input_size": 3})


def test_parameters_refuse_what_does_not_fit():
    made = small()
    parameters, arrays = MachineParameters(made), initial_machine_parameters(made, 0).arrays()
    parameters.load(arrays)
    for bad, said in (
        ({**arrays, "odd": np.zeros(1)}, "odd"),
        ({**arrays, "output.bias": np.zeros(9)}, "output.bias has the shape"),
        ({**arrays, "output.bias": np.full(3, np.nan)}, "not finite"),
    ):
        with pytest.raises(BadValueError, match=said):
            parameters.load(bad)


def test_a_state_of_another_batch_size_is_refused():
    machine = Machine(small(), strong(small()))
    with pytest.raises(BadValueError, match="^state is of 2 sequences, inputs of 3"):
        machine.forward(np.zeros((1, 3, 4)), machine.start(2))
