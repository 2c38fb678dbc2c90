"""Gathers what the pair reader learns from, and for each question the memories that are most like it.

Of the stores written for this purpose some are held back (`held_stores.is_held`).
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import reader_data as data
from bench.data_roles import FoundData
from bench.dataset import rows
from bench.held_stores import is_held
from ntm_memory.text.words import index_words

CONVERSATIONS = ("hotpot", "musique", "2wiki", "cmrc2018", "lifebench_zh_lite", "lifebench_en_lite")
MOST_OF_ONE, MOST_OF_TALK = 600, 900
"""Questions of a data set at most, and of a file of talk."""
LIKEST = 24
LARGE = 2500
"""Memories of a pool above which they are not embedded: words find the likest."""
NOTE_LIMIT, QUESTION_LIMIT = 128, 64
"""Pieces that keys are made of."""
UNLIKE_OF_A_WRITER, UNLIKE_SEED = 150, 1
Keys = Callable[[Sequence[str], int], np.ndarray]
"""Texts with their prefixes, and the pieces of each at most → (n, H) unit vectors."""


@dataclass
class Lessons:
    """All that is learned from: questions by group, and pairs of statements."""

    groups: dict[str, list[data.Asked]]
    statements: list[data.StatementPair]

    @property
    def asked(self) -> Iterator[data.Asked]:
        """The questions of all groups."""
        for each in self.groups.values():
            yield from each


def gather_lessons(found: Sequence[FoundData]) -> Lessons:
    """Questions and statement pairs of the data sets that there are.

    Raises:
        SystemExit: a group of questions is empty.
    """
    taught, _ = written_stores(found)
    pairs = [line for folder in _holding(found, "revisions.jsonl") for line in rows(folder / "revisions.jsonl")]
    pairs += [pair for store in taught for pair in store["pairs"]]
    groups = {
        "stores": [asked for store in taught for asked in data.written_store(store)],
        "answers": [asked for folder in _holding(found, "answers.jsonl") for asked in data.written_answers(folder)],
        "details": [asked for folder in _holding(found, "details.jsonl") for asked in data.written_details(folder)],
        "prompts": [asked for folder in _holding(found, "prompts.jsonl") for asked in data.written_prompts(folder)],
        "passages": list(_passages({each.name: each.path for each in found})),
    }
    empty = [name for name, asked in groups.items() if not asked]
    if empty:
        raise SystemExit(f"the pair reader has nothing to learn from for {', '.join(empty)}")
    return Lessons(groups, data.statement_pairs(pairs))


def _holding(found: Sequence[FoundData], name: str) -> list[Path]:
    """The folders that hold a file of this name."""
    return [each.path for each in found if (each.path / name).is_file()]


def written_stores(found: Sequence[FoundData]) -> tuple[list[dict], list[dict]]:
    """The stores that are learned from, and those that are held back."""
    stores = [store for folder in _holding(found, "stores.jsonl") for store in rows(folder / "stores.jsonl")]
    held = [is_held(store["store"]) for store in stores]
    return (
        [store for store, kept in zip(stores, held, strict=True) if not kept],
        [store for store, kept in zip(stores, held, strict=True) if kept],
    )


def _passages(paths: Mapping[str, Path]) -> Iterator[data.Asked]:
    """The questions of the public sets and of our notes."""
    if {"xquad_en", "xquad_zh"} <= paths.keys():
        yield from data.crossed_passages(paths["xquad_en"], paths["xquad_zh"])
    for name in CONVERSATIONS:
        if name in paths:
            yield from list(data.conversations(paths[name], name))[:MOST_OF_ONE]
    for name in ("friendsqa_dev", "friendsqa_tst"):
        if name in paths:
            yield from list(data.scripted_talk(paths[name]))[:MOST_OF_TALK]
    if "notes" in paths:
        yield from data.own_notes(paths["notes"])


def find_likest(lessons: Lessons, keys_of: Keys, count: int = LIKEST) -> None:
    """For each question the memories of its pool most like it; and notes of one writer most like each other."""
    pools = {id(asked.pool): asked.pool for asked in lessons.asked}
    keys = {}
    for name, pool in pools.items():
        if len(pool.texts) <= LARGE:
            keys[name] = keys_of([f"passage: {text}" for text in pool.texts], NOTE_LIMIT)
        else:
            find_sharing(pool, [asked for asked in lessons.asked if asked.pool is pool], count)
    embedded = [asked for asked in lessons.asked if id(asked.pool) in keys]
    questions = keys_of([f"query: {asked.text}" for asked in embedded], QUESTION_LIMIT)
    for asked, key in zip(embedded, questions, strict=True):
        asked.likest = _best_others(keys[id(asked.pool)] @ key, asked.gold, count)
    rng = random.Random(UNLIKE_SEED)
    for pool in {id(asked.pool): asked.pool for asked in lessons.groups["answers"]}.values():
        if id(pool) in keys:
            lessons.statements += unlike_statements(pool, keys[id(pool)], rng)


def find_sharing(pool: data.MemoryPool, asked: Sequence[data.Asked], count: int) -> None:
    """The memories of a large pool that share the rarest words with a question."""
    words = [set(index_words(text)) for text in pool.texts]
    held = Counter(word for each in words for word in each)
    for each in asked:
        wanted = {word: math.log(len(words) / held[word]) for word in set(index_words(each.text)) if word in held}
        shared = np.array([sum(wanted[word] for word in wanted.keys() & own) for own in words])
        each.likest = _best_others(shared, each.gold, count)


def _best_others(scores: np.ndarray, gold: Sequence[int], count: int) -> list[int]:
    """The best places that are not gold."""
    taken = set(gold)
    order = np.argsort(-scores)[: count + len(taken)].tolist()
    return [i for i in order if i not in taken][:count]


def unlike_statements(pool: data.MemoryPool, keys: np.ndarray, rng: random.Random) -> list[data.StatementPair]:
    """Notes of one writer that are alike: hardly any of them revises the other."""
    own = keys - keys.mean(0)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    found = []
    for i in rng.sample(range(len(own)), min(UNLIKE_OF_A_WRITER, len(own))):
        order = np.argsort(-(own @ own[i]))[4:12]  # the first few are of the same question
        if len(order):
            found.append(data.StatementPair(pool.texts[i], pool.texts[int(rng.choice(list(order)))], None))
    return found
