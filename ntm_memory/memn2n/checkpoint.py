"""Trained Memory Networks: parameters, the words they know, what they scored; those that ship, by task."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError, CheckpointError, NotFoundError
from ntm_memory.memn2n.encoding import Vocabulary
from ntm_memory.memn2n.network import MemN2N
from ntm_memory.memn2n.parameters import KEPT, MemN2NSettings, Parameters
from ntm_memory.persistence.arrays import load_arrays, save_arrays

_KIND = "memn2n"
_PREFIX = "parameters/"


@dataclass(frozen=True)
class Reader:
    """A trained Memory Network and where it comes from.

    Args:
        network: the network.
        vocabulary: the words it knows.
        tasks: the bAbI tasks it was trained on.
        chosen: the set it was trained on, `en-10k` or `en`.
        metrics: what it scored, and how it was chosen.
        command: how to make it again.
    """

    network: MemN2N
    vocabulary: Vocabulary
    tasks: tuple[int, ...]
    chosen: str
    metrics: Mapping[str, Any]
    command: str = ""


def save_reader(path: Path, reader: Reader) -> None:
    """Write a trained network to a file, as a whole or not at all; its numbers as float16."""
    header = {
        "kind": _KIND,
        "tasks": list(reader.tasks),
        "set": reader.chosen,
        "settings": dataclasses.asdict(reader.network.settings),
        "words": list(reader.vocabulary.words),
        "answers": list(reader.vocabulary.answers),
        "metrics": dict(reader.metrics),
        "command": reader.command,
    }
    arrays = {_PREFIX + name: value.astype(KEPT) for name, value in reader.network.parameters.arrays().items()}
    save_arrays(path, header, arrays)


def load_reader(path: Path) -> Reader:
    """Read what `save_reader` wrote.

    Raises:
        CheckpointError: missing, damaged, foreign, or of another kind.
    """
    return _reader(*load_arrays(path), name=str(path))


def shipped_reader(task: int) -> Reader:
    """The network of a bAbI task that ships with the package.

    Raises:
        NotFoundError: none ships for it.
    """
    file = resources.files("ntm_memory.memn2n") / "cores" / f"{core_name(task)}.npz"
    if not file.is_file():
        raise NotFoundError(f"no trained network ships for bAbI task {task}", f"train one: train.py babi --task {task}")
    return _reader(*load_arrays(io.BytesIO(file.read_bytes()), name=f"the shipped network of task {task}"), name="it")


def core_name(task: int | str) -> str:
    """What the file of a task's network is called: `babi-qa5`, `babi-joint`."""
    return f"babi-qa{task}" if isinstance(task, int) else f"babi-{task}"


def _reader(header: dict[str, Any], arrays: dict[str, Any], *, name: str) -> Reader:
    if header.get("kind") != _KIND:
        raise CheckpointError(f"{name} is not a trained Memory Network", "give a file that train.py babi wrote")
    try:
        vocabulary = Vocabulary(tuple(header["words"]), tuple(header["answers"]))
        settings = MemN2NSettings.from_mapping(header["settings"])
        if settings != vocabulary.fitted(settings):
            raise BadValueError("its words do not fit its settings")
        parameters = Parameters(settings)
        parameters.load({key.removeprefix(_PREFIX): value for key, value in arrays.items()})
        tasks = tuple(int(task) for task in header["tasks"])
        metrics, command = dict(header["metrics"]), str(header["command"])
        return Reader(MemN2N(settings, parameters), vocabulary, tasks, str(header["set"]), metrics, command)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{name} does not fit this version: {error}") from error
