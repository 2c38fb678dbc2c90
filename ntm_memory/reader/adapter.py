"""What makes the embedder's network a reader of pairs: low-rank changes to its matrices, and heads on its states.

A matrix W of a layer becomes W + down·up of rank r (Hu et al. 2021, arXiv 2106.09685); both factors are kept as whole
numbers of −31 to 31 with one scale a row, which pack to less than 6 bits each. Layer norms are replaced.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ntm_memory.embedding.base import Vectors
from ntm_memory.embedding.matrices import BlockMatrix, blank_like
from ntm_memory.embedding.transformer import MATRICES, BertLayer
from ntm_memory.persistence.arrays import made_of_shipped

SHIPPED = Path(__file__).with_name("adapter.npz")
_LARGEST = 31


@dataclass(frozen=True)
class Head:
    """tanh(x·hidden + bias)·out + bias over the first and the mean state side by side; x is (B, 2·H)."""

    hidden: Vectors
    hidden_bias: Vectors
    out: Vectors
    out_bias: Vectors

    def __call__(self, x: Vectors) -> Vectors:
        """(B, outputs) logits: relevance, then one for each of `relations.RELATIONS`."""
        logits: Vectors = np.tanh(x @ self.hidden + self.hidden_bias) @ self.out + self.out_bias
        return logits


@dataclass(frozen=True)
class Adapter:
    """The learned numbers.

    Args:
        down, up: matrix name → (layers, inputs, r) and (layers, r, outputs).
        norms: (layers, 4, H) scale and bias of both layer norms.
        segments: (3, H) what marks the pieces of each text.
        heads: layer after which it reads, counted from 1 → head.
    """

    down: Mapping[str, Vectors]
    up: Mapping[str, Vectors]
    norms: Vectors
    segments: Vectors
    heads: Mapping[int, Head]

    def merged(self, layers: Sequence[BertLayer]) -> list[BertLayer]:
        """The embedder's layers, changed; the given ones stay as they are."""
        layers = layers[: len(self.norms)]
        room = iter(blank_like([getattr(layer, name) for layer in layers for name in MATRICES]))
        return [
            self._merge(number, layer, dict(zip(MATRICES, room, strict=False))) for number, layer in enumerate(layers)
        ]

    def _merge(self, number: int, layer: BertLayer, to: Mapping[str, BlockMatrix]) -> BertLayer:
        for name, matrix in to.items():
            change = self.down[name][number] @ self.up[name][number]
            np.add(getattr(layer, name).by_place, change.reshape(matrix.by_place.shape), out=matrix.by_place)
        changed: dict[str, Any] = {**to, "norms": tuple(self.norms[number])}
        return dataclasses.replace(layer, **changed)


def as_arrays(adapter: Adapter) -> dict[str, np.ndarray]:
    """The adapter as its file has it."""
    arrays: dict[str, np.ndarray] = {name: getattr(adapter, name).astype(np.float16) for name in ("norms", "segments")}
    for name in MATRICES:
        for part, values in (("down", adapter.down[name].transpose(0, 2, 1)), ("up", adapter.up[name])):
            arrays[f"{name}.{part}"], arrays[f"{name}.{part}.scale"] = _in_bytes(values)
    for exit, head in adapter.heads.items():
        arrays |= {f"head{exit}.{field}": values.astype(np.float16) for field, values in vars(head).items()}
    return arrays


def read_adapter(file: Path = SHIPPED) -> Adapter:
    """The adapter from a file of `as_arrays`.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    return made_of_shipped(file, _adapter, "is no adapter of the pair reader")


def _adapter(arrays: Mapping[str, np.ndarray]) -> Adapter:
    down = {name: _in_floats(arrays, f"{name}.down").transpose(0, 2, 1) for name in MATRICES}
    exits = sorted({int(name.split(".")[0][4:]) for name in arrays if name.startswith("head")})
    heads = {
        exit: Head(*(arrays[f"head{exit}.{field.name}"].astype(np.float32) for field in dataclasses.fields(Head)))
        for exit in exits
    }
    return Adapter(
        down,
        {name: _in_floats(arrays, f"{name}.up") for name in MATRICES},
        arrays["norms"].astype(np.float32),
        arrays["segments"].astype(np.float32),
        heads,
    )


def _in_bytes(values: Vectors) -> tuple[np.ndarray, np.ndarray]:
    """(layers, r, n) as int8 with a scale for each of the r rows."""
    scale = np.maximum(np.abs(values).max(axis=-1, keepdims=True), 1e-12) / _LARGEST
    return np.rint(values / scale).astype(np.int8), scale.astype(np.float32)


def _in_floats(arrays: Mapping[str, np.ndarray], name: str) -> Vectors:
    floats: Vectors = arrays[name].astype(np.float32) * arrays[f"{name}.scale"]
    return floats
