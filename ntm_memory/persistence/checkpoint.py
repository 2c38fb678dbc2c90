"""Trained networks, and runs that train them, in files: arrays under a header that says what they are.

Nothing is known of either: each kind brings the function that makes one of a header and its arrays.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import CheckpointError
from ntm_memory.persistence.arrays import load_arrays, save_arrays

Arrays = Mapping[str, NDArray[np.floating[Any]]]
N = TypeVar("N")
_MISFITS = (KeyError, TypeError, ValueError, MemoryError)


@dataclass(frozen=True)
class CheckpointKind(Generic[N]):
    """One kind of what is kept.

    Args:
        kind: what the header of its files says.
        called: what a person calls it, "a trained core".
        source: as a hint, where such a file comes from.
        restore: makes one of a header and its arrays; KeyError, TypeError, ValueError or MemoryError where they do not
            fit each other or this version.
        prefix: of the arrays' names in the file.
    """

    kind: str
    called: str
    source: str
    restore: Callable[[Mapping[str, Any], Arrays], N]
    prefix: str = "parameters/"

    def save(self, path: Path, header: Mapping[str, Any], arrays: Arrays) -> None:
        """Write a file, as a whole or not at all.

        Args:
            path: where; replaced if there.
            header: plain values, all that `restore` needs besides the arrays.
            arrays: name → array, in the float type in which they shall be kept.
        """
        named = {self.prefix + name: value for name, value in arrays.items()}
        save_arrays(path, {"kind": self.kind, **header}, named)

    def load(self, path: Path) -> N:
        """Read what `save` wrote.

        Raises:
            CheckpointError: missing, damaged, foreign, of another kind, or it does not fit this version.
        """
        return self._restored(*load_arrays(path), name=str(path))

    def shipped(self, package: str, name: str) -> N | None:
        """The one in the folder `cores` of a package; None where there is none of this name.

        Raises:
            CheckpointError: as `load`.
        """
        file = resources.files(package) / "cores" / f"{name}.npz"
        if not file.is_file():
            return None
        called = f"the shipped {name}"
        return self._restored(*load_arrays(io.BytesIO(file.read_bytes()), name=called), name=called)

    def _restored(self, header: Mapping[str, Any], arrays: Arrays, *, name: str) -> N:
        if header.get("kind") != self.kind:
            raise CheckpointError(f"{name} is not {self.called}", self.source)
        try:
            return self.restore(header, {key.removeprefix(self.prefix): value for key, value in arrays.items()})
        except _MISFITS as error:
            raise CheckpointError(f"{name} does not fit this version: {error}") from error
