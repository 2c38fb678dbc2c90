from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ntm_memory.machine.activations import (
    inverse_logistic,
    inverse_softplus,
    log_sum_exp,
    logistic,
    softplus,
    squash,
)
from ntm_memory.machine.addressing import content_focus

LOGITS = hnp.arrays(np.float64, st.integers(1, 12), elements=st.floats(-500, 500))


@given(st.floats(1e-9, 1e6), st.floats(1e-9, 1 - 1e-9))
def test_inverses(positive, share):
    assert float(softplus(np.float64(inverse_softplus(positive)))) == pytest.approx(positive)
    assert float(logistic(np.float64(inverse_logistic(share)))) == pytest.approx(share)


def test_softplus_and_logistic_do_not_overflow():
    ends = np.array([-1e4, 0.0, 1e4])
    assert softplus(ends) == pytest.approx([0, np.log(2), 1e4])
    assert logistic(ends) == pytest.approx([0, 0.5, 1])


@given(LOGITS)
def test_they_are_what_they_are_called(x):
    """Against the definitions, rewritten so that they do not overflow either."""
    slow = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    np.testing.assert_allclose(softplus(x), slow, rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(logistic(x), np.exp(-(slow - x)), rtol=0, atol=1e-13)
    np.testing.assert_allclose(
        log_sum_exp(x), x.max() + np.log(sum(np.exp(v - x.max()) for v in x)), rtol=1e-12, atol=1e-14
    )
    np.testing.assert_allclose(content_focus(x, 1.0), np.exp(x - log_sum_exp(x)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_float_type_stays(dtype):
    x = np.array([-1.0, 0.5], dtype)
    assert {softplus(x).dtype, logistic(x).dtype, log_sum_exp(x).dtype} == {np.dtype(dtype)}


def test_softplus_may_overwrite_what_it_is_given():
    x = np.array([0.0, 3.0])
    wanted = softplus(x)
    assert softplus(x, out=x) is x
    assert (x == wanted).all()


def test_squash_is_logistic_here_and_tanh_there():
    x = np.random.default_rng(0).normal(size=(3, 5)) * 4
    wanted = np.concatenate([np.tanh(x[:, :2]), logistic(x[:, 2:4]), np.tanh(x[:, 4:])], axis=1)
    squash(x, slice(2, 4))
    assert (x == wanted).all()


def test_log_sum_exp_over_the_last_dimension_and_over_nothing():
    assert log_sum_exp(np.log([[1.0, 2.0], [3.0, 5.0]])) == pytest.approx(np.log([3, 8]))
    assert log_sum_exp(np.empty(0)) == -np.inf
