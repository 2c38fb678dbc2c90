"""Matrices that a few rows are multiplied by, cut into blocks that lie together.

OpenBLAS lays a matrix out anew before each product: for a question's dozen rows that costs more than the product. With
AVX-512 it multiplies as the numbers lie where rows × depth × columns are at most a million; so blocks are as small, and
rows go in groups, with as many rows as one likes. Other processors get matrices in one piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import NamedTuple

import numpy as np

from ntm_memory.embedding.base import Vectors


class Cut(NamedTuple):
    """How a matrix is cut: into blocks of `depth` inputs and `width` outputs, for at most `rows` rows at a time."""

    depth: int
    width: int
    rows: int


SMALL = Cut(384, 64, 32)
_ALL = 1 << 30
_AVX512 = {"X86_V4", "AVX512_SKX"}  # as NumPy calls it from 2.4 on, and before


@cache
def usual_cut() -> Cut | None:
    """What suits this processor; None: one piece."""
    found = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    return SMALL if _AVX512 & set(found) else None


@dataclass(frozen=True)
class BlockMatrix:
    """A matrix (inputs, outputs) in blocks.

    Args:
        blocks: (d, b, inputs / d, outputs / b): by inputs, then by outputs.
        rows: at most, of one product.
    """

    blocks: Vectors
    rows: int

    @property
    def by_place(self) -> Vectors:
        """(d, inputs / d, b, outputs / b) view in the order of the matrix, to write to."""
        view: Vectors = self.blocks.transpose(0, 2, 1, 3)
        return view

    def whole(self) -> Vectors:
        """(inputs, outputs) in one piece."""
        deep, count, depth, width = self.blocks.shape
        matrix: Vectors = self.by_place.reshape(deep * depth, count * width)
        return matrix

    def times(self, x: Vectors) -> Vectors:
        """(n, inputs) → x·W, (n, outputs)."""
        deep, count, depth, width = self.blocks.shape
        parts = np.empty((deep, len(x), count * width), dtype=np.float32)
        grouped = len(x) - len(x) % self.rows
        for start, stop, rows in ((0, grouped, self.rows), (grouped, len(x), len(x) - grouped)):
            if start < stop:
                told = x[start:stop].reshape(-1, rows, deep, depth).transpose(2, 0, 1, 3)
                made = parts[:, start:stop].reshape(deep, -1, rows, count, width).transpose(0, 3, 1, 2, 4)
                np.matmul(told[:, None], self.blocks[:, :, None], out=made)
        product: Vectors = parts[0] if deep == 1 else np.add.reduce(parts, axis=0)
        return product


def blank_matrices(shapes: Sequence[tuple[int, int]], cut: Cut | None) -> list[BlockMatrix]:
    """Matrices to be filled.

    Args:
        shapes: (inputs, outputs) of each.
        cut: the blocks; a side that is no multiple of theirs is not cut.
    """
    made = []
    for inputs, outputs in shapes:
        depth = cut.depth if cut and not inputs % cut.depth else inputs
        width = cut.width if cut and not outputs % cut.width else outputs
        made.append((inputs // depth, outputs // width, depth, width))
    return _blank(made, cut.rows if cut else _ALL)


def blank_like(matrices: Sequence[BlockMatrix]) -> list[BlockMatrix]:
    """Matrices to be filled, cut as these are."""
    return _blank([each.blocks.shape for each in matrices], matrices[0].rows if matrices else _ALL)


def _blank(shapes: Sequence[tuple[int, ...]], rows: int) -> list[BlockMatrix]:
    """All in one piece of memory: of large pieces the system gives large pages, which are filled in half the time."""
    ends = np.cumsum([prod(shape) for shape in shapes])
    room = np.split(np.empty(int(ends[-1]), dtype=np.float32), ends[:-1]) if shapes else []
    return [BlockMatrix(part.reshape(shape), rows) for part, shape in zip(room, shapes, strict=True)]
