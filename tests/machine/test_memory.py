from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.machine import MachineSettings
from ntm_memory.machine import memory as mem


def slow_write(memory, weights, erasing, adding):
    """Equations 3 and 4, one number at a time."""
    out = memory.copy()
    batch, heads, size = weights.shape
    for b in range(batch):
        for i in range(size):
            for m in range(memory.shape[1]):
                for h in range(heads):
                    out[b, m, i] *= 1 - weights[b, h, i] * erasing[b, h, m]
                for h in range(heads):
                    out[b, m, i] += weights[b, h, i] * adding[b, h, m]
    return out


@given(st.integers(0, 1000), st.integers(1, 3), st.integers(1, 6), st.integers(1, 4))
@settings(deadline=None, max_examples=40)
def test_write_and_read_are_the_paper_s_sums(seed, heads, size, dim):
    rng = np.random.default_rng(seed)
    memory, weights = rng.normal(size=(2, dim, size)), rng.random((2, heads, size))
    erasing, adding = rng.random((2, heads, dim)), rng.normal(size=(2, heads, dim))
    assert mem.write(memory, weights, erasing, adding) == pytest.approx(slow_write(memory, weights, erasing, adding))
    expected = [[[(weights[b, h] * memory[b, m]).sum() for m in range(dim)] for h in range(heads)] for b in range(2)]
    assert mem.read(memory, weights) == pytest.approx(np.array(expected))


def test_erasing_all_and_adding_replaces_a_location():
    memory = np.arange(6.0).reshape(1, 2, 3)
    weights, add = np.array([[[0.0, 1.0, 0.0]]]), np.array([[[7.0, 8.0]]])
    written = mem.write(memory, weights, np.ones((1, 1, 2)), add)
    assert written[0, :, 1] == pytest.approx([7, 8])
    assert written[0, :, [0, 2]] == pytest.approx(memory[0, :, [0, 2]])


def make(**changes):
    return MachineSettings(**{"input_size": 1, "output_size": 1, "memory_size": 5, "memory_dim": 3, **changes})


def test_starts():
    assert (mem.start_memory(make(), None) == np.float32(1e-2)).all()
    small, large = (mem.start_memory(make(memory_start="small_random", memory_size=n), None) for n in (5, 50))
    assert (small == large[:, :5]).all()  # a larger memory has the same first locations
    assert len(np.unique(large)) > 100
    assert mem.start_weights(make(), None)[:, 0] == pytest.approx([1, 1])
    assert mem.start_weights(make(head_start="uniform"), None) == pytest.approx(np.full((2, 5), 0.2))
    learned = mem.start_weights(make(head_start="learned"), np.zeros((2, mem.LEARNED_HEAD_LOCATIONS)))
    assert learned.sum(axis=1) == pytest.approx([1, 1])
