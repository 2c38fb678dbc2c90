"""The store in one SQLite file, put together from its parts."""

# what each method promises stands in `store.base`
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import StoreError
from ntm_memory.store.engine import Engine
from ntm_memory.store.matrix_reader import SQLiteMatrixReader
from ntm_memory.store.record_reader import SQLiteRecordReader
from ntm_memory.store.records import Encoding, Feedback, Link, Memory, MemoryInput, MemoryMatrix, Postings, Version
from ntm_memory.store.upkeep import SQLiteUpkeep
from ntm_memory.store.writer import SQLiteWriter


class SQLiteStore:
    """`Store` on one SQLite file; see `store.base` for what each method promises.

    Used from the thread that opened it. Beside `memory.db` stand `memory.lock`, `matrix.bin` (derived) and `usage.db`
    (counters that may be lost).

    Args:
        path: the database file.
        options: see `Engine`.

    Raises:
        NotFoundError: the file is not there and must not be made.
        StoreError: or one of its kinds: the file cannot be used.
    """

    def __init__(self, path: Path, **options: Any) -> None:
        self._engine = Engine(path, **options)
        self._writer = SQLiteWriter(self._engine)
        self._records = SQLiteRecordReader(self._engine)
        self._matrix = SQLiteMatrixReader(self._engine)
        self._upkeep = SQLiteUpkeep(self._engine)
        self._engine.connection.on_commit = self._upkeep.clean_up
        with suppress(StoreError):  # a later opening will do what is due
            self._upkeep.clean_up()

    # writing
    def transaction(self) -> AbstractContextManager[None]:
        return self._writer.transaction()

    def set_embedder(self, identity: Mapping[str, Any]) -> None:
        self._writer.set_embedder(identity)

    def add(self, told: MemoryInput, encoding: Encoding) -> Memory:
        return self._writer.add(told, encoding)

    def put(self, memory: Memory, encoding: Encoding, history: Sequence[Version]) -> None:
        self._writer.put(memory, encoding, history)

    def rewrite(self, id: str, told: MemoryInput, encoding: Encoding) -> Memory:
        return self._writer.rewrite(id, told, encoding)

    def amend(self, id: str, **fields: Any) -> Memory:
        return self._writer.amend(id, **fields)

    def set_retention(self, id: str, retention: float) -> Memory:
        return self._writer.set_retention(id, retention)

    def archive(self, id: str) -> Memory:
        return self._writer.archive(id)

    def purge(self, ids: Iterable[str]) -> int:
        return self._writer.purge(ids)

    def replace_keys(self, keys: Mapping[tuple[str, int], NDArray[np.float32]]) -> None:
        self._writer.replace_keys(keys)

    def link(self, id: str, links: Sequence[Link]) -> None:
        self._writer.link(id, links)

    def add_feedback(self, feedback: Feedback) -> int:
        return self._writer.add_feedback(feedback)

    def note_reads(self, addresses: Sequence[int]) -> None:
        self._writer.note_reads(addresses)

    def set_focus(self, namespace: str, session: str, ids: Sequence[str], weights: Sequence[float]) -> None:
        self._writer.set_focus(namespace, session, ids, weights)

    # records
    def get(self, id: str) -> Memory:
        return self._records.get(id)

    def get_many(self, addresses: Sequence[int]) -> list[Memory]:
        return self._records.get_many(addresses)

    def find_key(self, namespace: str, key: str) -> Memory | None:
        return self._records.find_key(namespace, key)

    def find_content(self, namespace: str, content: str) -> list[Memory]:
        return self._records.find_content(namespace, content)

    def memories(self, namespace: str | None = None, *, states: Sequence[str] = ("live",)) -> Iterable[Memory]:
        return self._records.memories(namespace, states=states)

    def keys_of(self, id: str) -> NDArray[np.float32]:
        return self._records.keys_of(id)

    def words_of(self, id: str) -> tuple[tuple[str, ...], bool]:
        return self._records.words_of(id)

    def history(self, id: str) -> list[Version]:
        return self._records.history(id)

    def namespaces(self) -> dict[str, int]:
        return self._records.namespaces()

    def count(self, *, state: str = "live") -> int:
        return self._records.count(state=state)

    def feedback(self) -> list[Feedback]:
        return self._records.feedback()

    # the matrix
    def snapshot(self) -> AbstractContextManager[None]:
        return self._matrix.snapshot()

    def memory_matrix(self, namespace: str) -> MemoryMatrix:
        return self._matrix.memory_matrix(namespace)

    def memory_matrix_as_of(self, namespace: str, at: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        return self._matrix.memory_matrix_as_of(namespace, at)

    def postings(self, namespace: str, words: Sequence[str]) -> Postings:
        return self._matrix.postings(namespace, words)

    def tagged(self, namespace: str, tags: Sequence[str]) -> NDArray[np.int64]:
        return self._matrix.tagged(namespace, tags)

    def trusted(self, namespace: str, levels: Sequence[str]) -> NDArray[np.int64]:
        return self._matrix.trusted(namespace, levels)

    def sessions(self, namespace: str) -> dict[str, int]:
        return self._matrix.sessions(namespace)

    def focus(self, namespace: str, session: str) -> list[tuple[str, float]]:
        return self._matrix.focus(namespace, session)

    # the file as a whole
    @property
    def uuid(self) -> str:
        return self._engine.uuid

    @property
    def dim(self) -> int | None:
        return self._engine.dim

    def embedder(self) -> Mapping[str, Any] | None:
        return self._engine.embedder()

    def check(self) -> list[str]:
        return self._upkeep.check()

    def repair(self) -> list[str]:
        return self._upkeep.repair()

    def info(self) -> dict[str, Any]:
        return self._upkeep.info()

    def close(self) -> None:
        self._engine.close()
