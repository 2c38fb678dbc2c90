"""The learned parameters of reasoning: how much each clue counts at each hop, how they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ntm_memory.multihop.hop_features import FIRST, NEXT
from ntm_memory.persistence.learned import Kind, LearnedFile

FEATURES = {"first": list(FIRST), "next": [*NEXT, "first", "asked"]}
KIND = Kind("ntm-memory-system/multihop", 2, FEATURES)
SHIPPED = Path(__file__).with_name("parameters.json")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class HopParameters:
    """What a chain of reads weighs.

    Args:
        first: (9,) weight of each feature of the first read.
        next: (14,) weight of each feature of a further read; the last two are the first read's own attention, and the
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
LEARNED = LearnedFile(
    KIND,
    HopParameters,
    lambda found: SHAPES,
    SHIPPED,
    "{} is not usable: learn it anew with python -m bench.fit multihop",
)
save_parameters, load_parameters = LEARNED.save, LEARNED.load
