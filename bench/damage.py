"""What single-bit flips of a memory file cost: every undamaged memory must come out, and nothing untrue be sealed.

    python -m bench.damage [--flips 400] [--memories 150] [--seed 0] [--json]

For each flip one bit of `memory.db`, drawn by the seed, is turned in a copy of the folder. Then status, check, recall,
export, export --salvage and repair run, in this order, as the command line runs them. A memory is called undamaged when
no byte of its own record was touched (which bytes these are is read from the pages before the flip). Told are: flips at
which salvage lost an undamaged memory, texts that came out of anything and were never written, exceptions that are no
error of this package, repairs that left faults or lost an undamaged memory. A pass does not prove what more than one
flip does, nor torn or lost pages.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ntm_memory import NTMMemoryManager, commands
from ntm_memory.errors import NTMMemoryError
from ntm_memory.recovery.pages import Pages

CONFIG = {"embedder": {"backend": "tiny"}, "recall": {"confidence_floor": 0.0}, "store": {"backups": 2}}
COLUMNS, PAGE = 31, 4096
TOPICS = ("tea", "Lisbon", "the invoice", "a bicycle", "the meeting")


def fill_with_notes(home: Path, count: int) -> dict[str, set[str]]:
    """A memory of notes, some of them long, rewritten, linked, erased; returns id → texts that it ever had."""
    with NTMMemoryManager(home, config={**CONFIG, "store": {"backups": 0}}) as memory:
        for number in range(count):
            text = f"note {number} about {TOPICS[number % len(TOPICS)]}" + " and more" * (number % 7 * 60)
            memory.memorize(text, session=f"s{number % 4}", key=f"k{number}" if number % 3 == 0 else None)
        for number in range(0, count, 15):
            memory.memorize(f"note {number} anew", key=f"k{number - number % 3}")
        ids = [each.id for each in memory.store.memories()]
        memory.store_with_reasoning("built on others", builds_on=ids[:2])
        memory.erase(ids[4], strength=0.5)
        memory.erase(ids[5])
        states = ("live", "archived", "erased")
        return {
            each.id: {each.content, *(version.content for version in memory.store.history(each.id))}
            for each in memory.store.memories(states=states)
        }


def places(data: bytes) -> dict[str, list[range]]:
    """Id of each memory → the bytes of the file that its own record stands in."""
    own = {}
    for record in Pages(data).records():
        if record.rowid is not None and len(record.values) == COLUMNS:
            pages = [range(start, start + PAGE) for start in record.overflow]
            own[str(record.values[1])] = [range(record.at, record.at + record.size), *pages]
    return own


def call(found: Counter[str], command: str, home: Path, **arguments: Any) -> dict[str, Any]:
    """What a command answers; its error where it is one of ours; anything else is counted."""
    try:
        return commands.run({"command": command, "home": home, "config": CONFIG, **arguments}, later=[])
    except NTMMemoryError as error:
        return {"error": error.code}
    except Exception as error:  # noqa: BLE001 - that there is none is what is measured
        found["uncaught"] += 1
        found[f"uncaught in {command}: {type(error).__name__}: {error}"[:160]] += 1
        return {"error": "bug"}


def exported(file: Path) -> dict[str, set[str]]:
    """Id → texts of an export; none where there is no file."""
    if not file.exists():
        return {}
    memories = json.loads(file.read_text(encoding="utf-8"))["memories"]
    return {m["id"]: {m["content"], *(version["content"] for version in m["history"])} for m in memories}


def try_one(
    home: Path, data: bytes, at: int, bit: int, truth: dict[str, set[str]], own: dict[str, list[range]]
) -> Counter[str]:
    """Everything that is called on one flip, counted."""
    found: Counter[str] = Counter()
    damaged = bytearray(data)
    damaged[at] ^= 1 << bit
    (home / "memory.db").write_bytes(damaged)
    undamaged = {id for id in truth if not any(at in span for span in own[id])}
    out = home / "out"
    out.mkdir()
    call(found, "status", home)
    call(found, "status", home, check=True)
    recalled = call(found, "recall", home, query="note about tea", top_k=200)
    untrue = [
        m for m in recalled.get("memories", ()) if not m["truncated"] and m["content"] not in truth.get(m["id"], ())
    ]
    call(found, "export", home, path=out / "plain.json")
    call(found, "export", home, path=out / "salvaged.json", salvage=True)
    plain, salvaged = exported(out / "plain.json"), exported(out / "salvaged.json")
    found["salvage lost an undamaged memory"] += bool(undamaged - set(salvaged))
    found["salvage lost undamaged memories, in all"] += len(undamaged - set(salvaged))
    repaired = call(found, "status", home, repair=True)
    after = call(found, "status", home)
    found["repair refused"] += "error" in repaired
    if "error" not in repaired:
        found["repair left faults"] += after.get("integrity") != "ok"
        call(found, "export", home, path=out / "after.json")
        kept = exported(out / "after.json")
        found["repair lost an undamaged memory"] += bool(undamaged - set(kept))
        found["texts sealed that were not vouched for"] += sum(
            bool(texts - truth.get(id, set())) for id, texts in kept.items()
        )
    came_out = [*plain.items(), *salvaged.items()]
    found["untrue texts"] += len(untrue) + sum(bool(texts - truth.get(id, set())) for id, texts in came_out)
    found["flips of a memory's own bytes"] += len(undamaged) < len(truth)
    return found


def measure_damage(
    flips: int, memories: int, seed: int, progress: Callable[[int, Counter[str]], None] | None = None
) -> dict[str, Any]:
    """All flips, counted; `progress` is told of each."""
    os.environ["NTM_MEMORY_TESTING"] = "1"
    chance, total = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        truth = fill_with_notes(Path(folder) / "home", memories)
        data = (Path(folder) / "home" / "memory.db").read_bytes()
        own = places(data)
        assert set(own) == set(truth), "the pages hold other memories than the store"
        for number in range(flips):
            home = Path(folder) / f"flip{number}"
            home.mkdir()
            total.update(try_one(home, data, chance.randrange(len(data)), chance.randrange(8), truth, own))
            shutil.rmtree(home)
            if progress is not None:
                progress(number + 1, total)
    return {"flips": flips, "memories": len(truth), "bytes": len(data), "seed": seed, **dict(total)}


def show(done: int, total: Counter[str]) -> None:
    print(done, json.dumps(total), file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flips", type=int, default=400)
    parser.add_argument("--memories", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--progress", action="store_true", help="a line on stderr for each flip")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    figures = measure_damage(args.flips, args.memories, args.seed, show if args.progress else None)
    print(json.dumps(figures) if args.json else "\n".join(f"{value:>8} {name}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
