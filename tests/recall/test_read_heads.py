from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.machine import addressing
from ntm_memory.recall.controller import HeadSettings, head_settings
from ntm_memory.recall.features import CONTENT, LOCATION, REACH
from ntm_memory.recall.read_heads import FLOOR, Places, attend, attend_backward, read, read_backward
from ntm_memory.recall.sequence import sequence_of
from tests.recall.worlds import CONTEXT, WHAT_IS_HEARD, matrix_of, mix_of, plain, random_features, random_parameters

SEEDS = range(4)


def places(session, context=CONTEXT):
    sequence = sequence_of(matrix_of(len(session), session=session))
    near = sequence.neighbours(np.arange(len(session)), REACH)
    return Places(near, sequence.session, context, WHAT_IS_HEARD)


def read_head(parameters, head, features, where, previous):
    """One head's weighting after every step."""
    steps = read(parameters.mix, head_settings(parameters, where.context, where.heard), features, where, previous)
    return SimpleNamespace(**{name: values[head] for name, values in vars(steps).items()})


def focus(rng, count):
    weights = rng.random(count)
    return weights / weights.sum()


def case(seed, *, before):
    """Random parameters over seven candidates in two interleaved sessions."""
    rng = np.random.default_rng(seed)
    where = places([0, 0, 1, 0, 1, 0, 0])
    return random_parameters(seed), random_features(rng, 7), where, focus(rng, 7) if before else None


def single(shift, seed=0, **values):
    """One head with this kernel (logits), over five candidates of one session."""
    parameters = plain(shift=np.array([shift]), **values)
    return parameters, random_features(np.random.default_rng(seed), 5), places([0] * 5)


@pytest.mark.parametrize("before", [False, True])
def test_one_head_does_what_the_machine_does_step_by_step(before):
    rng = np.random.default_rng(3)
    kernel = np.append(rng.normal(size=2 * REACH + 1), -np.inf)
    parameters, features, where = single(kernel, beta=[0.7], gate=[0.4], gamma=[1.2])
    previous = focus(rng, 5) if before else None
    steps = read_head(parameters, 0, features, where, previous)
    score = features[:, CONTENT.index("cosine_z")] + 2 * features[:, CONTENT.index("words_z")]
    content = addressing.content_focus(score, np.log1p(np.exp(0.7)))
    g = 1 / (1 + np.exp(-0.4))
    gated = addressing.interpolate(content, previous, g) if before else content
    s = np.exp(kernel[:-1]) / np.exp(kernel[:-1]).sum()
    shifted = addressing.shift(gated, s, wrap=False)
    sharpened = addressing.sharpen(shifted, 1 + np.log1p(np.exp(1.2)))
    assert steps.score == pytest.approx(score)
    assert steps.content == pytest.approx(content)
    assert steps.gated == pytest.approx(gated)
    assert steps.shifted == pytest.approx(shifted)
    assert steps.sharpened == pytest.approx(sharpened)
    attention = attend(parameters, features, where, previous)
    assert attention.weights == pytest.approx((sharpened + FLOOR) / (sharpened + FLOOR).sum())


def test_numbers_worked_by_hand():
    """K = (ln 3, 0, 0, 0), β = 1: content (1/2, 1/6, 1/6, 1/6); half of it a step on; γ = 2."""
    kernel = np.full(2 * REACH + 2, -np.inf)
    kernel[[REACH, REACH + 1]] = 0
    one, two = np.log(np.e - 1), np.log(np.e - 1)  # softplus⁻¹(1)
    parameters = plain(mix=mix_of(cosine_z=1.0), beta=[one], shift=[kernel], gamma=[two])
    features = np.zeros((4, len(parameters.ranker[0])))
    features[0, CONTENT.index("cosine_z")] = np.log(3)
    steps = read_head(parameters, 0, features, places([0] * 4), None)
    assert steps.content == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6])
    assert steps.shifted == pytest.approx([1 / 4, 1 / 3, 1 / 6, 1 / 6])
    assert steps.sharpened == pytest.approx(np.array([9, 16, 4, 4]) / 33)


@pytest.mark.parametrize("offset", [-3, -1, 0, 2])
def test_a_sure_kernel_moves_the_focus_as_far_as_it_says_inside_the_session(offset):
    kernel = np.full(2 * REACH + 2, -np.inf)
    kernel[REACH + offset] = 0
    parameters, features, _ = single(kernel)
    where = places([0, 1, 0, 0, 1])
    steps = read_head(parameters, 0, features, where, None)
    expected = np.zeros(5)
    for i, session in enumerate([0, 1, 0, 0, 1]):
        members = [j for j in range(5) if [0, 1, 0, 0, 1][j] == session]
        there = members.index(i) + offset
        if 0 <= there < len(members):
            expected[members[there]] += steps.content[i]
    assert steps.shifted == pytest.approx(expected)


def test_the_last_entry_of_the_kernel_spreads_over_the_session():
    kernel = np.full(2 * REACH + 2, -np.inf)
    kernel[-1] = 0
    parameters, features, _ = single(kernel)
    steps = read_head(parameters, 0, features, places([0, 1, 0, 0, 1]), None)
    first, second = steps.content[[0, 2, 3]].sum() / 3, steps.content[[1, 4]].sum() / 2
    assert steps.shifted == pytest.approx([first, second, first, first, second])


def test_the_gate_stays_at_the_previous_focus_or_leaves_it():
    previous = np.array([0, 0, 1.0, 0, 0])
    stay, features, where = single(plain().shift[0], gate=[-40.0])
    assert read_head(stay, 0, features, where, previous).gated == pytest.approx(previous)
    leave = replace(stay, gate=np.array([40.0]))
    steps = read_head(leave, 0, features, where, previous)
    assert steps.gated == pytest.approx(steps.content)
    assert read_head(stay, 0, features, where, None).gated == pytest.approx(steps.content)


def test_switched_off_location_neither_shifts_nor_hears_neighbours():
    parameters, features, where, _ = case(1, before=False)
    off = parameters.without(frozenset(LOCATION), shift=True)
    attention = attend(off, features, where, None)
    assert attention.steps.shifted == pytest.approx(attention.steps.gated, rel=1e-12)
    alone = replace(where, near=np.where(np.arange(2 * REACH + 1) == REACH, where.near, -1))
    features[:, [len(CONTENT) + i for i in range(len(LOCATION))]] = 7
    assert attend(off, features, alone, None).weights == pytest.approx(attention.weights)
    assert attend(parameters, features, where, None).weights != pytest.approx(attention.weights)


def test_a_head_that_has_no_part_changes_nothing():
    parameters, features, where, _ = case(2, before=False)
    only = np.array([1.0, 0.0])
    silent = replace(parameters, share=parameters.share * only, share_map=parameters.share_map * only[:, None])
    other = replace(silent, mix=silent.mix + np.array([[0.0], [5.0]]))
    assert attend(silent, features, where, None).weights == pytest.approx(attend(other, features, where, None).weights)


@given(st.integers(0, 10_000), st.lists(st.integers(0, 3), min_size=1, max_size=9), st.booleans())
def test_weights_are_a_distribution_and_their_softmax_is_the_evidence(seed, session, before):
    rng = np.random.default_rng(seed)
    count = len(session)
    previous = focus(rng, count) if before else None
    attention = attend(random_parameters(seed, 3), 3 * random_features(rng, count), places(session), previous)
    assert attention.weights.sum() == pytest.approx(1)
    assert (attention.weights >= 0).all()
    assert attention.weights == pytest.approx(addressing.content_focus(attention.logits, 1.0))
    ones, steps = np.ones(3), attention.steps
    assert steps.content.sum(axis=1) == pytest.approx(ones) and steps.sharpened.sum(axis=1) == pytest.approx(ones)
    assert (steps.shifted.sum(axis=1) <= 1 + 1e-9).all()


@given(st.integers(0, 1000), st.integers(2, 8))
def test_pooling_is_its_own_transpose(seed, count):
    rng = np.random.default_rng(seed)
    where = places(rng.integers(0, 3, size=count))
    a, b = rng.normal(size=(2, count))
    assert a @ where.pool(b) == pytest.approx(where.pool(a) @ b)
    assert where.pool(a).sum() == pytest.approx(a.sum())
    assert where.pool(np.stack([a, b])) == pytest.approx(np.stack([where.pool(a), where.pool(b)]))


def differences(function, parameters, name):
    """Central differences by every element of one parameter."""
    values = getattr(parameters, name)
    found = np.empty_like(values)
    for place in np.ndindex(values.shape):
        ends = []
        for step in (1e-5, -1e-5):
            moved = values.copy()
            moved[place] += step
            ends.append(function(replace(parameters, **{name: moved})))
        found[place] = (ends[0] - ends[1]) / 2e-5
    return found


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_of_attention_agree_with_central_differences(seed, before):
    parameters, features, where, previous = case(seed, before=before)
    target = focus(np.random.default_rng(seed + 100), len(features))

    def loss(moved):
        return -float(target @ np.log(attend(moved, features, where, previous).weights))

    attention = attend(parameters, features, where, previous)
    grads = attend_backward(parameters, features, where, previous, attention, attention.weights - target)
    assert set(grads) == set(vars(parameters))
    for name, grad in grads.items():
        assert grad == pytest.approx(differences(loss, parameters, name), rel=1e-4, abs=1e-6), name


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_of_what_is_said_agree_with_central_differences(seed, before):
    parameters, features, where, previous = case(seed, before=before)
    slope = np.random.default_rng(seed + 200).normal(size=(2, len(features)))
    said = head_settings(parameters, where.context, where.heard)

    def total(moved):
        return float((slope * read(moved.mix, moved.said, features, where, previous).sharpened).sum())

    steps = read(parameters.mix, said, features, where, previous)
    mix, grads = read_backward(said, features, where, previous, steps, slope)
    start = Told(parameters.mix, said)
    assert mix == pytest.approx(differences(total, start, "mix"), rel=1e-4, abs=1e-7)
    for name in said._fields:

        def of_what_is_said(moved, name=name):
            return total(replace(start, said=said._replace(**{name: moved.value})))

        expected = differences(of_what_is_said, Value(getattr(said, name)), "value")
        assert getattr(grads, name) == pytest.approx(expected, rel=1e-4, abs=1e-7), name
    assert bool(grads.gate.any()) is before


@dataclass(frozen=True)
class Told:
    """What a reading is made of."""

    mix: np.ndarray
    said: HeadSettings


@dataclass(frozen=True)
class Value:
    """One array, to be moved."""

    value: np.ndarray


def test_a_wrong_gradient_would_be_noticed():
    parameters, features, where, previous = case(0, before=True)
    attention = attend(parameters, features, where, previous)
    target = np.arange(7.0)
    grads = attend_backward(parameters, features, where, previous, attention, target)
    wrong = attend_backward(parameters, features, places([0] * 7), previous, attention, target)
    for name in ("shift", "shift_map"):
        assert wrong[name] != pytest.approx(grads[name], rel=1e-3)
