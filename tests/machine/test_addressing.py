from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ntm_memory.machine import addressing as a

WEIGHTS = hnp.arrays(np.float64, st.integers(1, 12), elements=st.floats(1e-3, 1)).map(lambda w: w / w.sum())


def differences(function, x, grad, step=1e-6):
    """Central differences of Σ grad·function(x) by every element of x."""
    found = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        found[i] = ((function(up) - function(down)) * grad).sum() / (2 * step)
    return found


def test_cosine_of_hand_made_rows():
    memory = np.array([[1.0, 0.0, 3.0, 0.0], [0.0, 2.0, 4.0, 0.0]])  # locations are columns
    keys = np.array([[1.0, 0.0], [0.0, 0.0]])
    expected = np.array([[1, 0, 0.6, 0], [0, 0, 0, 0]])
    assert a.cosine_similarity(keys, memory).similarity == pytest.approx(expected, abs=1e-5)


def test_content_focus_of_hand_made_similarities():
    # softmax(2·[0, ln 2 / 2]) = [1/3, 2/3]
    assert a.content_focus(np.array([0.0, np.log(2) / 2]), 2.0) == pytest.approx([1 / 3, 2 / 3])
    assert a.content_focus(np.array([5.0, 1.0, 0.0]), 0.0) == pytest.approx([1 / 3] * 3)
    assert a.content_focus(np.array([0.1, 1.0, -np.inf]), 1e3) == pytest.approx([0, 1, 0])


def test_interpolate_at_the_ends_and_between():
    content, previous = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    assert a.interpolate(content, previous, 1.0) == pytest.approx(content)
    assert a.interpolate(content, previous, 0.0) == pytest.approx(previous)
    assert a.interpolate(content, previous, 0.25) == pytest.approx([0.25, 0.75])


@pytest.mark.parametrize(
    ("kernel", "wrap", "expected"),
    [
        ([0, 0, 1], True, [0.3, 0.6, 0.1]),  # +1: the focus moves to the next location
        ([1, 0, 0], True, [0.1, 0.3, 0.6]),
        ([0, 0, 1], False, [0.0, 0.6, 0.1]),
        ([0.5, 0.5, 0.0], True, [0.35, 0.2, 0.45]),
    ],
)
def test_shift_of_hand_made_weights(kernel, wrap, expected):
    assert a.shift(np.array([0.6, 0.1, 0.3]), np.array(kernel, float), wrap=wrap) == pytest.approx(expected)


def test_sharpen_of_hand_made_weights():
    assert a.sharpen(np.array([0.2, 0.4]), 2.0) == pytest.approx([0.2, 0.8])
    assert a.sharpen(np.array([0.2, 0.8, 0.0]), 1.0) == pytest.approx([0.2, 0.8, 0.0])


@given(WEIGHTS, st.integers(-5, 5))
def test_shift_and_back_is_identity_on_the_ring(weights, step):
    kernel = np.zeros(11)
    kernel[5 + step] = 1
    assert a.shift(a.shift(weights, kernel), kernel[::-1]) == pytest.approx(weights)
    assert a.shift(weights, kernel) == pytest.approx(np.roll(weights, step))


@given(WEIGHTS, WEIGHTS, st.floats(0, 1), st.floats(1, 50), st.floats(0, 1e3))
def test_every_step_keeps_a_distribution(weights, kernel, gate, gamma, beta):
    kernel = a.content_focus(np.resize(kernel, 3), 1.0)
    previous = np.full_like(weights, 1 / len(weights))
    for step in (
        a.content_focus(weights, beta),
        a.interpolate(weights, previous, gate),
        a.shift(weights, kernel),
        a.sharpen(weights, gamma),
    ):
        assert step.sum() == pytest.approx(1)
        assert (step >= 0).all()


@given(WEIGHTS, hnp.arrays(np.float64, 5, elements=st.floats(0, 1)))
def test_sparse_shift_is_the_dense_one_without_wrapping(weights, kernel):
    n = len(weights)
    there = np.arange(n)[:, None] + np.arange(-2, 3)
    neighbours = np.where((there >= 0) & (there < n), there, -1)
    assert a.shift_sparse(weights, kernel, neighbours) == pytest.approx(a.shift(weights, kernel, wrap=False))


@given(st.integers(0, 10_000))
def test_gradients_agree_with_central_differences(seed):
    rng = np.random.default_rng(seed)
    batch, n, m = 2, 5, 3
    keys, memory = rng.normal(size=(batch, 2, m)), rng.normal(size=(batch, m, n))
    cosine, d_cosine = a.cosine_similarity(keys, memory), rng.normal(size=(batch, 2, n))
    w, v = (a.content_focus(rng.normal(size=(batch, n)), 1.0) for _ in range(2))
    kernel, grad = a.content_focus(rng.normal(size=(batch, 3)), 1.0), rng.normal(size=(batch, n))
    beta, gate, gamma = (rng.uniform(0.2, 0.8, size=batch) for _ in range(3))
    gamma = gamma * 3 + 1
    similarity = cosine.similarity[:, 0]
    near = np.array([[-1, 0, 1], [0, 1, 2], [1, 2, -1], [-1, 3, 4], [3, 4, -1]])
    cases = [
        (
            a.content_focus,
            (similarity, beta),
            a.content_focus_backward(similarity, beta, a.content_focus(similarity, beta), grad),
        ),
        (a.interpolate, (w, v, gate), a.interpolate_backward(w, v, gate, grad)),
        (a.shift, (w, kernel), a.shift_backward(w, kernel, grad)),
        (a.sharpen, (w, gamma), a.sharpen_backward(w, gamma, a.sharpen(w, gamma), grad)),
    ]
    for function, arguments, gradients in cases:
        for i, gradient in enumerate(gradients):
            others = list(arguments)

            def at(x, i=i, others=others, function=function):
                return function(*others[:i], x, *others[i + 1 :])

            assert gradient == pytest.approx(differences(at, arguments[i], grad), rel=1e-5, abs=1e-8), function.__name__
    d_keys, d_memory = a.cosine_similarity_backward(keys, memory, cosine, d_cosine)
    assert d_keys == pytest.approx(
        differences(lambda x: a.cosine_similarity(x, memory).similarity, keys, d_cosine), rel=1e-5, abs=1e-8
    )
    assert d_memory == pytest.approx(
        differences(lambda x: a.cosine_similarity(keys, x).similarity, memory, d_cosine), rel=1e-5, abs=1e-8
    )
    d_weights, d_kernel = a.shift_sparse_backward(w[0], kernel[0], near, grad[0])
    assert d_weights == pytest.approx(
        differences(lambda x: a.shift_sparse(x, kernel[0], near), w[0], grad[0]), abs=1e-8
    )
    assert d_kernel == pytest.approx(differences(lambda x: a.shift_sparse(w[0], x, near), kernel[0], grad[0]), abs=1e-8)
    both = a.shift_sparse(w, kernel, near), *a.shift_sparse_backward(w, kernel, near, grad)
    pairs = zip(w, kernel, grad, strict=True)
    each = [(a.shift_sparse(x, s, near), *a.shift_sparse_backward(x, s, near, g)) for x, s, g in pairs]
    for whole, parts in zip(both, zip(*each, strict=True), strict=True):
        assert whole == pytest.approx(np.stack(parts))
