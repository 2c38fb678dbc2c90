"""Several clients of one memory at once: how many writes a second, and how long each waits for what it asks."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.scale import CONFIG, QUESTIONS
from bench.warm_servers import percentiles, wall_of
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding.e5 import PRIOR, QUERY_ADAPTER, E5Embedder, read_prior, read_query_adapter

NO_BACKUPS = CONFIG | {"store": {"backups": 0}}
_PATIENCE = 600


class ReadyKeys:
    """Keys that lie ready, by the shipped embedder's name: all is measured but embedding.

    Args:
        words: questions.
        keys: (n, 384) theirs; what is told gets one of them, changed a little.
    """

    name, revision, dim = E5Embedder.name, E5Embedder.revision, 384

    def __init__(self, words: Sequence[str], keys: np.ndarray) -> None:
        self.prior, self.query_adapter = read_prior(PRIOR), read_query_adapter(QUERY_ADAPTER)
        self._keys, self._of = keys, dict(zip(words, keys, strict=True))
        self._rng = np.random.default_rng(0)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([self._of[text] for text in texts])

    def encode_memories(self, texts: Sequence[str]) -> np.ndarray:
        keys = self._keys[self._rng.integers(len(self._keys), size=len(texts))]
        keys = keys + 0.02 * self._rng.standard_normal(keys.shape, dtype=np.float32)
        return keys / np.linalg.norm(keys, axis=1, keepdims=True)

    def split_passages(self, text: str) -> list[str]:
        return [text]


def measure_clients(home: Path, clients: int, rounds: int, *, embedded: bool) -> dict[str, Any]:
    """Wall milliseconds of writes and of recalls, how many a second of all clients together, and CPU ms of one.

    Args:
        home: a memory that bench.scale has made, or one moved to a server; it is changed.
        clients: processes at once, which begin together.
        rounds: of each client, of both.
        embedded: False: keys lie ready.
    """
    context = multiprocessing.get_context("spawn")
    begin, told = context.Barrier(clients), context.Queue()
    processes = [
        context.Process(target=_be_client, args=(home, number, rounds, embedded, begin, told))
        for number in range(clients)
    ]
    for process in processes:
        process.start()
    answers = [told.get(timeout=_PATIENCE) for _ in processes]
    for process in processes:
        process.join()
    found: dict[str, Any] = {"clients": clients, "embedded": embedded}
    for act in ("memorize", "recall"):
        walls = [wall for answer in answers for wall in answer[act][0]]
        seconds, cpu = (combine(answer[act][i] for answer in answers) for i, combine in ((1, max), (2, sum)))
        found[act] = percentiles(walls) | {"a_second": round(len(walls) / seconds, 1)}
        found[act]["cpu_ms"] = round(cpu * 1e3 / len(walls), 1)
    return found


def _be_client(home: Path, number: int, rounds: int, embedded: bool, begin: Any, told: Any) -> None:
    with np.load(home / QUESTIONS) as kept:
        words, keys = kept["words"].tolist(), kept["keys"]
    fresh = f"{time.time_ns()}"
    embedder = None if embedded else ReadyKeys(words, keys)
    with NTMMemoryManager(home, config=NO_BACKUPS, embedder=embedder) as manager:
        acts: dict[str, Callable[[int], object]] = {
            "memorize": lambda n: manager.memorize(f"{words[(n + 31 * number) % len(words)]} {fresh} {number} {n}"),
            "recall": lambda n: manager.recall(words[(n + 31 * number) % len(words)]),
        }
        answer = {}
        for name, act in acts.items():
            act(-1)  # warm
            begin.wait(_PATIENCE)
            start, cpu = time.perf_counter(), time.process_time()
            walls = [wall_of(lambda n=n, act=act: act(n)) for n in range(rounds)]
            answer[name] = walls, time.perf_counter() - start, time.process_time() - cpu
            begin.wait(_PATIENCE)
    told.put(answer)
