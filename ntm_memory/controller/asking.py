"""What a question asks for beside its content: a place before or after something, what was before, everything.

A small convolutional network over the states that the embedder has of the question's pieces anyway. It says by how many
steps the focus is to move (the shift of the paper's equation 8, here a distribution for just this question), which
words name what to move from, and how likely it is that only a time is asked for, what was before it changed, or all
there is. Learned by `python -m bench.fit asking`, held out by wording.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.activations import logistic
from ntm_memory.machine.addressing import content_focus
from ntm_memory.machine.convolution import residual_convolutions
from ntm_memory.persistence.arrays import made_of_shipped
from ntm_memory.persistence.quantised import Weights, dequantised

MODEL = Path(__file__).with_name("asking.npz")
FARTHEST = 3
"""Steps either way that a question can ask for in its own words."""
LEAST, LIKELY, SURE = 0.05, 0.5, 0.9
"""Chances from which on something may be asked for, is rather asked for than not, and is asked for alone."""
STEPS = tuple(range(-FARTHEST, FARTHEST + 1))
WANTS = ("time", "past", "all")
DILATIONS = (1, 2)
_BESIDE = " \t\r\n\"'`“”‘’「」『』《》<>()（）[],.;:!?，。；：！？、…"
Array = NDArray[np.float32]


class Asked(NamedTuple):
    """What a question asks for.

    Args:
        steps: (7,) chance of each of `STEPS`, sums to 1; of 0: it asks by content.
        anchor: the words that name what to move from; "": none are told.
        time: chance that it asks for what happened at a time, whatever that was.
        past: chance that it asks how something was before it changed.
        all: chance that it asks for all there is of a kind or on somebody.
    """

    steps: Array
    anchor: str
    time: float
    past: float
    all: float

    @property
    def place(self) -> float:
        """Chance that it asks for what stands before or after something."""
        return float(1 - self.steps[FARTHEST])

    @property
    def step(self) -> int:
        """The likeliest number of steps, of those that are some."""
        beside = self.steps.copy()
        beside[FARTHEST] = 0
        return STEPS[int(beside.argmax())]

    @property
    def anything(self) -> float:
        """Chance that it asks for whatever there is: "what happened?", and without an anchor "notes?", "summarize"."""
        if self.anchor:
            return self.time if self.place <= LIKELY else 0.0
        return 1 - (1 - self.place) * (1 - self.time) * (1 - self.all)

    @property
    def follows(self) -> bool:
        """Whether it goes on from what was in focus before: it asks by place and names nothing itself."""
        return self.place > LIKELY and not self.anchor


def asked(text: str, states: Array, places: NDArray[np.int64]) -> Asked:
    """What a question asks for.

    Args:
        text: the question, of at least one character.
        states: (T, H) of its pieces.
        places: (L,) of each character, the number of its piece.
    """
    said = [network(weights, states) for weights in _model()]
    by_piece = np.mean([piece for piece, _ in said], axis=0)
    whole = np.mean([logits for _, logits in said], axis=0)
    steps = content_focus(whole[: len(STEPS)], 1.0).astype(np.float32)
    time, past, everything = (float(each) for each in logistic(whole[len(STEPS) :]))
    return Asked(steps, anchor_of(text, by_piece[places]), time, past, everything)


def network(weights: Mapping[str, Array], states: Array) -> tuple[Array, Array]:
    """((T,) logits that a piece names the anchor, (7 + 3,) logits of the steps and of what else is wanted)."""
    x = np.maximum(states @ weights["into.w"] + weights["into.b"], 0)
    x = residual_convolutions(x, weights, DILATIONS)
    pieces = (x @ weights["anchor.w"] + weights["anchor.b"])[:, 0]
    return pieces, _pooled(x, logistic(pieces)) @ weights["whole.w"] + weights["whole.b"]


def _pooled(x: Array, anchor: Array) -> Array:
    """(6·C,) means and maxima of all pieces, of those left of the anchor, of those right of it.

    Which way is asked for depends on what stands where: "X came before what?" and "what came before X?".
    """
    passed = np.cumsum(anchor) / (anchor.sum() + 1e-6)
    parts = []
    for share in (np.ones_like(anchor), (1 - anchor) * (1 - passed), (1 - anchor) * passed):
        told = share[:, None] * x
        parts += [told.sum(axis=0) / (share.sum() + 1e-6), told.max(axis=0)]
    return np.concatenate(parts)


def anchor_of(text: str, logits: Array) -> str:
    """The stretch of a text whose characters speak most for it; "" where none does.

    Args:
        text: L characters.
        logits: (L,) that a character is of the anchor.
    """
    sums = np.concatenate([[0.0], np.cumsum(logits)])
    lowest = np.minimum.accumulate(sums)
    end = int((sums - lowest).argmax())
    start = int(sums[: end + 1].argmin())
    return _whole_words(text, start, end).strip(_BESIDE)


def _whole_words(text: str, start: int, end: int) -> str:
    """A stretch with the rest of the words at its ends, where words are written apart."""
    while 0 < start < end and _joined(text[start - 1], text[start]):
        start -= 1
    while start < end < len(text) and _joined(text[end - 1], text[end]):
        end += 1
    return text[start:end]


def _joined(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and max(left, right) < "\u2e80"


@cache
def _model() -> list[Weights]:
    """What ships.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    return made_of_shipped(MODEL, _checked, "is no network that says what a question asks for")


def _checked(learned: Mapping[str, NDArray[Any]]) -> list[Weights]:
    """Networks that can run: a fault in one is found as it is opened."""
    members = dequantised(learned)
    if not members:
        raise ValueError("it has no network")
    for weights in members:
        pieces, whole = network(weights, np.zeros((1, len(weights["into.w"])), dtype=np.float32))
        if pieces.shape != (1,) or whole.shape != (len(STEPS) + len(WANTS),) or not np.isfinite(whole).all():
            raise ValueError("the shapes of a network do not fit")
    return members
