"""Made-up evidence for tests: what each read could choose from, the same whenever it is asked."""

from __future__ import annotations

import numpy as np

from ntm_memory.multihop.hop_features import FIRST, NEXT, Block
from ntm_memory.multihop.parameters import SHAPES, HopParameters


class Graph:
    """`count` memories; every path leads to some of them, never back to itself."""

    def __init__(self, seed=0, count=12, offered=6):
        self.seed, self.count, self.offered = seed, count, offered
        self.asked = []

    def first(self):
        rng = np.random.default_rng([self.seed, 99])
        chosen = np.sort(rng.choice(self.count, size=self.offered, replace=False))
        return Block(chosen, rng.normal(size=(self.offered, len(FIRST))), np.empty((self.offered, 0)))

    def ask(self, paths):
        self.asked += paths
        return [self.block(path) for path in paths]

    def block(self, path):
        rng = np.random.default_rng([self.seed, *path])
        left = np.setdiff1d(np.arange(self.count), path)
        chosen = np.sort(rng.choice(left, size=min(self.offered, len(left)), replace=False))
        shape = (len(chosen), len(NEXT))
        return Block(chosen, rng.normal(size=shape), rng.normal(size=(len(chosen), len(path) + 1)))


def random_parameters(seed=0):
    rng = np.random.default_rng(seed)
    values = {name: rng.normal(size=shape) * 0.5 for name, shape in SHAPES.items()}
    return HopParameters(
        **values | {"keep": np.array(0.7), "null": np.array(-1.0), "mix": np.array([1.3, 0.9, 1.1, -0.2])}
    )
