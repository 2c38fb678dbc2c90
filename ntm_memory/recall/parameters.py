"""The addressing parameters of recall: what is learned, how it is kept.

Raw values are unbounded so that gradient steps cannot leave the allowed range: β = softplus, g = logistic, s = softmax,
γ = 1 + softplus (the paper's own choices, section 3.3).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine import addressing
from ntm_memory.machine.activations import inverse_logistic, inverse_softplus
from ntm_memory.persistence.learned import FormerVersions, Kind, LearnedFile
from ntm_memory.recall.features import CONTENT, FEATURES, REACH

KIND = Kind("ntm-memory-system/recall", 6, list(FEATURES))
CONTEXTS = ("always", "talk", "few", "note", "text", "course")
"""What kind of memory is read, see `CentredMatrix.context`; `share`, `ranker`, `confidence` have one row for each."""
HEARD = (
    *CONTEXTS[1:],
    "asks_when",
    "asks_how_many",
    "cjk",
    "words_asked",
    "size",
    "time",
    "past",
    "all",
    "named_speaker",
    "names",
    "date",
    "cosine",
    "words",
    "cosine_lead",
    "words_lead",
    "agreement",
    "concentration",
)
"""What the controller hears of a question, see `controller.hear`."""
SIGNALS = (
    "one",
    "cosine",
    "words",
    "next_words",
    "cosine_z",
    "both",
    "next_both",
    "window_cosine",
    "weight",
    "concentration",
    "asks",
    "named_speaker",
    "date",
)
"""What the confidence is drawn from, see `confidence.signals`."""
_FORMER_NAMES = {5: {}, 4: {"strength": "beta", "sharpen": "gamma", "part": "share", "controller": "ranker"}}
SPOKEN = ("beta", "gate", "shift", "gamma", "share")
"""What the controller says to each head. What it says of each is a bias and, by the same name with `_map`, a map."""
MAPS = tuple(f"{name}_map" for name in SPOKEN)
SHIPPED = Path(__file__).with_name("parameters.json")
Array = addressing.Array


@dataclass(frozen=True)
class RecallParameters:
    """Raw parameters of H read heads, of the controller that speaks to them, and of the ranker that mixes them.

    What is said to a head is a bias, the same for all questions, and a linear map of what is heard of this one. Files
    of before there were maps have none: their heads are told the same by every question.

    Args:
        mix: (H, c) weight of each content feature in a head's score.
        beta: (H,) β = softplus.
        gate: (H,) g = logistic: 1 looks where the content is, 0 stays at the previous focus.
        shift: (H, 2·REACH + 2) s = softmax over steps −REACH…+REACH in the order of writing, and last the whole
            session.
        gamma: (H,) γ = 1 + softplus.
        share: (C, H) how much of each head's log-weight goes into the logits, by context (see `CentredMatrix.context`).
        ranker: (C, d) weight of each feature in the logits, by context.
        confidence: (C, 13) logistic weights of the confidence by context, see `confidence.py`.
        beta_map, gate_map, gamma_map, share_map: (H, Q) what each thing heard adds to these, before they are squashed.
        shift_map: (H, 2·REACH + 2, Q) the same of the steps.
    """

    mix: Array
    beta: Array
    gate: Array
    shift: Array
    gamma: Array
    share: Array
    ranker: Array
    confidence: Array
    beta_map: Array
    gate_map: Array
    shift_map: Array
    gamma_map: Array
    share_map: Array

    @property
    def heads(self) -> int:
        """H, the number of read heads."""
        return len(self.beta)

    def without(self, features: frozenset[str], *, shift: bool = False) -> RecallParameters:
        """The same parameters, some features weighing nothing and, with `shift`, heads that stay where they look."""
        if not features and not shift:
            return self
        kept = np.array([name not in features for name in FEATURES], dtype=np.float64)
        heard = np.array([name not in features for name in HEARD], dtype=np.float64)
        silent = {name: getattr(self, name) * heard for name in MAPS}
        if shift:
            stay = np.where(np.arange(2 * REACH + 2) == REACH, 0.0, -40.0)
            silent |= {"shift": np.broadcast_to(stay, self.shift.shape), "shift_map": np.zeros_like(self.shift_map)}
        return dataclasses.replace(self, mix=self.mix * kept[: len(CONTENT)], ranker=self.ranker * kept, **silent)


def shapes(heads: int) -> dict[str, tuple[int, ...]]:
    """Shape of every parameter for this many read heads."""
    return {
        "mix": (heads, len(CONTENT)),
        "beta": (heads,),
        "gate": (heads,),
        "shift": (heads, 2 * REACH + 2),
        "gamma": (heads,),
        "share": (len(CONTEXTS), heads),
        "ranker": (len(CONTEXTS), len(FEATURES)),
        "confidence": (len(CONTEXTS), len(SIGNALS)),
        **{name: (heads, len(HEARD)) for name in MAPS},
        "shift_map": (heads, 2 * REACH + 2, len(HEARD)),
    }


def _shapes_of(found: Mapping[str, NDArray[np.float64]]) -> dict[str, tuple[int, ...]]:
    """The shapes that the parameters of a file must have: of any number of heads."""
    return shapes(len(np.atleast_1d(found.get("beta", ()))))


def _silent(found: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Maps that say nothing."""
    return {name: np.zeros(shape) for name, shape in _shapes_of(found).items() if name in MAPS}


LEARNED = LearnedFile(
    KIND,
    RecallParameters,
    _shapes_of,
    SHIPPED,
    "remove {} to go back to the shipped ones",
    FormerVersions(_FORMER_NAMES, _silent),
)
save_parameters, load_parameters = LEARNED.save, LEARNED.load


def override(
    parameters: RecallParameters, *, beta: float | None, gate: float | None, gamma: float | None, heads: int
) -> RecallParameters:
    """The first `heads` read heads, with β, g or γ set by hand for all of them.

    Args:
        parameters: of any number of heads.
        beta: β ≥ 0.
        gate: g in 0–1.
        gamma: γ ≥ 1.
        heads: how many stay, ≥ 1.
    """
    kept = {name: getattr(parameters, name)[:heads] for name in ("mix", "beta", "gate", "shift", "gamma", *MAPS)}
    kept["share"] = parameters.share[:, :heads]
    for name, value, inverse in (
        ("beta", beta, inverse_softplus),
        ("gate", gate, inverse_logistic),
        ("gamma", None if gamma is None else gamma - 1, inverse_softplus),
    ):
        if value is not None:
            kept[name] = np.full_like(kept[name], inverse(value))
            kept[f"{name}_map"] = np.zeros_like(kept[f"{name}_map"])
    return dataclasses.replace(parameters, **kept)
