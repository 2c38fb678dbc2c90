"""What a new process pays for the matrix of a memory that is there, and what it costs to keep its file up to date.

    python -m bench.opening HOME… [--rows 6000] [--told 300] [--json]

HOMEs are those that `python -m bench.scale --homes DIR` leaves; each is copied first. In a process of its own: CPU and
wall milliseconds until the matrix is there, until so many of its key rows, drawn, were read, and what 1,500 of them
cost from `memory.db` instead; resident memory beyond that of the imports, and how much of it is mapped files. Then so
many memories are told and the store is closed, twice: as it is (a large file gets only what is new), and with the file
removed, so that all of it is made from the database.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.scale import resident
from ntm_memory.paths import on_disk
from ntm_memory.store import open_store
from ntm_memory.store.records import Encoding, MemoryInput

FILE = "matrix.bin"


def took(run: Callable[[], object]) -> tuple[object, dict[str, float]]:
    """(what it returns, {CPU and wall milliseconds})."""
    cpu, wall = time.process_time(), time.perf_counter()
    done = run()
    told = {"cpu": 1e3 * (time.process_time() - cpu), "wall": 1e3 * (time.perf_counter() - wall)}
    return done, {name: round(value, 1) for name, value in told.items()}


def look_at_keys(home: Path, rows: int) -> dict[str, object]:
    """Open a home in this process, and read some keys."""
    before = resident()["resident"]
    store = open_store(home / "memory.db")
    slots, matrix = took(lambda: store.memory_matrix("default"))
    drawn = np.sort(np.random.default_rng(0).integers(0, len(slots.owner), rows))
    _, keys = took(lambda: slots.key_rows(drawn))
    after = resident()
    sql, few = store._engine.sql, slots.address[slots.owner[drawn[:: rows // 1500 or 1]]].tolist()
    query = "SELECT keys FROM memories WHERE address = ?"
    _, blobs = took(lambda: [sql.execute(query, (address,)).fetchone() for address in few])
    own = after["resident"] - after["of files"]
    store.close()
    told = {"resident": after["resident"] - before, "of files": after["of files"], "own": own, "peak": after["peak"]}
    times = {"matrix_ms": matrix, "keys_ms": keys, "1500 from memory.db_ms": blobs}
    return {**times, "mb": {name: round(value) for name, value in told.items()}}


def tell_and_close(home: Path, count: int) -> dict[str, object]:
    """Tell so many memories in this process, and close."""
    store, rng = open_store(home / "memory.db"), np.random.default_rng(time.time_ns())
    keys = rng.normal(size=(count, store.dim or 1)).astype(np.float32)
    keys /= np.linalg.norm(keys, axis=1, keepdims=True)
    with store.transaction():
        for number, key in enumerate(keys):
            store.add(
                MemoryInput(f"one more note {number} {time.time_ns()}"), Encoding(key[None], ("note",), cjk=False)
            )
    _, closing = took(store.close)
    return {"close_ms": closing, "file_mb": round(on_disk(home / FILE) / 1e6, 1), "peak_mb": round(resident()["peak"])}


def measure_opening(home: Path, rows: int, told: int) -> dict[str, object]:
    """All of one home, each step in a process of its own."""
    with tempfile.TemporaryDirectory(dir=home.parent) as folder:
        copy = Path(shutil.copytree(home, Path(folder) / "home"))
        _apart("tell", copy, told)  # a copied file is read whole once, and noted
        figures = {"look": _apart("look", copy, rows), "written behind": _apart("tell", copy, told)}
        (copy / FILE).unlink()
        return figures | {"made anew": _apart("tell", copy, told)}


def _apart(what: str, home: Path, count: int) -> dict[str, object]:
    command = [sys.executable, "-m", "bench.opening", "--one", what, str(home), "--rows", str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, object] = json.loads(done.stdout)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("homes", nargs="*", type=Path)
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--told", type=int, default=300)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    if told.one:
        what, home = told.one
        print(json.dumps({"look": look_at_keys, "tell": tell_and_close}[what](Path(home), told.rows)))
        return
    for home in told.homes:
        figures = measure_opening(home, told.rows, told.told)
        print(json.dumps({home.name: figures}) if told.json else f"{home.name}\n" + _lines(figures), flush=True)


def _lines(figures: dict[str, object]) -> str:
    return "\n".join(f"  {name:16s} {told}" for name, told in figures.items())


if __name__ == "__main__":
    main()
