"""Weights as signed bytes: back within half a step of what they were."""

from __future__ import annotations

import numpy as np

from ntm_memory.persistence.quantised import dequantised, quantised


def test_weights_come_back_within_half_a_step():
    rng = np.random.default_rng(0)
    members = [{"a.w": rng.standard_normal((5, 3)).astype(np.float32), "b": np.ones(2, np.float32)} for _ in range(2)]
    kept = quantised(members)
    assert {array.dtype for name, array in kept.items() if not name.endswith(".step")} == {np.dtype(np.int8)}
    for told, back in zip(members, dequantised(kept), strict=True):
        assert told.keys() == back.keys()
        for name, array in told.items():
            assert (
                back[name].dtype == np.float32 and np.abs(back[name] - array).max() <= np.abs(array).max() / 254 + 1e-7
            )


def test_other_arrays_beside_them_are_left_alone():
    kept = quantised([{"w": np.ones(3, np.float32)}]) | {"least": np.array(0.5)}
    assert len(dequantised(kept)) == 1
