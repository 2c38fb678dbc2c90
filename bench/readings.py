"""How the embedder has read texts, kept in a file for the next fit: reading takes most of a fit's time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ntm_memory.persistence.atomic import replacing

StatesAndPlaces = tuple[np.ndarray, np.ndarray]


def kept_readings(
    read: Callable[[Sequence[str]], tuple[Any, Sequence[StatesAndPlaces]]],
    identity: Sequence[str],
    texts: Sequence[str],
    home: Path,
) -> list[StatesAndPlaces]:
    """(states float16, places) of each text, from `home` where they were read before.

    Args:
        read: reads texts: their vectors, and how each was read.
        identity: what reads, and how: other readings are kept apart.
        texts: of at least one character each.
        home: folder of what is kept.
    """
    named = hashlib.sha256("\0".join([*identity, *texts]).encode()).hexdigest()
    file = home / "readings" / f"{named}.npz"
    if not file.exists():
        _keep(file, read(texts)[1])
    with np.load(file) as kept:
        states = np.split(kept["states"], np.cumsum(kept["pieces"])[:-1])
        places = np.split(kept["places"].astype(np.int64), np.cumsum(kept["characters"])[:-1])
    return list(zip(states, places, strict=True))


def _keep(file: Path, read: Sequence[StatesAndPlaces]) -> None:
    """Write how texts were read, one after the other in one array each."""
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        "states": np.concatenate([states.astype(np.float16) for states, _ in read]),
        "places": np.concatenate([places.astype(np.int16) for _, places in read]),
        "pieces": np.array([len(states) for states, _ in read]),
        "characters": np.array([len(places) for _, places in read]),
    }
    with replacing(file) as out:
        np.savez(out, **arrays)
