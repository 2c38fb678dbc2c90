"""Learned numbers by name in a JSON file that a person can read: whole or not at all, checked when read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import CheckpointError, why_unread
from ntm_memory.paths import content_of
from ntm_memory.persistence.atomic import replace_text

Array = NDArray[np.float64]
Shapes = Mapping[str, tuple[int, ...]]
P = TypeVar("P")


class Kind(NamedTuple):
    """What a file must say it is: numbers learned for other inputs mean something else."""

    format: str
    version: int
    features: Any  # plain values: the names of the inputs


def save_learned(file: Path, kind: Kind, values: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Write numbers, rounded to six digits; `about` says how they were learned.

    Raises:
        CheckpointError: a number is NaN or infinite.
    """
    if not all(np.isfinite(value).all() for value in values.values()):
        raise CheckpointError("the learned parameters hold NaN or infinite values; nothing was saved", "learn anew")
    rounded = {name: np.round(value, 6).tolist() for name, value in values.items()}
    content = {**kind._asdict(), "about": dict(about), "parameters": rounded}
    replace_text(file, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


class FormerVersions(NamedTuple):
    """Older versions of a kind that are still read.

    Args:
        names: version → name then → name now, where it differs.
        lacking: takes the arrays by name, of now, and gives those that no older version had.
    """

    names: Mapping[int, Mapping[str, str]]
    lacking: Callable[[Mapping[str, Array]], Mapping[str, Array]]


def load_learned(file: Path, kind: Kind, hint: str, former: FormerVersions | None = None) -> dict[str, Array]:
    """Numbers by name, float64.

    Args:
        file: what `save_learned` wrote.
        kind: what it must be.
        hint: what to do where it is not.
        former: older versions that are read, too; None: none is.

    Raises:
        CheckpointError: unreadable, or of another kind; with `hint`.
    """
    try:
        loaded = json.loads(content_of(file).decode())
        known = Kind(loaded["format"], loaded["version"], loaded["features"])
        values = {name: np.asarray(value, dtype=np.float64) for name, value in loaded["parameters"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise CheckpointError(f"{file} cannot be read: {why_unread(error)}", hint) from error
    older = former is not None and known.version in list(former.names)  # what is told may be no number at all
    if known != (kind._replace(version=known.version) if older else kind):
        raise CheckpointError(f"{file} is of another version: it was learned for other inputs than those of now", hint)
    if former is None or not older:
        return values
    names = former.names[known.version]
    values = {names.get(name, name): value for name, value in values.items()}
    return {**former.lacking(values), **values}


def checked(
    file: Path, values: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]], hint: str
) -> dict[str, Array]:
    """The numbers that are asked for.

    Raises:
        CheckpointError: one is missing, of another shape, NaN or infinite; with `hint`.
    """
    for name, shape in shapes.items():
        found = values.get(name)
        if found is None or found.shape != shape:
            has = None if found is None else found.shape
            raise CheckpointError(f"{file} has {name} of shape {has}, expected {shape}", hint)
        if not np.isfinite(found).all():
            raise CheckpointError(f"{file} has {name} with NaN or infinite values", hint)
    return {name: values[name] for name in shapes}


class LearnedFile(Generic[P]):
    """Parameters of one kind, those that ship and those that someone learned.

    Args:
        kind: what their files must be.
        make: takes the arrays by name and makes the parameters, an object of nothing but these arrays.
        shapes: of the arrays that were found, the shape that each one must have.
        shipped: the file of the package.
        remedy: what to do where another file is not usable, with `{}` for its name.
        former: see `load_learned`.
    """

    def __init__(
        self,
        kind: Kind,
        make: Callable[..., P],
        shapes: Callable[[Mapping[str, Array]], Shapes],
        shipped: Path,
        remedy: str,
        former: FormerVersions | None = None,
    ) -> None:
        self.kind, self.shipped = kind, shipped
        self._make, self._shapes, self._remedy, self._former = make, shapes, remedy, former

    def save(self, file: Path, parameters: P, about: Mapping[str, Any]) -> None:
        """Write parameters, whole or not at all; `about` says how they were learned.

        Raises:
            CheckpointError: a parameter is NaN or infinite.
        """
        save_learned(file, self.kind, vars(parameters), about)

    def load(self, file: Path | None = None) -> P:
        """Read parameters; those that ship, if no file is named.

        Raises:
            CheckpointError: unreadable, of other inputs or another version, of wrong shape, NaN or infinite.
        """
        file = file or self.shipped
        hint = "install the package again" if file == self.shipped else self._remedy.format(file.name)
        values = load_learned(file, self.kind, hint, self._former)
        return self._make(**checked(file, values, self._shapes(values), hint))
