"""Memories that are made up, as many as are asked for: keys as the embedder gives them, words as often as real ones.

Keys are drawn with the mean and the covariance of real keys, in topics of forty; a question's key is that of a memory
and the difference that a real question has from its answer. Words are drawn by Zipf's law from real texts' own, the
most frequent first, and behind these from made-up ones; a question has three words of its memory and two others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ntm_memory.embedding import Embedder
from ntm_memory.text.words import WORD

TOPIC = 40
OWN = 0.5
"""Share of a key's variance that is its own, and not its topic's."""
SESSION = 20
WORDS = 14
VOCABULARY = 60_000
_BENDING = 2.7  # of Zipf's law: Mandelbrot's
_AT_ONCE = 10_000
_KEYS = 1_500


class Real(NamedTuple):
    """What is known of real texts.

    Args:
        mean: (dim,) of their keys.
        root: (dim, dim) a root of their covariance.
        apart: (p, dim) what questions differ by from their answers.
        words: distinct ones, the most frequent first.
    """

    mean: np.ndarray
    root: np.ndarray
    apart: np.ndarray
    words: list[str]


def measured_keys(embedder: Embedder, data: Path | None, kept: Path | None) -> Real:
    """Read real texts: memories and questions of a data set, or of this folder's own notes.

    Args:
        embedder: gives the keys.
        data: folder with memories.jsonl and queries.jsonl; None: notes.jsonl.
        kept: a file for the keys, which take a minute; None: not kept.
    """
    texts, pairs = _notes() if data is None else _of(data)
    if kept is not None and kept.exists():
        keys, asked = (np.load(kept)[name] for name in ("keys", "asked"))
    else:
        keys = _encoded(embedder.encode_memories, texts)
        asked = _encoded(embedder.encode_queries, [question for question, _ in pairs])
        if kept is not None:
            np.savez(kept, keys=keys, asked=asked)
    mean = keys.mean(axis=0)
    _, spread, axes = np.linalg.svd(keys - mean, full_matrices=False)
    root = (spread / np.sqrt(len(keys)))[:, None] * axes
    apart = asked - keys[[answer for _, answer in pairs]]
    counts = Counter(word.lower() for text in texts for word in WORD.findall(text))
    return Real(mean, root.astype(np.float32), apart.astype(np.float32), [word for word, _ in counts.most_common()])


def _encoded(encode, texts: Sequence[str]) -> np.ndarray:
    return np.concatenate([encode(texts[start : start + 50]) for start in range(0, len(texts), 50)])


def _notes() -> tuple[list[str], list[tuple[str, int]]]:
    lines = (Path(__file__).parent / "notes.jsonl").read_text(encoding="utf-8").splitlines()
    notes = [note for note in map(json.loads, lines) if "text" in note]
    pairs = [(ask, i) for i, note in enumerate(notes) for ask in note.get("ask", ())[:1]]
    return [note["text"] for note in notes], pairs


def _of(data: Path) -> tuple[list[str], list[tuple[str, int]]]:
    memories = [json.loads(line) for line in (data / "memories.jsonl").read_text(encoding="utf-8").splitlines()]
    memories = memories[:_KEYS]
    places = {(memory["conv"], memory["id"]): i for i, memory in enumerate(memories)}
    questions = [json.loads(line) for line in (data / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    pairs = [
        (question["query"], places[question["conv"], question["gold"][0]])
        for question in questions
        if question["gold"] and (question["conv"], question["gold"][0]) in places
    ]
    return [memory["text"] for memory in memories], pairs[: _KEYS // 5]


class ScaledWorld:
    """Memories made of real ones' measures; the same number of them is always the same memories.

    Args:
        real: the measures.
        size: how many.
    """

    def __init__(self, real: Real, size: int) -> None:
        self._real, self.size = real, size
        chances = 1 / (np.arange(VOCABULARY) + 1 + _BENDING)
        self._upto = np.cumsum(chances / chances.sum())
        made_up = (f"{real.words[i % len(real.words)]}{i}" for i in range(VOCABULARY - len(real.words)))
        self._words = np.array([*real.words[:VOCABULARY], *made_up])

    def memories(self) -> Iterator[tuple[list[str], np.ndarray]]:
        """(texts, their keys) a few thousand at a time."""
        rng = np.random.default_rng(self.size)
        topics = rng.standard_normal((max(self.size // TOPIC, 1), len(self._real.root)), dtype=np.float32)
        for start in range(0, self.size, _AT_ONCE):
            count = min(_AT_ONCE, self.size - start)
            drawn = np.sqrt(1 - OWN) * topics[rng.integers(0, len(topics), count)]
            drawn += np.sqrt(OWN) * rng.standard_normal(drawn.shape, dtype=np.float32)
            yield self._texts(rng, count), _unit(drawn @ self._real.root + self._real.mean)

    def _texts(self, rng: np.random.Generator, count: int) -> list[str]:
        lengths = rng.integers(WORDS // 2, WORDS * 3 // 2 + 1, count)
        drawn = self._words[np.searchsorted(self._upto, rng.random(lengths.sum()))]
        return [" ".join(words) for words in np.split(drawn, np.cumsum(lengths)[:-1])]

    def question(self, rng: np.random.Generator, text: str, key: np.ndarray) -> tuple[str, np.ndarray]:
        """(words, key) of a question that a memory answers."""
        told = text.split()
        others = self._words[np.searchsorted(self._upto, rng.random(2))]
        asked = [*rng.choice(told, min(3, len(told)), replace=False), *others]
        return " ".join(asked), _unit(key + self._real.apart[rng.integers(len(self._real.apart))])


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)
