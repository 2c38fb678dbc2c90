"""What each verb costs in memories of any size, which should be the same.

    python -m bench.verb_costs [--sizes 1000,10000,100000] [--homes DIR] [--rounds 7] [--only WORD] [--json]

CPU milliseconds of one process that has answered three questions, medians of the rounds after one that is not counted,
and the ratio of the last size to the first. Memories are made up and their keys cost nothing
(`bench.generated_memories`), no reader: only the memory is measured. With --homes copies of what `bench.scale --homes`
left are used; they have a session every 20 memories. Each gets the same few that filters and places are asked of: 24
with a tag, a key, trust `person`, kind `decision` and a time, eight of them rewritten and four erased; so an answer is
as long in every size. What took more than a second is called twice in all. One BLAS thread.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.generated_memories import drawn_note, fill_with_drawn, keys_of, opened_for_writing
from ntm_memory import NTMMemoryManager
from ntm_memory.commands import _HANDLERS

MARKED = 24
THEN = "2026-03-0{}T12:00:00Z"
SESSION = "marked"
SLOW = 1_000.0
Verbs = dict[str, Callable[[int], object]]
Opened = Callable[[], NTMMemoryManager]
"""Opens the same memory once more."""


def marked(manager: NTMMemoryManager) -> list[str]:
    """Tell the memories that are the same in every size; their ids."""
    fields = {"tags": ["marked"], "trust": "person", "kind": "decision", "session": SESSION}
    texts = [f"{drawn_note(-7 + i % 7)} marked {i}" for i in range(MARKED)]
    ids = [
        manager.memorize(text, key=f"mark-{i}", occurred_at=THEN.format(1 + i % 8), **fields).memory.id
        for i, text in enumerate(texts)
    ]
    for i in range(8):
        manager.update(ids[i], content=f"{drawn_note(900 + i)} marked anew {i}")
    for i in range(8, 12):
        manager.erase(ids[i])
    return ids


def verbs_of(manager: NTMMemoryManager, opened: Opened, ids: list[str], size: int) -> Verbs:
    """Every verb by a name, each called with the number of its round."""

    def ask(command: str, **arguments: Any) -> Any:
        return _HANDLERS[command](manager, arguments, None)

    fresh = [each.id for each in manager.store.get_many(range(size // 2, size // 2 + 64))]
    asked = drawn_note(3)[:40]
    rare: Verbs = {
        "purge": lambda i: ask("erase", ids_or_key=[fresh[32 + i]], purge=True, yes=True),
        "memorize into a full memory (evict)": lambda i: _evicting(manager, _note(i, 5)),
    }
    told = {**_writing(ask, fresh, ids, asked), **_reading(ask, ids, asked), **_listing(ask, ids)}
    return {**told, **rare, **_opening(opened)}


def _note(i: int, of: int) -> str:
    return drawn_note((of + 2) * 10_000_000 + i)


def _writing(ask: Callable[..., Any], fresh: list[str], ids: list[str], asked: str) -> Verbs:
    return {
        "memorize": lambda i: ask("memorize", content=_note(i, 0), session="now"),
        "a turn kept by hooks": lambda i: ask(
            "memorize", content=_note(i, 1), kind="episode", trust="tool", session="now"
        ),
        "memorize, then recall": lambda i: (ask("memorize", content=_note(i, 8)), ask("recall", query=asked)),
        "memorize with tags and key": lambda i: ask("memorize", content=_note(i, 2), tags=["a", "b"], key=f"k{i}"),
        "update": lambda i: ask("update", id_or_key=fresh[i], content=_note(i, 3)),
        "update, then recall": lambda i: (
            ask("update", id_or_key=fresh[16 + i], content=_note(i, 4)), ask("recall", query=asked)
        ),
        "erase": lambda i: ask("erase", ids_or_key=[fresh[32 + i]]),
        "weaken": lambda i: ask("erase", ids_or_key=[fresh[48 + i]], strength=0.5),
        "erase --restore": lambda i: ask("erase", ids_or_key=[fresh[32 + i]], restore=True),
        "erase --restore KEY": lambda i: ask("erase", ids_or_key=[f"mark-{8 + i % 4}"], restore=True, dry_run=True),
        "erase --dry-run": lambda i: ask("erase", ids_or_key=[ids[0]], dry_run=True),
        "erase --restore --query": lambda i: ask(
            "erase", ids_or_key=[], query=drawn_note(900), restore=True, dry_run=True, yes=True
        ),
    }  # fmt: skip


def _reading(ask: Callable[..., Any], ids: list[str], asked: str) -> Verbs:
    return {
        "recall": lambda i: ask("recall", query=asked),
        "recall --tag": lambda i: ask("recall", query=asked, tags=["marked"]),
        "recall --min-trust person": lambda i: ask("recall", query=asked, min_trust="person"),
        "recall --on": lambda i: ask("recall", query=asked, on="2026-03-02"),
        "recall --session": lambda i: ask("recall", query=asked, session="talk"),
        "recall --as-of": lambda i: ask("recall", query=asked, as_of="2100-01-01"),
        "recall --from": lambda i: ask("recall", anchor=ids[13], shift=1),
        "recall --around": lambda i: ask("recall", anchor=ids[13], around=2),
        "reason": lambda i: ask("reason", query=asked, hops=3),
        "feedback": lambda i: ask("feedback", query=asked, used=[ids[13]]),
    }


def _listing(ask: Callable[..., Any], ids: list[str]) -> Verbs:
    told = next(iter(ask("list", limit=1)["memories"]))
    third = ask("list", cursor=ask("list")["next"])["next"]
    return {
        "list": lambda i: ask("list"),
        "list, page 3": lambda i: ask("list", cursor=third),
        "list --sort importance": lambda i: ask("list", sort="importance"),
        "list --sort happened": lambda i: ask("list", sort="happened"),
        "list --tag": lambda i: ask("list", tags=["marked"]),
        "list --kind": lambda i: ask("list", kind="decision"),
        "list --session": lambda i: ask("list", session=SESSION),
        "list --about": lambda i: ask("list", about="marked"),
        "list --on": lambda i: ask("list", on="2026-03-02"),
        "list --around": lambda i: ask("list", around=[ids[13], 2]),
        "overview (a session starts)": lambda i: ask("overview", namespaces=["default"], limit=30),
        "status": lambda i: ask("status"),
        "status --namespaces": lambda i: ask("status", namespaces=True),
        "status --history": lambda i: ask("status", history=ids[0]),
        "status --history of no such key": lambda i: _refused(ask, "status", history="no-such-key"),
        "status --audit": lambda i: ask("status", audit=10),
        "retracted": lambda i: ask("retracted", texts=[told["content"]], namespaces=["default"]),
    }


def _opening(opened: Opened) -> Verbs:
    return {
        "open, status, close": lambda i: _beside(opened, lambda other: other.status(namespaces=True)),
        "open, memorize, close": lambda i: _beside(opened, lambda other: other.memorize(_note(i, 6))),
        "open, list, close": lambda i: _beside(opened, lambda other: other.memories()),
        "open, a turn, close": lambda i: _beside(
            opened, lambda other: other.memorize(_note(i, 7), kind="episode", trust="tool", session="now")
        ),
    }


def _refused(ask: Callable[..., object], command: str, **arguments: Any) -> None:
    try:
        ask(command, **arguments)
    except Exception:  # noqa: BLE001 - that it is refused is what is timed
        return


def _evicting(manager: NTMMemoryManager, text: str) -> None:
    from dataclasses import replace

    from ntm_memory.operations.room import make_room

    full = replace(manager.settings, memory_size=2, capacity=replace(manager.settings.capacity, when_full="evict"))
    make_room(manager.store, full, time.time(), "default")
    manager.memorize(text)


def _beside(opened: Opened, act: Callable[[NTMMemoryManager], object]) -> None:
    with opened() as other:
        act(other)


def measure_verbs(size: int, home: Path, rounds: int, only: str, *, allocated: bool) -> dict[str, tuple[float, float]]:
    """Of each verb the median CPU milliseconds, and the most kilobytes that one call allocated in Python and NumPy."""
    figures = {}
    opened = partial(opened_for_writing, home, keys_of(home))
    with opened() as manager:
        ids = marked(manager)
        verbs = verbs_of(manager, opened, ids, size)
        _cost(verbs["recall"], 2)  # what a process makes once
        for name, verb in verbs.items():
            if any(each in name for each in only.split("|")):
                figures[name] = (_cost(verb, rounds), _allocated(verb, rounds + 1) if allocated else 0.0)
                print(f"{size:,} {name}: {figures[name][0]:.2f} ms", file=sys.stderr, flush=True)
    return figures


def _cost(verb: Callable[[int], object], rounds: int) -> float:
    took = []
    for number in range(rounds + 1):
        start = time.process_time()
        verb(number)
        took.append(1e3 * (time.process_time() - start))
        if number and took[-1] > SLOW:  # once more would tell nothing new
            break
    return statistics.median(took[1:] or took)


def _allocated(verb: Callable[[int], object], number: int) -> float:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    verb(number)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (most - before) / 1e3


def homes_of(sizes: list[int], kept: Path | None, folder: Path) -> Iterator[tuple[int, Path]]:
    """(size, a home of so many memories that may be written to)."""
    for size in sizes:
        home = folder / str(size)
        if kept is not None:
            shutil.copytree(kept / str(size), home)
        else:
            with opened_for_writing(home) as manager:
                fill_with_drawn(manager, size)
        yield size, home
        shutil.rmtree(home)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--homes", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="verbs whose name has one of these, e.g. list|status")
    parser.add_argument("--allocated", action="store_true", help="what a call allocates, too: that takes long")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found: dict[int, dict[str, tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size, home in homes_of([int(size) for size in args.sizes.split(",")], args.homes, Path(folder)):
            found[size] = measure_verbs(size, home, args.rounds, args.only, allocated=args.allocated)
    if args.json:
        print(json.dumps(found))
        return
    first, *_, last = found.values() if len(found) > 1 else [*found.values()] * 2
    print("| verb | " + " | ".join(f"{size:,}" for size in found) + " | ratio | KB allocated, the last |")
    print("|---" * (len(found) + 3) + "|")
    for name in last:
        costs = " | ".join(f"{each[name][0]:.2f}" for each in found.values())
        print(f"| {name} | {costs} | {last[name][0] / max(first[name][0], 0.01):.2f} | {last[name][1]:,.0f} |")


if __name__ == "__main__":
    main()
