"""The dilated convolution against a slow loop."""

from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.machine.convolution import convolved


@pytest.mark.parametrize(("length", "dilation"), [(1, 1), (7, 1), (9, 2), (5, 4)])
def test_a_convolution_is_what_a_loop_says(length, dilation):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((length, 3)).astype(np.float32)
    taps, bias = rng.standard_normal((3, 3, 2)).astype(np.float32), rng.standard_normal(2).astype(np.float32)
    slow = np.tile(bias, (length, 1))
    for place in range(length):
        for tap in range(3):
            at = place + (tap - 1) * dilation
            if 0 <= at < length:
                slow[place] += x[at] @ taps[tap]
    assert np.allclose(convolved(x, taps, bias, dilation), slow, atol=1e-5)
