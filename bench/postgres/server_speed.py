"""What a memory on a server costs beside one in a file: the same made-up memories in both, medians in one run."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from ntm_memory.postgres import open_server_store, transfer
from ntm_memory.store import open_store
from ntm_memory.store.records import Encoding, MemoryInput

from .own_server import own_server

_DIM = 384
_WORDS = 30_000
_LENGTH = 12
_AT_ONCE = 5_000
_TENTH = "a tenth"
"""Every tenth memory is of this namespace, as many of the whole as a filter would leave."""


def run_speed(memories: int, rounds: int, seed: int) -> dict[str, Any]:
    """Figures of both, in milliseconds where nothing else is said.

    Args:
        memories: how many; one in ten is of a namespace of its own.
        rounds: of which the median and the 95th percentile are taken.
        seed: of words and keys.
    """
    with tempfile.TemporaryDirectory() as folder, own_server() as server:
        here, there = Path(folder) / "file", Path(folder) / "server"
        here.mkdir()
        there.mkdir()
        answer: dict[str, Any] = {"memories": memories}
        with closing(open_store(here / "memory.db")) as store:
            answer["filling_s"] = _fill(store, memories, seed)
            began = time.perf_counter()
            with transfer.locked(store), store.snapshot():
                read = transfer.reader_of(store)
                sent = transfer.what_it_holds(read)
                url, last = server.url("speed"), transfer.last_row(store)
                transfer.fill_server(url, there, read, last, 60.0, sent)
            answer["moving_s"] = round(time.perf_counter() - began, 1)
        server.sql("VACUUM ANALYZE")
        for name, opened in (
            ("file", lambda: open_store(here / "memory.db")),
            ("server", lambda: open_server_store(url, there)),
        ):
            answer[name] = _figures(opened, rounds, seed)
        answer["peak_resident_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return answer


def _fill(store: Any, memories: int, seed: int) -> float:
    chosen = np.random.default_rng(seed)
    began = time.perf_counter()
    store.set_embedder({"name": "speed", "revision": "1", "dim": _DIM})
    for start in range(0, memories, _AT_ONCE):
        with store.transaction():
            for number in range(start, min(memories, start + _AT_ONCE)):
                space = _TENTH if number % 10 == 0 else "default"
                store.add(*_telling(chosen, space))
    return round(time.perf_counter() - began, 1)


def _telling(chosen: np.random.Generator, space: str) -> tuple[MemoryInput, Encoding]:
    # as words are: a few very often, most seldom
    words = tuple(f"w{min(int(each), _WORDS)}" for each in chosen.zipf(1.3, _LENGTH))
    row = chosen.standard_normal((1, _DIM)).astype(np.float32)
    return MemoryInput(" ".join(words), namespace=space), Encoding(row / np.linalg.norm(row), words, cjk=False)


def _figures(opened: Callable[[], Any], rounds: int, seed: int) -> dict[str, Any]:
    chosen = np.random.default_rng(seed + 1)
    figures: dict[str, Any] = {}
    for name in ("first_open_ms", "next_open_ms"):
        began = time.perf_counter()
        store = opened()
        store.memory_matrix("default")
        figures[name] = round(1000 * (time.perf_counter() - began), 1)
        store.close()
    with closing(opened()) as store:
        figures["disk_mb"] = round(store.info()["bytes"] / 1e6)
        for name, space in (("look", "default"), ("look_in_a_tenth", _TENTH)):
            figures[name] = _timed(rounds, lambda space=space: _look(store, chosen, space))  # type: ignore[misc]
        figures["memorize"] = _timed(rounds, lambda: store.add(*_telling(chosen, "default")))
        figures["memorize_and_look"] = _timed(
            max(3, rounds // 10), lambda: (store.add(*_telling(chosen, "default")), _look(store, chosen, "default"))
        )
    return figures


def _look(store: Any, chosen: np.random.Generator, space: str) -> None:
    """What a recall asks of the store: the matrix, where four words are, the records of the likeliest."""
    key = chosen.standard_normal(_DIM).astype(np.float32)
    words = [f"w{each}" for each in chosen.integers(20, 2_000, 4)]
    with store.snapshot():
        slots = store.memory_matrix(space)
        near = np.argpartition(slots.keys @ key, -60)[-60:]
        store.postings(space, words)
        store.get_many(slots.address[slots.owner[near]].tolist())


def _timed(rounds: int, act: Callable[[], object]) -> dict[str, float]:
    act()
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        spent.append(1000 * (time.perf_counter() - began))
    return {"median": round(float(np.median(spent)), 2), "p95": round(float(np.percentile(spent, 95)), 2)}
