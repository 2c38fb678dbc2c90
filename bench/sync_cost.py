"""What syncing costs: the first time, when nothing changed, and after few changes.

    python -m bench.sync_cost --memories 5000

The embedder is the tiny one: what is measured is all but embedding. A text that is new to a
device is embedded there.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.faults.home import open_home

_CHANGED, _ROUNDS = 10, 5


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser("python -m bench.sync_cost", description=__doc__)
    parser.add_argument("--memories", type=int, default=5000)
    print(json.dumps(sync_costs(parser.parse_args().memories)))


def sync_costs(memories: int) -> dict[str, Any]:
    """CPU seconds, and sizes in bytes a memory, of two devices.

    Args:
        memories: how many the first one has.
    """
    with tempfile.TemporaryDirectory(prefix="ntm-sync-cost-") as name:
        folder = Path(name) / "shared"
        folder.mkdir()
        config = {"sync": {"folder": str(folder)}}
        with open_home(Path(name) / "one", config) as one, open_home(Path(name) / "other", config) as other:
            texts = ({"content": f"note {number} tells of {number * 7919 % 997}"} for number in range(memories))
            one.memorize_many(texts)
            told: dict[str, Any] = {
                "memories": memories,
                "first, told": _spent(one.sync),
                "first, taken in": _spent(other.sync),
            }
            one.sync()
            told["nothing changed"] = min(_spent(one.sync) for _ in range(_ROUNDS))
            few = []
            for turn in range(_ROUNDS):
                for number in range(_CHANGED):
                    one.memorize(f"another note, {turn} {number}")
                few.append((_spent(one.sync), _spent(other.sync)))
            told[f"{_CHANGED} new, told"], told[f"{_CHANGED} new, taken in"] = map(min, zip(*few, strict=True))
            sizes = {"log": sum(file.stat().st_size for file in folder.iterdir())}
            sizes |= {each: (Path(name) / "one" / each).stat().st_size for each in ("sync.db", "memory.db")}
            told["bytes a memory"] = {each: round(size / one.store.count()) for each, size in sizes.items()}
            return told


def _spent(act: Callable[[], object]) -> float:
    begun = time.process_time()
    act()
    return round(time.process_time() - begun, 4)


if __name__ == "__main__":
    main()
