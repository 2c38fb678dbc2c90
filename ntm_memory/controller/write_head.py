"""The write head's strengths: how strongly each memory was added, and how much of it was erased since.

The paper's write head erases and adds at what it addresses (equations 3 and 4). Over memories that is one number each,
the usage of least-recently-used access (Santoro et al. 2016, section 3.2; Graves et al. 2016): what is added depends on
what is told, what is erased on what was told after it and on time, and every read adds. Here the number is the odds
that the memory is asked for. What its form and a later revision do to them was learned from what was asked
(`python -m bench.fit write-head`); what age and reads do is set by design: data sets ask everything at the end, and
hardly anything twice. Nothing of it is stored: it follows from what stands in memory, so an erase or a restore undoes
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.persistence.learned import Kind, LearnedFile

BENDS = (5, 12, 39)
"""Index words at which the worth of a further word changes: a nod, a sentence, a turn, a text."""
ADD = ("words", *(f"words beyond {bend}" for bend in BENDS))
"""What is told of a memory: the logarithms of its length."""
FADE = ("revised",)
"""What happened to a memory since: it is marked as perhaps revised by a later one."""
KIND = Kind("ntm-memory-system/write-head", 1, {"add": list(ADD), "fade": list(FADE)})
SHIPPED = Path(__file__).with_name("write_head.json")
MOST = 1.5
"""The most that a memory's form may do to the logarithm of its odds: what was told as important counts more."""
SURE = 0.02
"""An importance is taken to be at least this far from 0 and 1."""
HALF_LIFE_DAYS = 730.0
FRESH, FRESH_DAYS = 4.0, 7.0
"""By design: what was just told has 1 + 4 times its odds, an advantage with a half-life of 7 days. After that age tells
little: it halves the odds in two years."""
READS = 0.15
"""By design: the power of one and the reads with which the odds grow."""
Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class WriteParameters:
    """What the write head has learned, all in logarithms of odds.

    Args:
        add: (4,) see `ADD`.
        fade: (1,) see `FADE`.
    """

    add: NDArray[np.float64]
    fade: NDArray[np.float64]


LEARNED = LearnedFile(KIND, WriteParameters, lambda _: {"add": (len(ADD),), "fade": (len(FADE),)}, SHIPPED, "remove {}")
save_parameters, load_parameters = LEARNED.save, LEARNED.load


class WrittenSlots(NamedTuple):
    """N memories of one namespace as the write head sees them.

    Args:
        length: (N,) index words.
        revised: (N,) whether a later memory perhaps revises it.
        days: (N,) age in days, ≥ 0.
        reads: (N,) how often it was recalled.
        importance: (N,) 0–1.
        retention: (N,) 0–1, above 0.
    """

    length: NDArray[np.integer[Any]]
    revised: NDArray[np.bool_]
    days: Array
    reads: NDArray[np.integer[Any]]
    importance: Array
    retention: Array


def added(length: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """(N, 4) what is told of memories, columns as in `ADD`."""
    words = np.log1p(length)
    return np.stack([words, *(np.maximum(words - np.log1p(bend), 0) for bend in BENDS)], axis=1)


def parts_of_usage(told: WrittenSlots, p: WriteParameters) -> dict[str, NDArray[np.float64]]:
    """{part: (N,) what it adds to the logarithm of the usage}: why a memory is kept, or goes first.

    Args:
        told: the memories.
        p: what was learned.
    """
    form = added(told.length) @ p.add
    likely = np.clip(told.importance.astype(np.float64), SURE, 1 - SURE)
    fresh = np.log1p(FRESH * np.exp2(-told.days / FRESH_DAYS))
    return {
        "form": MOST * np.tanh((form - form.mean()) / MOST) if len(form) else form,
        "importance": np.log(likely / (1 - likely)),
        "revised": told.revised * p.fade[0],
        "age": fresh - np.log(2) * told.days / HALF_LIFE_DAYS,
        "reads": READS * np.log1p(told.reads),
        "retention": np.log(told.retention.astype(np.float64)),
    }
