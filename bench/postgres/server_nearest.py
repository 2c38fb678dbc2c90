"""Whether an index of keys on the server (pgvector's HNSW) would earn its place beside the copy that clients keep."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from ntm_memory.codes.sign_codes import SignCodes
from ntm_memory.postgres import open_server_store

from .server_recall import two_homes

_BEST = 10
_COMPARED = 1_600
_EF = (40, 100, 200)
_TENTH = "SELECT row FROM nearest WHERE tenth ORDER BY key <=> %s::halfvec LIMIT 10"
_ALL = "SELECT row FROM nearest ORDER BY key <=> %s::halfvec LIMIT 10"


def run_nearest(home: Path, rounds: int) -> dict[str, Any]:
    """Figures of both ways to the ten nearest keys: seconds to make, megabytes, milliseconds, recall against all.

    Args:
        home: a data folder as `bench.scale --homes` makes it, with questions.npz.
        rounds: how many questions.
    """
    with np.load(home / "questions.npz") as kept:
        asked = kept["keys"][:rounds]
    with two_homes(home) as (_, there, server, url):
        answer: dict[str, Any] = {}
        for name in ("keys_from_the_server_s", "keys_from_the_copy_s"):  # closing writes the copy
            began = time.perf_counter()
            with closing(open_server_store(url, there)) as store:
                keys = np.array(store.memory_matrix("default").keys)
                answer[name] = round(time.perf_counter() - began, 2)
        mean = keys.mean(axis=0)
        keys = keys - mean
        keys /= np.linalg.norm(keys, axis=1, keepdims=True)
        asked = asked - mean
        best = [np.argpartition(-(keys @ each), _BEST)[:_BEST] for each in asked]
        answer["copy"] = _by_codes(keys, asked, best)
        with psycopg.connect(server.uri(), autocommit=True) as line:
            answer |= _by_index(line, keys, asked, best)
        return answer


def _by_codes(keys: np.ndarray, asked: np.ndarray, best: list[np.ndarray]) -> dict[str, Any]:
    began = time.perf_counter()
    codes = SignCodes(np.zeros((2, keys.shape[1]), dtype=np.float32))
    codes.add(keys, np.zeros(len(keys), dtype=np.int64))
    made = round(time.perf_counter() - began, 2)

    def near(question: np.ndarray) -> np.ndarray:
        rows = codes.nearest(question, _COMPARED)
        return rows[np.argsort(-(keys[rows] @ question))[:_BEST]]

    return {"make_s": made, **_measured(near, asked, best)}


def _by_index(line: psycopg.Connection, keys: np.ndarray, asked: np.ndarray, best: list[np.ndarray]) -> dict[str, Any]:
    line.execute("CREATE EXTENSION IF NOT EXISTS vector")
    line.execute(f"CREATE TABLE nearest (row bigint, tenth boolean, key halfvec({keys.shape[1]}))")
    began = time.perf_counter()
    with line.cursor() as cursor, cursor.copy("COPY nearest FROM STDIN") as copy:
        for row, key in enumerate(keys):
            copy.write_row((row, row % 10 == 0, _said(key)))
    answer: dict[str, Any] = {"copy_in_s": round(time.perf_counter() - began, 1)}
    ten = [each[each % 10 == 0] for each in ([np.argsort(-(keys @ q)) for q in asked[:20]])]
    nearest_of_tenth = [each[:_BEST] for each in ten]
    began = time.perf_counter()
    line.execute(
        "SET maintenance_work_mem = '512MB'; CREATE INDEX whole ON nearest USING hnsw (key halfvec_cosine_ops)"
    )
    answer["make_index_s"] = round(time.perf_counter() - began, 1)
    answer["index_mb"] = round(line.execute("SELECT pg_relation_size('whole')").fetchone()[0] / 1e6)  # type: ignore[index]
    for ef in _EF:
        line.execute(f"SET hnsw.ef_search = {ef}")
        answer[f"index_ef_{ef}"] = _measured(_of(line, _ALL), asked, best)
    answer["a_tenth_without_its_own"] = _measured(_of(line, _TENTH), asked[:20], nearest_of_tenth)
    line.execute("CREATE INDEX part ON nearest USING hnsw (key halfvec_cosine_ops) WHERE tenth")
    answer["a_tenth_with_its_own"] = _measured(_of(line, _TENTH), asked[:20], nearest_of_tenth)
    return answer


def _of(line: psycopg.Connection, query: str) -> Callable[[np.ndarray], np.ndarray]:
    return lambda question: np.array([row for (row,) in line.execute(query, (_said(question),)).fetchall()])  # type: ignore[arg-type]


def _said(key: np.ndarray) -> str:
    return f"[{','.join(f'{number:.5g}' for number in key.tolist())}]"


def _measured(near: Callable[[np.ndarray], np.ndarray], asked: np.ndarray, best: list[np.ndarray]) -> dict[str, float]:
    spent, found = [], []
    for question, those in zip(asked, best, strict=True):
        began = time.perf_counter()
        rows = near(question)
        spent.append(1000 * (time.perf_counter() - began))
        found.append(float(np.isin(those, rows).mean()))
    return {
        "p50_ms": round(float(np.median(spent)), 2),
        "p95_ms": round(float(np.percentile(spent, 95)), 2),
        "recall_at_10": round(float(np.mean(found)), 3),
    }
