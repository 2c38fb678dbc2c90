"""Follow-up questions of strangers ("and her brother?"): what recall finds of them with and without a session.

    python -m bench.followed_up [FOLDER …]

A folder (default: those of tests/outsiders/follow_ups) is described in tests/outsiders/follow_ups/README.md. Every
store is told to a memory of its own. The questions of a session are asked in their order, once as that session and once
each by itself: what a session gains on follow-ups, and what it costs on questions that have nothing to do with it.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.dataset import KEEP_ALL, rows
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import Embedder, load_embedder

SETS = Path(__file__).parents[1] / "tests" / "outsiders" / "follow_ups"
WAYS = ("in the session", "alone")
FOUND = 5
Turn = Mapping[str, Any]


def ask_sessions(folder: Path, embedder: Embedder) -> Iterator[tuple[str, Turn, list[str]]]:
    """(way, question, ids of the set that are shown) of all questions of a folder, both ways."""
    for told in told_stores(folder, "stores.jsonl", embedder):
        for session in told.sessions:
            for turn, way in itertools.product(session["turns"], WAYS):
                named = {"session": f"asked {session['session']}"} if way == WAYS[0] else {}
                found = told.manager.recall(turn["question"], all=True, **named).memories
                yield way, turn, [told.known.get(each.id, each.id) for each in found]


class ToldStore(NamedTuple):
    """A store of a folder, told to a memory of its own.

    Args:
        name: of the store.
        manager: its memory; open until the next store is asked for.
        known: id of the memory → id of the note.
        sessions: those in which it is asked, as they are told.
    """

    name: str
    manager: NTMMemoryManager
    known: Mapping[str, str]
    sessions: Sequence[Mapping[str, Any]]


def told_stores(folder: Path, notes_file: str, embedder: Embedder) -> Iterator[ToldStore]:
    """The stores of a folder one after another, each with its sessions of sessions.jsonl.

    Args:
        folder: the set.
        notes_file: the name of the file of its notes.
        embedder: it gives them their keys.
    """
    notes, sessions = rows(folder / notes_file), rows(folder / "sessions.jsonl")
    for store in dict.fromkeys(note["store"] for note in notes):
        with (
            tempfile.TemporaryDirectory() as home,
            NTMMemoryManager(home, config=KEEP_ALL, embedder=embedder) as manager,
        ):
            known = _tell(manager, [note for note in notes if note["store"] == store])
            yield ToldStore(store, manager, known, [each for each in sessions if each["store"] == store])


def _tell(manager: NTMMemoryManager, notes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Memorize notes in their order, none refused as the same as another; ours id → theirs."""
    told = [{"content": note["content"], "occurred_at": note["when"], "session": note["session"]} for note in notes]
    ids = manager.memorize_many(told).ids
    return {id: note["id"] for id, note in zip(ids, notes, strict=True) if id is not None}


def measure_follow_ups(folder: Path, embedder: Embedder | None = None) -> dict[str, dict[str, float]]:
    """{kind, way: {questions, right first, in five}} of one folder.

    Args:
        folder: the set.
        embedder: None: the default one.
    """
    grades: dict[str, list[tuple[bool, bool]]] = collections.defaultdict(list)
    for way, turn, shown in ask_sessions(folder, embedder or load_embedder({})):
        gold = set(turn["gold"])
        grades[f"{turn['kind']}, {way}"].append((shown[:1] != [] and shown[0] in gold, bool(gold & set(shown[:FOUND]))))
    named = {name: np.array(each, dtype=float) for name, each in sorted(grades.items())}
    return {
        name: {"questions": len(each), "first": round(each[:, 0].mean(), 3), "in five": round(each[:, 1].mean(), 3)}
        for name, each in named.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", metavar="FOLDER", nargs="*", type=Path)
    for folder in parser.parse_args().folders or sorted(each.parent for each in SETS.glob("*/sessions.jsonl")):
        print(json.dumps({"set": folder.name, **measure_follow_ups(folder)}), flush=True)


if __name__ == "__main__":
    main()
