"""What the store's tests write: texts with keys of their own, and a clock that stands still."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack, closing, contextmanager

import numpy as np

from ntm_memory.store.records import Encoding, MemoryInput
from ntm_memory.store.schema import LATER

DIM = 8
EMBEDDER = {"name": "test", "revision": "1", "dim": DIM}


@contextmanager
def making(open_one, path_of):
    """What the contract's tests make their stores by, of what opens one at a place; all are closed in the end."""
    with ExitStack() as stores:
        yield lambda fresh=False, **options: stores.enter_context(closing(open_one(path_of(fresh), **options)))


def with_embedder(store):
    """A store that knows who writes its keys."""
    store.set_embedder(EMBEDDER)
    return store


class Clock:
    """Unix seconds that move only when told to."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float = 1.0) -> None:
        self.now += seconds


def key_rows(text: str, passages: int = 1, dim: int = DIM) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
    rows = np.random.default_rng(seed).standard_normal((passages, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def draft(
    content: str, *, passages: int = 1, dim: int = DIM, words=None, cjk: bool = False, **fields
) -> tuple[MemoryInput, Encoding]:
    """What `add` and `rewrite` take, after the id: what is told, and how it is found."""
    chosen = tuple(content.split()) if words is None else tuple(words)
    return MemoryInput(content, **fields), Encoding(key_rows(content, passages, dim), chosen, cjk)


AS_VERSION_2 = (
    "DROP TABLE tombstones",
    "DROP TABLE audit",
    "DROP TABLE new_keys",
    *(f"DROP INDEX {name}" for name in LATER),
    "DROP INDEX memories_folded_key",
    "DROP INDEX memories_text",
    "DROP INDEX memories_listed",
    "ALTER TABLE memories DROP COLUMN folded_key",
    "ALTER TABLE memories DROP COLUMN text_hash",
    "ALTER TABLE memories DROP COLUMN mentions",
    "CREATE INDEX memories_hash ON memories(hash)",
    "PRAGMA user_version = 2",
)
"""What makes a file of version 2 of one of version 4; DROP COLUMN needs SQLite 3.35."""
