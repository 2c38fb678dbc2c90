"""Trained Memory Networks: parameters, the words they know, what they scored; those that ship, by task."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.memn2n.encoding import Vocabulary
from ntm_memory.memn2n.network import MemN2N
from ntm_memory.memn2n.parameters import KEPT, MemN2NParameters, MemN2NSettings
from ntm_memory.persistence.checkpoint import Arrays, CheckpointKind


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
        "tasks": list(reader.tasks),
        "set": reader.chosen,
        "settings": dataclasses.asdict(reader.network.settings),
        "words": list(reader.vocabulary.words),
        "answers": list(reader.vocabulary.answers),
        "metrics": dict(reader.metrics),
        "command": reader.command,
    }
    _READERS.save(path, header, {name: kept.astype(KEPT) for name, kept in reader.network.parameters.arrays().items()})


def load_reader(path: Path) -> Reader:
    """Read what `save_reader` wrote.

    Raises:
        CheckpointError: missing, damaged, foreign, or of another kind.
    """
    return _READERS.load(path)


def shipped_reader(task: int) -> Reader:
    """The network of a bAbI task that ships with the package.

    Raises:
        NotFoundError: none ships for it.
    """
    reader = _READERS.shipped("ntm_memory.memn2n", core_name(task))
    if reader is None:
        raise NotFoundError(f"no trained network ships for bAbI task {task}", f"train one: train.py babi --task {task}")
    return reader


def core_name(task: int | str) -> str:
    """What the file of a task's network is called: `babi-qa5`, `babi-joint`."""
    return f"babi-qa{task}" if isinstance(task, int) else f"babi-{task}"


def _restore(header: Mapping[str, Any], arrays: Arrays) -> Reader:
    vocabulary = Vocabulary(tuple(header["words"]), tuple(header["answers"]))
    settings = MemN2NSettings.from_mapping(header["settings"])
    if settings != vocabulary.fitted(settings):
        raise BadValueError("its words do not fit its settings")
    parameters = MemN2NParameters(settings)
    parameters.load(arrays)
    tasks = tuple(int(task) for task in header["tasks"])
    metrics, command = dict(header["metrics"]), str(header["command"])
    return Reader(MemN2N(settings, parameters), vocabulary, tasks, str(header["set"]), metrics, command)


_READERS = CheckpointKind("memn2n", "a trained Memory Network", "give a file that train.py babi wrote", _restore)
