"""What the controller said and what the read heads did, told by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from ntm_memory.recall.controller import HeadSettings
from ntm_memory.recall.features import REACH
from ntm_memory.recall.parameters import HEARD, Array
from ntm_memory.recall.read_heads import Attention

STEPS = (*(f"{step:+d}" if step else "0" for step in range(-REACH, REACH + 1)), "session")
"""The entries of a shift kernel by name."""
_DIGITS = 6


def steps_of(attention: Attention, i: int) -> dict[str, Any]:
    """The weight of candidate i after every step of every head, and how much each head counted for its logit."""
    if attention.steps is None or attention.said is None:
        return {"logit": _rounded(attention.logits[i]), "heads": []}
    steps = {name: values[:, i] for name, values in vars(attention.steps).items()}
    heads = [
        {name: _rounded(values[head]) for name, values in steps.items()} | {"share": _rounded(share)}
        for head, share in enumerate(attention.said.share)
    ]
    return {"logit": _rounded(attention.logits[i]), "heads": heads}


def what_the_controller_said(said: HeadSettings, heard: Array) -> dict[str, Any]:
    """What was `heard` of a question, by name, and what was said to each of the `heads`: β, g, s, γ and its share.

    Args:
        said: to H heads.
        heard: (Q,) see `controller.hear`.
    """
    heads = [
        {
            "beta": _rounded(said.beta[head]),
            "gate": _rounded(said.gate[head]),
            "shift": {name: _rounded(s) for name, s in zip(STEPS, said.kernel[head], strict=True)},
            "gamma": _rounded(said.gamma[head]),
            "share": _rounded(said.share[head]),
        }
        for head in range(len(said.beta))
    ]
    return {"heard": {name: _rounded(x) for name, x in zip(HEARD, heard, strict=True)}, "heads": heads}


def _rounded(value: np.floating[Any]) -> float:
    return round(float(value), _DIGITS)
