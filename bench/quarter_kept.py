"""What is still found when most memories had to go: a share of a full memory is kept by several rules, and asked.

    python -m bench.quarter_kept --data DIR [--filler DIR …] [--share 0.25] [--home DIR] [--limit N] [--json]

Every conversation of DIR becomes a namespace, between its turns as many memories of the fillers as it has turns. Each
rule archives all but a share; then the questions are put to what is left. Once nothing was asked before, once every
other question was (its reads count) and the rest is put. Rules take memories to be told one by one in 180 days. Printed
is each rule's recall@10 by the first look, and its share of what is found while all are there. --home keeps what was
embedded.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.dataset import FILES, KEEP_ALL, RememberingEmbedder, fixed_clock, named, opened_copy, rows, telling
from bench.grading import grade
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import Embedder, load_embedder
from ntm_memory.operations.room import usage, why_kept
from ntm_memory.recall.corpus import Corpus
from ntm_memory.store.records import SLOT_COLUMNS, MemoryMatrix

ASKED = {"recall": {"confidence_floor": 0.0, "top_k": 10, "max_chars": 1_000_000, "reader": "off"}}
DAYS = 180.0
"""In which a namespace is told."""
DECAY = 0.95
"""γ of least-recently-used access: what is left of a slot's usage at each further write (Santoro et al. 2016)."""


class Filled(NamedTuple):
    """A namespace of turns and fillers.

    Args:
        space: its name.
        stored: id of the store → id of the data set; fillers are not in it.
        questions: about the turns.
    """

    space: str
    stored: dict[str, str]
    questions: list[dict]


class Kept(NamedTuple):
    """Memories that a rule chooses among.

    Args:
        slots: all of them, as if told one by one.
        worth: (N,) how many questions need each, each question counting 1.
    """

    slots: MemoryMatrix
    worth: np.ndarray


RULES: dict[str, Callable[[Kept], np.ndarray]] = {
    "random": lambda kept: np.random.default_rng(0).random(len(kept.slots)),
    "newest": lambda kept: np.arange(len(kept.slots), dtype=float),
    "least recently used": lambda kept: kept.slots.reads + DECAY ** np.arange(len(kept.slots), dtype=float)[::-1],
    "age, importance, reads": lambda kept: usage(kept.slots, fixed_clock()),
    "as evict does": lambda kept: np.prod(list(why_kept(kept.slots, fixed_clock()).values()), axis=0),
    "longest": lambda kept: kept.slots.length.astype(float),
    "knows the questions": lambda kept: kept.worth,
}


def fill_namespaces(data: Path, fillers: Sequence[Path], manager: NTMMemoryManager, limit: int | None) -> list[Filled]:
    """Conversations with as many memories of others between their turns."""
    questions, turns = (rows(data / file) for file in FILES)
    others = [record for filler in fillers for record in _tellings(rows(filler / FILES[1]), named(filler))]
    filled, used = [], 0
    for conv in list(dict.fromkeys(question["conv"] for question in questions))[:limit]:
        own = [turn for turn in turns if turn["conv"] == conv]
        space = f"{named(data)} and others/{conv}" if others else f"{named(data)}/{conv}"
        records = [(record, turn["id"]) for record, turn in zip(_tellings(own, ""), own, strict=True)]
        beside = [(record, None) for record in others[used : used + len(own)]]
        if others and len(beside) < len(own):
            raise SystemExit(f"the fillers have {len(others)} memories, too few for {space}")
        used += len(beside)
        mixed = _mixed(records, beside)
        ids = manager.memorize_many([record | {"namespace": space} for record, _ in mixed]).ids
        stored = {id: name for id, (_, name) in zip(ids, mixed, strict=True) if id is not None and name is not None}
        filled.append(Filled(space, stored, [each for each in questions if each["conv"] == conv and each["gold"]]))
    return filled


def _tellings(memories: Sequence[dict], name: str) -> list[dict]:
    by: dict[str, list[dict]] = {}
    for memory in memories:
        by.setdefault(memory["conv"], []).append(memory)
    return [telling(memory, by[memory["conv"]], name) for memory in memories]


def _mixed(some: Sequence[tuple], others: Sequence[tuple]) -> list[tuple]:
    """Both in their own order, by chance between each other."""
    turn = [True] * len(some) + [False] * len(others)
    random.Random(0).shuffle(turn)
    both = {True: iter(some), False: iter(others)}
    return [next(both[each]) for each in turn]


def recall_when_kept(
    home: Path, embedder: Embedder, filled: Sequence[Filled], share: float, *, before: bool
) -> dict[str, float]:
    """{rule: recall@10} of what is kept; "all": of everything.

    Args:
        home: where the memories are; it stays as it is.
        embedder: of the questions.
        filled: the namespaces.
        share: of the memories that each rule keeps.
        before: whether every other question is asked before; then the others are measured.
    """
    found = {}
    for rule in ("all", *RULES):
        with opened_copy(home, KEEP_ALL | ASKED, embedder) as manager:
            grades = []
            for each in filled:
                put = each.questions[1::2] if before else each.questions
                for question in each.questions[::2] if before else ():
                    manager.recall(question["query"], namespace=each.space)
                if rule != "all":
                    archive(manager, each, put, rule, share)
                grades += [_graded(manager, each, question) for question in put]
        found[rule] = float(np.mean(grades))
        print(f"{'after half of the questions' if before else 'unasked':28s}{rule:24s}{found[rule]:.3f}", flush=True)
    return found


def archive(manager: NTMMemoryManager, filled: Filled, asked: Sequence[dict], rule: str, share: float) -> None:
    """Take out of a namespace all but what a rule keeps; of equals the newest stay."""
    slots = (corpus := Corpus(manager.store, filled.space)).slots
    ids = [memory.id for memory in corpus.memories(np.arange(len(slots))) if memory is not None]
    worth = np.zeros(len(slots))
    place = {filled.stored[id]: i for i, id in enumerate(ids) if id in filled.stored}
    for question in asked:
        for name in question["gold"]:
            worth[place[name]] += 1 / len(question["gold"])
    score = RULES[rule](Kept(told_in_order(slots), worth))
    leaving = np.lexsort((np.arange(len(slots)), score))[: len(slots) - int(np.ceil(share * len(slots)))]
    with manager.store.transaction():
        for i in leaving.tolist():
            manager.store.archive(ids[i])


def told_in_order(slots: MemoryMatrix) -> MemoryMatrix:
    """The same, each written as long after the one before as they fill `DAYS` days; the last one now."""
    columns = {name: getattr(slots, name) for name in (*SLOT_COLUMNS, "keys", "owner", "reads")}
    days = np.linspace(DAYS, 0, len(slots))
    return MemoryMatrix(**columns | {"created": fixed_clock() - 86_400 * days})


def _graded(manager: NTMMemoryManager, filled: Filled, question: dict) -> float:
    found = manager.recall(question["query"], namespace=filled.space).memories
    return grade([filled.stored.get(each.id, each.id) for each in found], question["gold"])["recall@10"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--filler", type=Path, nargs="*", default=[])
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--home", type=Path, help="keep and reuse this data folder")
    parser.add_argument("--limit", type=int, help="only the first so many conversations")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = args.home or Path(temporary)
        embedder = RememberingEmbedder(load_embedder({}, cache_dir=home))
        with NTMMemoryManager(home, config=KEEP_ALL, embedder=embedder, clock=fixed_clock) as manager:
            filled = fill_namespaces(args.data.resolve(), [each.resolve() for each in args.filler], manager, args.limit)
        figures = {
            name: recall_when_kept(home, embedder, filled, args.share, before=before)
            for name, before in (("unasked", False), ("asked", True))
        }
    if args.json:
        print(json.dumps(figures))
        return
    for name, found in figures.items():
        for rule, value in found.items():
            print(f"{name:8s} {rule:24s} recall@10 {value:.3f}  of all {value / found['all']:.3f}")


if __name__ == "__main__":
    main()
