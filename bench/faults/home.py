"""A memory in a temporary folder, as these programs open it: the tiny embedder, a clock that moves when told to."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.faults.model import facts
from ntm_memory import NTMMemoryManager
from ntm_memory.privacy.cipher import PlainConnection
from ntm_memory.store.lookup import STATES

os.environ["NTM_MEMORY_TESTING"] = "1"
CONFIG: dict[str, Any] = {"embedder": {"backend": "tiny"}, "recall": {"confidence_floor": 0.0}, "store": {"backups": 0}}
Kept = dict[str, tuple[Any, ...]]


class Ticking:
    """Unix seconds; each reading is a second later."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def open_home(home: Path, config: dict[str, Any] | None = None, **options: Any) -> NTMMemoryManager:
    """A manager that answers whatever its confidence: what the tiny embedder says is not learned for it."""
    return NTMMemoryManager(home, config={**CONFIG, **(config or {})}, **options)


def kept_by(memory: NTMMemoryManager) -> Kept:
    """id → `model.facts` of every memory, whatever its state."""
    return {each.id: facts(each) for each in memory.store.memories(states=STATES)}


def abandon(memory: NTMMemoryManager) -> None:
    """Let go of the files without closing them properly, as a process that is killed does."""
    memory.store._engine.sql.close()
    memory.store._engine.usage.close()
    memory.store._engine.connection.lock.close()


def copy_of(home: Path, target: Path) -> Path:
    """The files as a process that is killed now would leave them."""
    shutil.copytree(home, target)
    return target


@contextmanager
def drawn_bytes(seed: int) -> Iterator[None]:
    """What the product draws, as the ids of memories and the names of devices, is the same each time."""
    before, draw = os.urandom, random.Random(seed)
    os.urandom = lambda size: draw.randbytes(size)
    try:
        yield
    finally:
        os.urandom = before


@contextmanager
def without_waiting() -> Iterator[None]:
    """SQLite does not wait for the disk: for programs that pull no plug, ten times as fast."""
    with patched_connections(made_by(Hasty)), without_syncing():
        yield


class Hasty(PlainConnection):
    """A connection that does not wait for the disk, whatever it is told."""

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        """Execute all but a wish to wait."""
        if statement.startswith("PRAGMA synchronous"):
            statement = "PRAGMA synchronous = OFF"
        return super().execute(statement, *arguments)


_connect = sqlite3.connect


def made_by(factory: type[sqlite3.Connection], **more: Any) -> Callable[..., Any]:
    """Opens connections of a class of its own, whatever class is asked for; `more` are options of `sqlite3.connect`."""

    def opened(*told: Any, **options: Any) -> sqlite3.Connection:
        return _connect(*told, **{**options, "factory": factory, **more})

    return opened


@contextmanager
def without_syncing() -> Iterator[None]:
    """Python's own files do not wait for the disk either."""
    before = os.fsync
    os.fsync = lambda file: None
    try:
        yield
    finally:
        os.fsync = before


@contextmanager
def patched_connections(replacement: Callable[..., sqlite3.Connection]) -> Iterator[None]:
    """Every connection that the product opens is made by this."""
    before = sqlite3.connect
    sqlite3.connect = replacement  # type: ignore[assignment]
    try:
        yield
    finally:
        sqlite3.connect = before
