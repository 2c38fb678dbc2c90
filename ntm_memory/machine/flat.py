"""Named arrays that share one flat vector: optimisers see one array, readers see names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ntm_memory.errors import BadValueError

Array = NDArray[np.floating[Any]]


class FlatArrays:
    """Trained numbers, or their gradients.

    Args:
        shapes: name → shape, in the order they lie in.
        dtype: of a new vector.
        flat: use this vector, as it is, instead of a new one of zeros.

    Attributes:
        flat: (total,).
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]], dtype: DTypeLike, flat: Array | None = None) -> None:
        total = sum(int(np.prod(shape)) for shape in shapes.values())
        self.flat: Array = np.zeros(total, dtype) if flat is None else flat
        self._views: dict[str, Array] = {}
        start = 0
        for name, shape in shapes.items():
            size = int(np.prod(shape))
            self._views[name] = self.flat[start : start + size].reshape(shape)
            start += size

    def __getitem__(self, name: str) -> Array:
        return self._views[name]

    def __setitem__(self, name: str, value: Array) -> None:
        self._views[name][...] = value

    def arrays(self) -> dict[str, Array]:
        """Name → view."""
        return dict(self._views)

    def load(self, arrays: Mapping[str, Array]) -> None:
        """Copy values in.

        Raises:
            BadValueError: a name is missing or unknown, or a shape or number is not what the settings ask for.
        """
        if set(arrays) != set(self._views):
            odd = sorted(set(arrays) ^ set(self._views))
            raise BadValueError(f"parameters do not match the settings: {', '.join(odd)}", "were the settings changed?")
        for name, value in arrays.items():
            if value.shape != self._views[name].shape:
                raise BadValueError(f"{name} has the shape {value.shape}, expected {self._views[name].shape}")
            if not np.isfinite(value).all():
                raise BadValueError(f"{name} holds numbers that are not finite")
            self._views[name][...] = value
