"""Memories by the hundred thousand for measuring: keys drawn as embedders leave them, words drawn by Zipf's law."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ntm_memory import NTMMemoryManager
from ntm_memory.operations.write import encode
from ntm_memory.store.records import MemoryInput

DIM, TOPICS, WORDS, LENGTH = 384, 200, 60_000, 12
SESSION = 50
_DRAWN = np.random.default_rng(20261127)
_MIDDLE, _TOPICS = _DRAWN.normal(size=DIM), _DRAWN.normal(size=(TOPICS, DIM))
_SYLLABLES = [a + b for a in "bcdfghklmnprstvz" for b in "aeiou"]
_VOCABULARY = ["".join(_DRAWN.choice(_SYLLABLES, _DRAWN.integers(2, 5))) for _ in range(WORDS)]
_UPTO = np.cumsum(1 / np.arange(1, WORDS + 1))


class GeneratedKeys:
    """An embedder that costs nothing: a key is drawn by its text, in a narrow cone, near one of some topics."""

    name, revision, dim = "generated", "1", DIM
    prior = query_adapter = None

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return self.encode_memories(texts)

    def encode_memories(self, texts: Sequence[str]) -> np.ndarray:
        seeds = [zlib.crc32(text.encode()) for text in texts]
        own = [np.random.default_rng(seed).standard_normal(DIM) for seed in seeds]
        keys = 2 * _MIDDLE + 0.7 * _TOPICS[np.array(seeds, dtype=np.int64) % TOPICS] + 0.5 * np.reshape(own, (-1, DIM))
        return (keys / np.linalg.norm(keys, axis=1, keepdims=True)).astype(np.float32)

    def split_passages(self, text: str) -> list[str]:
        return [text]


def drawn_note(number: int) -> str:
    """A note of `LENGTH` words and a number, the same each time."""
    drawn = np.random.default_rng(number + 7).random(LENGTH) * _UPTO[-1]
    return " ".join(_VOCABULARY[i] for i in np.searchsorted(_UPTO, drawn)) + f" {number}"


def keys_of(home: Path) -> GeneratedKeys:
    """The keys of a memory that is there, as whoever wrote it called them: so it takes ours as its own."""
    keys = GeneratedKeys()
    with opened_for_writing(home) as manager:
        wrote = manager.store.embedder()
    if wrote is not None:
        keys.name, keys.revision = wrote["name"], wrote["revision"]
    return keys


def opened_for_writing(home: Path, keys: GeneratedKeys | None = None) -> NTMMemoryManager:
    """A manager with generated keys and no reader; without backups, which are measured elsewhere."""
    config = {"store": {"backups": 0}, "recall": {"reader": "off"}}
    return NTMMemoryManager(home, config=config, embedder=keys or GeneratedKeys(), by_file=False)


def fill_with_drawn(manager: NTMMemoryManager, count: int) -> None:
    """Write notes 0…count−1 with generated keys through the store, in one transaction."""
    keys = GeneratedKeys()
    with manager.store.transaction():
        manager.store.set_embedder(manager.encoder.identity)
        for number in range(count):
            text = drawn_note(number)
            told = MemoryInput(text, session=f"s{number // SESSION}")
            manager.store.add(told, encode(text, keys.encode_memories([text]), spoken=False))
