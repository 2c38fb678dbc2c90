"""Whether a memory matters for what somebody types to an assistant: most prompts need nothing of what is stored.

Three steps, each on fewer memories than the one before. The prompt's key alone tells how likely it is one of those that
need something ("plan my week") and not one of those that do not ("thanks", "how does git work"). What the first look
knows of each memory is added to that: a glance. Few memories are read with the prompt by the pair reader; a linear head
on its last state says how likely each is to matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.activations import logistic
from ntm_memory.persistence.arrays import made_of_shipped
from ntm_memory.reader.joining import FirstLook, judge
from ntm_memory.reader.pair_reader import Impressions
from ntm_memory.reader.parameters import SecondLookParameters
from ntm_memory.reader.second_look import thought_of
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.first_look import Query, Reading

SHIPPED = Path(__file__).with_name("relevance.npz")
GLANCE = ("one", "need", "seen", "about", "cosine", "words", "prompt_cosine", "cjk")
"""What is known of a memory before it is read: how much the prompt needs anything, the first look's logit, its cosines
and its share of words, the cosine with the prompt as it differs from other prompts, the prompt's script."""
READ = 5
"""Outputs of the reader's own head, which count too."""
LIMITS = ("glance", "first", "further")
"""Logits from which on a memory is read, may be put before the agent, and may be put there beside a surer one."""
Array = NDArray[np.floating]


@dataclass(frozen=True)
class RelevanceParameters:
    """The learned numbers.

    Args:
        means: (2, H) mean keys of prompts in spaced scripts and in CJK.
        need: (2 + H,) logistic weights of the chance that a prompt needs anything: one, CJK, the centred key.
        glance: (8,) logistic weights of `GLANCE`.
        read: (8 + 5,) of the same and of what the reader's own head says.
        state: (2·R,) of the reader's last state, R wide.
        limits: (2, 3) in the order of `LIMITS`, for prompts in spaced scripts and in CJK.
    """

    means: Array
    need: Array
    glance: Array
    read: Array
    state: Array
    limits: Array


def read_parameters(file: Path = SHIPPED) -> RelevanceParameters:
    """The parameters from a file that the fit wrote; how they were made stands beside it in a .json file.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    return made_of_shipped(file, _checked, "does not tell what matters")


def _checked(arrays: Mapping[str, np.ndarray]) -> RelevanceParameters:
    p = RelevanceParameters(**{name: arrays[name] for name in RelevanceParameters.__dataclass_fields__})
    width = p.means.shape[-1]
    shapes = ((2, width), (2 + width,), (len(GLANCE),), (len(GLANCE) + READ,), (p.state.size,), (2, len(LIMITS)))
    for (name, values), shape in zip(vars(p).items(), shapes, strict=True):
        if values.shape != shape or not np.isfinite(values).all():
            raise ValueError(f"{name} is of the shape {values.shape}, not {shape}, or not finite")
    return p


def prompt_signals(key: Array, means: Array, *, cjk: bool) -> Array:
    """(2 + H,) what tells whether a prompt needs anything; `key` is its unit vector, `means` as above."""
    return np.concatenate([[1.0, float(cjk)], key - means[int(cjk)]])


class Glimpse(NamedTuple):
    """What is known of some memories of a namespace before any is read with the prompt.

    Args:
        places: (n,) their indices 0…N−1.
        signals: (n, 8) columns as in `GLANCE`.
    """

    places: NDArray[np.int64]
    signals: Array


def glimpse(
    view: CentredMatrix,
    reading: Reading,
    query: Query,
    p: RelevanceParameters,
    joining: SecondLookParameters,
) -> Glimpse:
    """The memories that are thought of at a prompt, those that have words.

    Args:
        view: the memory matrix.
        reading: of the first look, of at least one memory.
        query: the prompt; it has a key.
        p: what was learned; its `means` and `need` count.
        joining: how both looks are joined: its first stage gives the first look's logit.
    """
    look = reading.look
    assert query.key is not None and look is not None
    places = thought_of(reading, look)
    places = places[view.slots.length[places] > 0]
    own = query.key - p.means[int(query.cjk)]
    need = float(prompt_signals(query.key, p.means, cjk=query.cjk) @ p.need)
    columns = {
        "one": np.ones(len(places)),
        "need": np.full(len(places), need),
        "seen": judge(FirstLook.of(reading, look, places), joining).logits,
        "about": look.scores.about[places],
        "cosine": look.scores.cosine[places],
        "words": look.scores.words[places],
        "prompt_cosine": view.centred(places) @ (own / max(float(np.linalg.norm(own)), 1e-6)),
        "cjk": np.full(len(places), float(query.cjk)),
    }
    return Glimpse(places, np.stack([columns[name] for name in GLANCE], axis=1))


def glance(signals: Array, p: RelevanceParameters) -> Array:
    """(n,) logits that memories matter, before they are read; `signals` as of `glimpse`."""
    logits: Array = signals @ p.glance
    return logits


def read_together(signals: Array, read: Impressions, p: RelevanceParameters) -> Array:
    """(n,) logits that memories matter, of those that were read with the prompt."""
    logits: Array = np.concatenate([signals, read.logits], axis=1) @ p.read + read.states @ p.state
    return logits


def chosen(logits: Array, limits: Array, most: int) -> list[int]:
    """Places of the memories that are put before the agent, the surest first.

    Args:
        logits: (n,) of `read_together`.
        limits: (3,) of the prompt's script.
        most: at most so many.
    """
    order = np.argsort(-logits, kind="stable")[:most].tolist()
    _, first, further = limits
    if not order or logits[order[0]] < first:
        return []
    return [order[0], *(i for i in order[1:] if logits[i] >= further)]


def chances(logits: Array) -> Array:
    """(n,) 0–1 of what these logits say."""
    return logistic(logits)
