"""What every storage engine promises of its file as a whole; see `store.base`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ntm_memory.codes.beside import DerivedStore


class StoreUpkeep(Protocol):
    """The file as a whole: what it is, whether it is sound, and what is derived from it and kept beside it."""

    derived: DerivedStore

    @property
    def uuid(self) -> str:
        """Identity of this store, made at creation."""

    @property
    def encrypted(self) -> bool:
        """Whether what is kept can be read with a key only."""

    @property
    def dim(self) -> int | None:
        """Width of the key vectors; None while nothing was written."""

    def embedder(self) -> Mapping[str, Any] | None:
        """{name, revision, dim} of the embedder that wrote the keys, None in a new store."""

    def is_reembedding(self, identity: Mapping[str, Any]) -> bool:
        """Whether keys of this embedder are being prepared beside those in force."""

    def without_new_keys(self, identity: Mapping[str, Any]) -> list[tuple[str, int]]:
        """(id, version), of older versions too, of the texts for which no keys of this embedder are prepared."""

    def texts_of(self, names: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """The texts of (id, version), as far as they are still there."""

    def prepare_keys(
        self, identity: Mapping[str, Any], keys: Mapping[tuple[str, int], tuple[str, NDArray[np.float32]]]
    ) -> None:
        """W. Keep key rows (P, dim) by (id, version) beside those in force, with the text that they are of."""

    def swap_keys(self, identity: Mapping[str, Any]) -> bool:
        """W. Put the prepared keys and their embedder in force; False where some are missing, and nothing changed."""

    def check(self) -> list[str]:
        """Integrity: database check, a CRC per row, sidecar; one line a fault, empty when sound."""

    def damage(self) -> list[str]:
        """The faults of `check` that are of memories and of the database itself, not of what is made from them."""

    def repair(self) -> list[str]:
        """Make anew what follows from the memories where there is no `damage`; what was done, a line each."""

    def info(self) -> dict[str, Any]:
        """Engine, path, bytes on disk, journal mode, schema version, whether keywords are indexed, warnings."""

    def close(self) -> None:
        """Release files and locks; further calls raise `StoreError`."""
