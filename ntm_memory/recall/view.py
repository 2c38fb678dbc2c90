"""A namespace's memory matrix with what is derived from it once and used by every question."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.centre import Centre, centre
from ntm_memory.recall.sequence import Sequence, sequence_of
from ntm_memory.store.records import Slots


@dataclass(frozen=True)
class View:
    """N ≥ 1 memories as questions see them.

    Args:
        slots: the memory matrix and its columns.
        prior: (2, dim) mean keys of the embedder by script, or None.
    """

    slots: Slots
    prior: NDArray[np.float32] | None = None

    @cached_property
    def centre(self) -> Centre:
        """Means by script, and the centred rows' norms."""
        return centre(self.slots, self.prior)

    @cached_property
    def sequence(self) -> Sequence:
        """The order of writing."""
        return sequence_of(self.slots)
