"""The learned weights of what revises what: how they are kept. Learned by `python -m bench.fit revision`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.persistence.learned import Kind, checked, load_learned, save_learned

SIGNALS = (
    "one",
    "cosine",
    "shared_words",
    "likeness",
    "values_of_one_shape",
    "word_of_change",
    "relation_in_common",
    "two_relations",
    "attribute_alike",
    "two_attributes",
    "several_at_once",
    "attribute_alike_and_change",
)
"""What the chance of a revision is drawn from, in the order of `revision.revision_signals`."""
KIND = Kind("ntm-memory-system/supersession", 1, list(SIGNALS))
SHIPPED = Path(__file__).with_name("parameters.json")
_HINT = "install the package again"


def save_weights(file: Path, weights: NDArray[np.float64], about: dict[str, Any]) -> None:
    """Write (12,) weights, whole or not at all; `about` says how they were learned.

    Raises:
        CheckpointError: a weight is NaN or infinite.
    """
    save_learned(file, KIND, {"weights": weights}, about)


@lru_cache(maxsize=4)
def load_weights(file: Path = SHIPPED) -> tuple[float, ...]:
    """Twelve weights, read once.

    Raises:
        CheckpointError: unreadable, of other signals or another version, of wrong shape, NaN or infinite.
    """
    values = checked(file, load_learned(file, KIND, _HINT), {"weights": (len(SIGNALS),)}, _HINT)
    return tuple(float(weight) for weight in values["weights"])
