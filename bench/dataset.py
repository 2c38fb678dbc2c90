"""Data sets for measuring recall, memorized into a home: a folder of memories and queries, or one file of both."""

from __future__ import annotations

import collections
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dateparser
import numpy as np

from bench.held_stores import is_held
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import Embedder

FILES = ("queries.jsonl", "memories.jsonl")
STORES = "stores.jsonl"
"""The one file of a folder of stores: notes, and what each store is asked."""
SPLITS = ("dev", "test", "train", "kept")
"""Folders that are parts of a data set: it is called as the folder above."""
ASKED_AT = 1_790_000_000.0
"""Unix seconds: when everything is measured, so that two runs of one revision see the same ages."""


KEEP_ALL = {"privacy": {"on_secret": "allow"}}
"""Texts of data sets are memorized as they are: what is measured or learned is not what was left out of them."""


@dataclass(frozen=True)
class Dataset:
    """Memories and questions as the files have them, by conversation, and where each memory is stored."""

    name: str
    memories: Mapping[str, list[dict]]
    questions: list[dict]
    stored: Mapping[str, Mapping[str, str]]  # conversation → id of the store → id of the data set
    share: float = 1.0  # what its questions count in a fit, beside those of other data sets

    def conversations(self) -> list[str]:
        """Those that are asked about, in order."""
        return list(dict.fromkeys(question["conv"] for question in self.questions))


class RememberingEmbedder:
    """An embedder that encodes no question twice: the variants of one run share the question keys."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, np.ndarray] = {}

    def __getattr__(self, name: str) -> object:
        return getattr(self._embedder, name)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        for text in texts:
            if text not in self._known:
                self._known[text] = self._embedder.encode_queries([text])[0]
        return np.stack([self._known[text] for text in texts])


def memorize(data: Path, manager: NTMMemoryManager, limit: int | None = None) -> Dataset:
    """Memorize each conversation as a namespace, speaker, session and time kept; what is stored already stays.

    Args:
        data: folder of the data set or of stores, a probe file of facts, or notes.jsonl beside this file.
        manager: where to.
        limit: only the first so many conversations that are asked about.
    """
    questions, told_of = _read(data)
    name = named(data)
    asked = list(dict.fromkeys(question["conv"] for question in questions))[:limit]
    memories = collections.defaultdict(list)
    for memory in told_of:
        if memory["conv"] in set(asked):
            memories[memory["conv"]].append(memory)
    stored = {}
    for conversation in asked:
        told = [telling(memory, memories[conversation], name) for memory in memories[conversation]]
        ids = manager.memorize_many(told).ids
        pairs = zip(ids, memories[conversation], strict=True)
        stored[conversation] = {id: memory["id"] for id, memory in pairs if id is not None}
    kept = [question for question in questions if question["conv"] in stored]
    return Dataset(name, memories, kept, stored)


def _read(data: Path) -> tuple[list[dict], list[dict]]:
    """(questions, memories) of a data set."""
    if data.is_file():
        return in_file(data)
    if (data / STORES).is_file():
        return in_stores(rows(data / STORES))
    questions, memories = (rows(data / file) for file in FILES)
    return questions, memories


def in_stores(stores: list[dict]) -> tuple[list[dict], list[dict]]:
    """(questions that have an answer, notes in the order of their dates) of stores that are not held back."""
    asked, told = [], []
    for store in stores:
        name = store["store"]
        if not is_held(name):
            notes = sorted(store["notes"], key=lambda note: note["when"] or "")
            told += [
                {"id": f"{name} {note['id']}", "conv": name, "session": None, "time": note["when"], "speaker": ""}
                | {"text": note["content"]}
                for note in notes
            ]
            asked += [
                {"conv": name, "category": question["kind"], "query": question["query"]}
                | {"gold": [f"{name} {id}" for id in question["gold"]]}
                for question in store["questions"]
                if question["gold"]
            ]
    return [{"qid": f"q{i}"} | question for i, question in enumerate(asked)], told


def named(data: Path) -> str:
    """What a data set is called: its file up to the first dot, its folder, or the folder above a split.

    A file of JSON is called by all of its name: there is one for each language.
    """
    if data.suffix == ".json":
        return data.stem.replace(".", "_")
    if data.is_file():
        return data.name.split(".")[0]
    return data.parent.name if data.name in SPLITS else data.name


def fixed_clock() -> float:
    """It is always the same moment."""
    return ASKED_AT


@contextmanager
def opened_copy(home: Path, config: Mapping[str, Any], embedder: Embedder) -> Iterator[NTMMemoryManager]:
    """A manager over a copy of a data folder: what one run reads is not in use when the next one asks."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "home"
        shutil.copytree(home, copy)
        with NTMMemoryManager(copy, config=config, embedder=embedder, clock=fixed_clock) as manager:
            yield manager


def is_train(qid: str) -> bool:
    """Whether a question about a pool of paragraphs is of the half that is learned from."""
    return hashlib.sha256(qid.encode()).digest()[-1] % 2 == 0


def in_file(file: Path) -> tuple[list[dict], list[dict]]:
    """(questions, memories) of notes with what each is asked, or of a probe file of facts."""
    lines, name = rows(file), file.name.split(".")[0]
    return probe(lines, name) if "op" in lines[0] else notes(lines)


def notes(lines: list[dict]) -> tuple[list[dict], list[dict]]:
    """(questions, memories) of notes in which somebody keeps what matters to them."""
    told = [line | {"id": f"{line['conv']}{i}", "session": None, "speaker": ""} for i, line in enumerate(lines)]
    asked = [
        {"conv": note["conv"], "category": note["conv"], "query": query, "gold": [note["id"]]}
        for note in told
        for query in note["ask"]
    ]
    return [{"qid": f"q{i}"} | question for i, question in enumerate(asked)], told


def probe(lines: list[dict], name: str) -> tuple[list[dict], list[dict]]:
    """(questions, memories) of facts as they are before anything is revised or erased."""
    facts = [line | {"conv": name, "session": None, "speaker": ""} for line in lines if line["op"] == "add"]
    before = [line for line in lines if line["op"] == "query" and line["kind"].startswith("before") and line["gold"]]
    return [{"conv": name, "category": line["kind"]} | line for line in before], facts


def telling(memory: dict, conversation: list[dict], name: str) -> dict:
    """A record as `memorize_many` takes it; in a talk of two the speaker stands before the text."""
    talk = len({other["speaker"] for other in conversation}) == 2
    return {
        "content": f"{memory['speaker']}: {memory['text']}" if talk else memory["text"],
        "namespace": f"{name}/{memory['conv']}",
        "session": None if memory["session"] is None else str(memory["session"]),
        "source": str(memory["id"]),
        "occurred_at": moment(memory["time"]),
    }


def moment(told: object) -> str | None:
    """A data set's time as ISO 8601; None for a mere running number."""
    if not isinstance(told, str):
        return None
    text = re.sub(r"周[一二三四五六日]|星期[一二三四五六日]| on ", " ", told)
    found = dateparser.parse(text, languages=["zh" if "年" in text else "en"])
    return None if found is None else found.replace(tzinfo=None).isoformat(timespec="seconds")


def rows(file: Path) -> list[dict]:
    """The objects of a JSON lines file."""
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]
