"""What the write head learns from: memories in the order in which they were told, and which of them were asked for.

Half of the questions are asked before: what they would show is read. The other half tells what was needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from bench.data_roles import FoundData
from bench.dataset import memorize, moment, rows
from bench.fit_job import FitJob
from ntm_memory import NTMMemoryManager
from ntm_memory.config import RecallSettings
from ntm_memory.controller.write_head import added
from ntm_memory.recall.centring import centred_cosines
from ntm_memory.recall.corpus import Corpus
from ntm_memory.text.writing_systems import is_cjk

ROLES = ("written", "stored", "updated")
LEAST = 15
"""Memories of a store: of fewer none has to go."""
DAY = 86_400.0


class AskedStore(NamedTuple):
    """Memories of a namespace with the questions put to them.

    Args:
        space: the namespace.
        questions: [(question, ids of the memories that answer)].
    """

    space: str
    questions: list[tuple[str, set[str]]]


class WriteLesson(NamedTuple):
    """A store of N memories.

    Args:
        data: the data set.
        keys: (N, dim) centred on the store.
        add: (N, 4) as the write head sees it.
        talk: (N,) whether each is a turn of a session.
        revised: (N,) whether each is marked as perhaps revised.
        days: (N,) age when the last of them was told.
        read: (N,) logarithm of the reads after half of the questions.
        asked: [indices of the memories that answer] of each question.
        surprise: (N, 3) cosine with the likest earlier memory; how badly what the session told before predicts the key;
            that with momentum (Behrouz et al. 2025).
    """

    data: str
    keys: np.ndarray
    add: np.ndarray
    talk: np.ndarray
    revised: np.ndarray
    days: np.ndarray
    read: np.ndarray
    asked: list[list[int]]
    surprise: np.ndarray


def gather_write_lessons(job: FitJob) -> list[WriteLesson]:
    """All stores of the data sets that are learned from."""
    found = []
    with job.manager() as manager:
        for data in job.with_role(*ROLES):
            stores = [each for each in told_to(data, manager, job.limit) if each.questions]
            lessons = [write_lesson(data.name, store, manager) for store in stores]
            kept = [each for each in lessons if len(each.keys) >= LEAST]
            print(data.name, len(kept), "stores", sum(len(each.keys) for each in kept), "memories", flush=True)
            found += kept
    return found


def told_to(data: FoundData, manager: NTMMemoryManager, limit: int) -> Iterator[AskedStore]:
    """The stores of a data set, memorized."""
    if "stored" in data.known.roles:
        for line in rows(data.path / "stores.jsonl")[:limit]:
            notes = sorted(line["notes"], key=lambda note: note["when"] or "")
            names = [(note["content"], note["when"], note["id"]) for note in notes]
            yield _told(manager, f"{data.name}/{line['store']}", names, line["questions"])
    elif "updated" in data.known.roles:
        lines = rows(data.path)
        facts = [(line["text"], line["time"], line["id"]) for line in lines if line["op"] in ("add", "revise")]
        yield _told(manager, f"{data.name}/all", facts, [line for line in lines if line["op"] == "query"])
    else:
        known = memorize(data.path, manager, limit)
        for conv in known.conversations():
            ids = {theirs: ours for ours, theirs in known.stored[conv].items()}
            asked = [question for question in known.questions if question["conv"] == conv]
            yield AskedStore(f"{known.name}/{conv}", _asked(asked, ids))


def _told(
    manager: NTMMemoryManager, space: str, told: Sequence[tuple[str, str | None, str]], asked: Sequence[dict]
) -> AskedStore:
    """Notes without keys, and what is asked of them."""
    records = [{"content": text, "namespace": space, "occurred_at": moment(when)} for text, when, _ in told]
    ids = manager.memorize_many(records).ids
    names = {name: id for id, (_, _, name) in zip(ids, told, strict=True) if id is not None}
    return AskedStore(space, _asked(asked, names))


def _asked(questions: Sequence[dict], ids: dict[str, str]) -> list[tuple[str, set[str]]]:
    told = [(each["query"], {ids[name] for name in each["gold"] if name in ids}) for each in questions]
    return [(query, gold) for query, gold in told if gold]


def write_lesson(data: str, store: AskedStore, manager: NTMMemoryManager) -> WriteLesson:
    """What the write head sees of a store, and what was asked."""
    slots, told = (corpus := Corpus(manager.store, store.space)).slots, corpus.memories(np.arange(len(corpus.slots)))
    index = {memory.id: i for i, memory in enumerate(told) if memory is not None}
    centre = manager.encoder.view(slots).centre
    script, keys = slots.cjk.astype(int), slots.key_rows(slots.starts).astype(np.float64)
    means = np.stack([keys[script == each].mean(axis=0) if (script == each).any() else keys[0] for each in (0, 1)])
    reads = np.zeros(len(slots), dtype=np.int64)
    for query, _ in store.questions[::2]:
        cosine = centred_cosines(slots, centre, manager.encoder.question(query), is_cjk(query))
        reads[np.argsort(-cosine, kind="stable")[: RecallSettings().top_k]] += 1
    happened = np.where(np.isnan(slots.occurred), np.nanmax(np.append(slots.occurred, 0)), slots.occurred)
    return WriteLesson(
        data,
        keys - means[script],
        added(slots.length),
        slots.session >= 0,
        slots.superseded.astype(float),
        (happened.max() - happened) / DAY,
        np.log1p(reads),
        [sorted(index[id] for id in gold if id in index) for _, gold in store.questions],
        surprise_of(keys - means[script], slots.session),
    )


def surprise_of(keys: np.ndarray, session: np.ndarray, kept: float = 0.6, momentum: float = 0.7) -> np.ndarray:
    """(N, 3) see `WriteLesson.surprise`.

    Args:
        keys: (N, dim) centred.
        session: (N,) equal numbers mean the same session.
        kept: what is left at each step of what the session told.
        momentum: what is left of the surprise before.
    """
    unit = keys / (np.linalg.norm(keys, axis=1, keepdims=True) + 1e-6)
    found = np.zeros((len(keys), 3))
    trace, moved = np.zeros(keys.shape[1]), 0.0
    for i, key in enumerate(unit):
        if i and session[i] != session[i - 1]:
            trace, moved = np.zeros_like(trace), 0.0
        predicted = float(key @ trace / (np.linalg.norm(trace) + 1e-6))
        moved = momentum * moved + (1 - momentum) * (1 - predicted)
        found[i] = float((unit[:i] @ key).max()) if i else 0.0, 1 - predicted, moved
        trace = kept * trace + (1 - kept) * key
    return found
