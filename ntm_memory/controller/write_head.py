"""The write head's strengths: how strongly a turn of talk is added, and how much of a memory a later one erases.

The paper's write head erases and adds at what it addresses (equations 3 and 4). Over memories that is one number each,
a factor of the usage of least-recently-used access (Santoro et al. 2016, section 3.2; Graves et al. 2016). What the
length of a turn and a later revision do to the odds that a memory is asked for was learned from what was asked (`python
-m bench.fit write-head`). Nothing of it is stored: it follows from what stands in memory, so an erase or a restore
undoes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
"""The most that its form may do to the logarithm of a turn's odds, either way."""
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


def added(length: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """(N, 4) what is told of memories, columns as in `ADD`."""
    words = np.log1p(length)
    return np.stack([words, *(np.maximum(words - np.log1p(bend), 0) for bend in BENDS)], axis=1)


def strengths(
    length: NDArray[np.integer[Any]], talk: NDArray[np.bool_], revised: NDArray[np.bool_], p: WriteParameters
) -> dict[str, NDArray[np.float64]]:
    """{"form", "revised": (N,) what each does to the logarithm of a memory's usage, ≤ 0 with what ships}.

    The form counts among turns of talk alone. A fact that is told anew has another length by chance, and the shorter
    one may be what holds now: among facts it must not decide. So the best form is worth as much as a fact.

    Args:
        length: (N,) index words.
        talk: (N,) whether the memory is a turn of a session that nobody called important.
        revised: (N,) whether it is marked as perhaps revised.
        p: what was learned.
    """
    form = np.zeros(len(length))
    if talk.any():
        of_turns = added(length[talk]) @ p.add
        form[talk] = MOST * np.tanh((of_turns - of_turns.mean()) / MOST) - MOST
    return {"form": form, "revised": revised * p.fade[0]}
