"""What is told with `explain` beside the steps of the read heads: what the question was heard to ask for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from ntm_memory.controller.asking import LEAST, STEPS
from ntm_memory.recall.controller import HeadSettings
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.features import REACH
from ntm_memory.recall.first_look import Query
from ntm_memory.recall.parameters import HEARD, Array
from ntm_memory.text.iso_time import to_iso, to_whole_seconds
from ntm_memory.times.told import Time

_LEAST_STEP = 0.01
KERNEL = (*(f"{step:+d}" if step else "0" for step in range(-REACH, REACH + 1)), "session")
"""The entries of a head's shift kernel by name."""


def what_was_heard(query: Query) -> dict[str, Any]:
    """What a question asks for beside its content: a place, times, what was before, all there is.

    Args:
        query: as the read heads get it.

    Returns:
        `place`, where it perhaps asks for one: the words of the `anchor`, the `chance`, `shift` (steps → chance);
        `shift`, where that was told beside it or follows from the focus before; `times`: the words, their `direction`
        and `precision`, from when until when in UTC, null where open; the chances of `time_alone`, `past`, `all`.
    """
    heard: dict[str, Any] = {}
    if query.shift is not None:
        heard["shift"] = {f"{query.shift:+d}": 1.0}
    if query.asked is not None and query.place > LEAST:
        steps = zip(STEPS, query.asked.steps.tolist(), strict=True)
        shift = {f"{step:+d}": round(chance, 4) for step, chance in steps if step and chance >= _LEAST_STEP}
        heard["place"] = {"anchor": query.asked.anchor, "chance": round(query.place, 4), "shift": shift}
    if query.times:
        heard["times"] = [_time(time, query.text) for time in query.times]
    chances = {"time_alone": query.time_alone, "past": query.past, "all": query.everything}
    return heard | {name: round(chance, 4) for name, chance in chances.items()}


def with_ids(corpus: Corpus, steps: Mapping[str, Any]) -> dict[str, Any]:
    """The steps of one memory in which the memories that were moved from have their ids."""
    if "moved" not in steps:
        return dict(steps)
    came = corpus.memories(np.array([each["from"] for each in steps["moved"]], dtype=np.int64))
    moved = [
        {**each, "from": memory.id} for each, memory in zip(steps["moved"], came, strict=True) if memory is not None
    ]
    return {**steps, "moved": moved}


def what_the_controller_said(said: HeadSettings, heard: Array) -> dict[str, Any]:
    """What was `heard` of a question, by name, and what was said to each of the `heads`: β, g, s, γ and its share.

    Args:
        said: to H heads.
        heard: (Q,) see `controller.hear`.
    """
    heads = [
        {
            "beta": _six(said.beta[head]),
            "gate": _six(said.gate[head]),
            "shift": {name: _six(s) for name, s in zip(KERNEL, said.kernel[head], strict=True)},
            "gamma": _six(said.gamma[head]),
            "share": _six(said.share[head]),
        }
        for head in range(len(said.beta))
    ]
    return {"heard": {name: _six(x) for name, x in zip(HEARD, heard, strict=True)}, "heads": heads}


def _six(value: np.floating[Any]) -> float:
    return round(float(value), 6)


def _time(time: Time, text: str) -> dict[str, Any]:
    said = text[slice(*time.place)].strip()
    ends = {"from": _iso(time.start), "until": _iso(time.end)}
    return {"said": said, "direction": time.direction, "precision": time.precision, **ends, "yearly": time.yearly}


def _iso(seconds: float) -> str | None:
    if math.isfinite(seconds):
        with suppress(ValueError, OverflowError, OSError):
            return to_whole_seconds(to_iso(seconds))
    return None
