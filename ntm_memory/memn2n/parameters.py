"""Sizes and variants of a Memory Network, and every trained number of it as named views of one flat vector."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError, one_of, only_known, whole_number
from ntm_memory.machine.flat import FlatArrays

Array = NDArray[np.floating[Any]]
TYINGS = ("adjacent", "layer-wise")
NONLINEARITIES = ("none", "relu", "half")
KEPT = "float16"
"""What checkpoints keep numbers in; training ends by rounding to it."""
_SPREAD = 0.1
_LARGEST = {"words": 100_000, "dim": 1024, "hops": 32, "memory_size": 10_000}


@dataclass(frozen=True)
class MemN2NSettings:
    """What a Memory Network is made of.

    Args:
        words: V, with the null word 0.
        answers: the words that are answers, by number.
        dim: d, units of an embedding.
        hops: K.
        memory_size: slots; of a longer story the latest are kept (the paper: 50).
        tying: `adjacent`: A^{k+1} = C^k, B = A^1, Wᵀ = C^K; `layer-wise`: one A, one C, u ← H u + o (section 2.2).
        nonlinearity: of u after every hop: `none`, `relu`, or `half` of the units rectified.
        position: weigh words by their place in the sentence (section 4.1, PE); else bags of words.
        times: tell memories when they were said (T_A, T_C).
        dtype: float32 or float64.
    """

    words: int = 2
    answers: tuple[int, ...] = (1,)
    dim: int = 40
    hops: int = 3
    memory_size: int = 50
    tying: str = "adjacent"
    nonlinearity: str = "none"
    position: bool = True
    times: bool = True
    dtype: str = "float32"

    def __post_init__(self) -> None:
        for name, most in _LARGEST.items():
            whole_number(name, getattr(self, name), 1, most)
        if not self.answers or not all(isinstance(word, int) and 0 < word < self.words for word in self.answers):
            raise BadValueError(f"answers must be word numbers from 1 to {self.words - 1}, at least one")
        for name, known in (("tying", TYINGS), ("nonlinearity", NONLINEARITIES), ("dtype", ("float32", "float64"))):
            one_of(name, getattr(self, name), known)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> MemN2NSettings:
        """Settings of plain values, as a checkpoint keeps them.

        Raises:
            BadValueError: a key is unknown or a value out of range.
        """
        only_known("settings", values, (field.name for field in dataclasses.fields(cls)))
        return cls(**{**values, "answers": tuple(values["answers"])})

    @property
    def adjacent(self) -> bool:
        """Whether tying is adjacent."""
        return self.tying == "adjacent"

    @property
    def projected(self) -> bool:
        """Whether u is mapped by H between hops."""
        return not self.adjacent

    @property
    def rectified(self) -> int:
        """How many units are rectified."""
        return {"none": 0, "relu": self.dim, "half": self.dim // 2}[self.nonlinearity]

    @property
    def answer_rows(self) -> NDArray[np.int64]:
        """`answers` as an array."""
        return np.array(self.answers)


def memn2n_parameter_shapes(settings: MemN2NSettings) -> dict[str, tuple[int, ...]]:
    """Name → shape: `words` holds all embeddings of memories, side by side; `times` T of each of them."""
    tables = settings.hops + 1 if settings.adjacent else 2
    shapes: dict[str, tuple[int, ...]] = {"words": (settings.words, tables, settings.dim)}
    if settings.times:
        shapes["times"] = (settings.memory_size, tables, settings.dim)
    if not settings.adjacent:
        shapes["question"] = (settings.words, settings.dim)
        shapes["answer"] = (len(settings.answers), settings.dim)
        shapes["projection"] = (settings.dim, settings.dim)
    return shapes


class MemN2NParameters(FlatArrays):
    """All of them, of the settings' float type; used for the trained numbers and for their gradients."""

    def __init__(self, settings: MemN2NSettings, flat: Array | None = None) -> None:
        super().__init__(memn2n_parameter_shapes(settings), settings.dtype, flat)


def initial_memn2n_parameters(settings: MemN2NSettings, seed: int) -> MemN2NParameters:
    """Gaussian numbers of standard deviation 0.1 (section 4.2)."""
    parameters = MemN2NParameters(settings)
    parameters.flat[...] = np.random.default_rng(seed).normal(scale=_SPREAD, size=parameters.flat.shape)
    return parameters
