"""The learned parameters of reasoning: how much each clue counts at each hop, how they are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import CheckpointError
from ntm_memory.reasoning.clues import FIRST, NEXT

FORMAT = "ntm-memory-system/reasoning"
VERSION = 1
FEATURES = {"first": list(FIRST), "next": [*NEXT, "first", "asked"]}
SHIPPED = Path(__file__).with_name("parameters.json")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    """What a chain of reads weighs.

    Args:
        first: (9,) weight of each clue of the first read.
        next: (14,) weight of each clue of a further read; the last two are the first read's own attention, and the
            likeness to what is asked now, u.
        keep: () H of u ← H·u + o (Sukhbaatar et al. 2015, section 2.2): how much of the former question u keeps when
            what was read, o, is added.
        nothing: () score of reading nothing more.
        mix: (4,) what a log weight counts in a memory's evidence: the first read's for itself, the first read's for the
            paths that go on from it, a further read's; and what each further read adds.
    """

    first: Array
    next: Array
    keep: Array
    nothing: Array
    mix: Array


SHAPES: dict[str, tuple[int, ...]] = {
    "first": (len(FEATURES["first"]),),
    "next": (len(FEATURES["next"]),),
    "keep": (),
    "nothing": (),
    "mix": (4,),
}


def save_parameters(file: Path, parameters: Parameters, about: dict[str, Any]) -> None:
    """Write parameters as JSON, whole or not at all; `about` says how they were learned."""
    values = {name: np.round(value, 6).tolist() for name, value in vars(parameters).items()}
    known = {"format": FORMAT, "version": VERSION, "features": FEATURES}
    text = json.dumps({**known, "about": about, "parameters": values}, ensure_ascii=False, indent=1)
    draft = file.with_suffix(".tmp")
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(file)


def load_parameters(file: Path = SHIPPED) -> Parameters:
    """Read parameters.

    Raises:
        CheckpointError: unreadable, of other clues or another version, of wrong shape, NaN or infinite.
    """
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
        known = (loaded["format"], loaded["version"], loaded["features"])
        values = {name: np.asarray(value, dtype=np.float64) for name, value in loaded["parameters"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unusable(file, f"cannot be read: {error}") from error
    if known != (FORMAT, VERSION, FEATURES):
        raise _unusable(file, "is of another version: its clues are not the ones that hops gather now")
    for name, shape in SHAPES.items():
        found = values.get(name)
        if found is None or found.shape != shape:
            raise _unusable(file, f"has {name} of shape {None if found is None else found.shape}, expected {shape}")
        if not np.isfinite(found).all():
            raise _unusable(file, f"has {name} with NaN or infinite values")
    return Parameters(**{name: values[name] for name in SHAPES})


def _unusable(file: Path, why: str) -> CheckpointError:
    return CheckpointError(f"{file} {why}", "install the package again, or learn them: bench/fit_reasoning.py")
