"""The learned parameters of reasoning: how much each clue counts at each hop, how they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.multihop.hop_features import FIRST, NEXT
from ntm_memory.persistence.learned import Kind, checked, load_learned, save_learned

FEATURES = {"first": list(FIRST), "next": [*NEXT, "first", "asked"]}
KIND = Kind("ntm-memory-system/multihop", 2, FEATURES)
SHIPPED = Path(__file__).with_name("parameters.json")
Array = NDArray[np.float64]
_HINT = "install the package again, or learn them: python -m bench.fit multihop"


@dataclass(frozen=True)
class HopParameters:
    """What a chain of reads weighs.

    Args:
        first: (9,) weight of each clue of the first read.
        next: (14,) weight of each clue of a further read; the last two are the first read's own attention, and the
            likeness to what is asked now, u.
        keep: () H of u ← H·u + o (Sukhbaatar et al. 2015, section 2.2): how much of the former question u keeps when
            what was read, o, is added.
        null: () score of reading nothing more.
        mix: (4,) what a log weight counts in a memory's evidence: the first read's for itself, the first read's for the
            paths that go on from it, a further read's; and what each further read adds.
    """

    first: Array
    next: Array
    keep: Array
    null: Array
    mix: Array


SHAPES: dict[str, tuple[int, ...]] = {
    "first": (len(FEATURES["first"]),),
    "next": (len(FEATURES["next"]),),
    "keep": (),
    "null": (),
    "mix": (4,),
}


def save_parameters(file: Path, parameters: HopParameters, about: dict[str, Any]) -> None:
    """Write parameters, whole or not at all; `about` says how they were learned.

    Raises:
        CheckpointError: a parameter is NaN or infinite.
    """
    save_learned(file, KIND, vars(parameters), about)


def load_parameters(file: Path = SHIPPED) -> HopParameters:
    """Read parameters.

    Raises:
        CheckpointError: unreadable, of other clues or another version, of wrong shape, NaN or infinite.
    """
    return HopParameters(**checked(file, load_learned(file, KIND, _HINT), SHAPES, _HINT))
