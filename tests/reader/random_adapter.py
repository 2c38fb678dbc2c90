"""An adapter of random numbers, small enough that a network with it still works."""

from __future__ import annotations

import numpy as np

from ntm_memory.embedding.weights import Sizes
from ntm_memory.reader.adapter import Adapter, Head
from ntm_memory.reader.pair_reader import RELATIONS
from ntm_memory.reader.sequences import SEGMENTS


def random_adapter(sizes: Sizes, rank: int = 4, exits=(6, 12), hidden: int = 32, seed: int = 0) -> Adapter:
    rng = np.random.default_rng(seed)

    def drawn(*shape):
        return rng.normal(0, 0.1, shape).astype(np.float32)

    h, f, layers = sizes.width, sizes.inner, max(exits)
    shapes = {"qkv": (h, 3 * h), "out": (h, h), "inner": (h, f), "outer": (f, h)}
    norms = drawn(layers, 4, h) + np.array([1, 0, 1, 0], dtype=np.float32)[:, None]
    outputs = 1 + len(RELATIONS)
    heads = {exit: Head(drawn(2 * h, hidden), drawn(hidden), drawn(hidden, outputs), drawn(outputs)) for exit in exits}
    return Adapter(
        {name: drawn(layers, into, rank) for name, (into, _) in shapes.items()},
        {name: drawn(layers, rank, out) for name, (_, out) in shapes.items()},
        norms,
        drawn(SEGMENTS, h),
        heads,
    )
