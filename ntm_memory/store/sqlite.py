"""The store in one SQLite file, put together from its parts."""

# ruff: noqa: D102 - what each method promises stands in `store.base`

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.codes.beside import DerivedStore
from ntm_memory.errors import StoreError
from ntm_memory.privacy.audit import AuditEntry
from ntm_memory.privacy.tombstones import Match, Tombstone
from ntm_memory.store.engine import Engine
from ntm_memory.store.forgetting import SQLiteForgetter
from ntm_memory.store.matrix_reader import SQLiteMatrixReader
from ntm_memory.store.record_reader import SQLiteRecordReader
from ntm_memory.store.records import (
    About,
    By,
    Encoding,
    Feedback,
    Link,
    Memory,
    MemoryInput,
    MemoryMatrix,
    Page,
    Place,
    Postings,
    Selection,
    SessionFocus,
    Sort,
    Standing,
    Version,
)
from ntm_memory.store.upkeep import SQLiteUpkeep
from ntm_memory.store.writer import SQLiteWriter


class SQLiteStore:
    """`Store` on one SQLite file; see `store.base` for what each method promises.

    Beside `memory.db` stand `memory.lock`, `matrix.bin`, `index-….bin` (derived) and `usage.db` (may be lost).

    Args:
        path: the database file.
        on_write: called after every transaction that was committed.
        options: see `Engine`.

    Raises:
        NotFoundError: the file is not there and must not be made.
        StoreError: or one of its kinds: the file cannot be used.
    """

    def __init__(self, path: Path, *, on_write: Callable[[], object] | None = None, **options: Any) -> None:
        self.engine = self._engine = Engine(path, **options)
        self._writer = SQLiteWriter(self._engine)
        self._forgetter = SQLiteForgetter(self._engine)
        self._records = SQLiteRecordReader(self._engine)
        self._matrix = SQLiteMatrixReader(self._engine)
        self._upkeep = SQLiteUpkeep(self._engine)
        self.derived, self.zone = DerivedStore(self._engine), self._engine.zone
        self._on_write, self._engine.connection.on_commit = on_write, self._committed
        with suppress(StoreError):  # a later opening will do what is due
            self._upkeep.clean_up()

    def _committed(self) -> None:
        self._engine.live_matrix.settled()
        try:
            self._upkeep.clean_up()
        finally:
            if self._on_write is not None:
                self._on_write()

    def transaction(self) -> AbstractContextManager[None]:
        return self._writer.transaction()

    def set_embedder(self, identity: Mapping[str, Any]) -> None:
        self._writer.set_embedder(identity)

    def add(self, told: MemoryInput, encoding: Encoding) -> Memory:
        return self._writer.add(told, encoding)

    def put(
        self, memory: Memory, encoding: Encoding, history: Sequence[Version], older: Sequence[NDArray[np.float32]] = ()
    ) -> None:
        self._writer.put(memory, encoding, history, older)

    def rewrite(self, id: str, told: MemoryInput, encoding: Encoding, *, verb: str = "updated") -> Memory:
        return self._writer.rewrite(id, told, encoding, verb=verb)

    def amend(self, id: str, **fields: Any) -> Memory:
        return self._writer.amend(id, **fields)

    def set_retention(self, id: str, retention: float) -> Memory:
        return self._writer.set_retention(id, retention)

    def archive(self, id: str, **why: Any) -> Memory:
        return self._writer.archive(id, **why)

    def purge(self, ids: Iterable[str]) -> int:
        return self._forgetter.purge(ids)

    def purge_version(self, id: str, version: int) -> None:
        self._forgetter.purge_version(id, version)

    def overwrite(self, texts: Mapping[tuple[str, int], tuple[str, Encoding]]) -> None:
        with self._writer.transaction():
            self._writer.overwrite(texts)
            self._forgetter.leave_no_traces()

    def retract(self, ids: Iterable[str]) -> None:
        self._forgetter.retract(ids)

    def lift(self, namespace: str, content: str) -> int:
        return self._forgetter.lift(namespace, content)

    def take_over(self, tombstones: Sequence[Tombstone]) -> int:
        return self._forgetter.take_over(tombstones)

    def note(self, verb: str, id: str | None = None, namespace: str | None = None, **detail: Any) -> None:
        self._writer.note(verb, id, namespace, **detail)

    def link(self, id: str, links: Sequence[Link]) -> None:
        self._writer.link(id, links)

    def add_feedback(self, feedback: Feedback) -> int:
        return self._writer.add_feedback(feedback)

    def note_reads(self, addresses: Sequence[int]) -> None:
        self._writer.note_reads(addresses)

    def set_focus(self, namespace: str, session: str, ids: Sequence[str], weights: Sequence[float]) -> None:
        self._writer.set_focus(namespace, session, ids, weights)

    def damaged(self) -> list[str]:
        return self._engine.damaged()

    def get(self, id: str) -> Memory:
        return self._records.get(id)

    def get_many(self, addresses: Sequence[int]) -> list[Memory]:
        return self._records.get_many(addresses)

    def find_key(self, namespace: str, key: str, states: Sequence[str] = ("live",)) -> Memory | None:
        return self._records.find_key(namespace, key, states)

    def keys_like(self, namespace: str, key: str) -> list[str]:
        return self._records.keys_like(namespace, key)

    def find_content(self, namespace: str, *contents: str, **stated: str) -> list[Memory]:
        return self._records.find_content(namespace, *contents, **stated)

    def memories(self, namespace: str | None = None, *, states: Sequence[str] = ("live",)) -> Iterable[Memory]:
        return self._records.memories(namespace, states=states)

    def selected(self, what: Selection, sort: Sort = "newest", count: int = 20, after: Place | None = None) -> Page:
        return self._records.selected(what, sort, count, after)

    def outstanding(self, namespace: str, by: By, count: int, after: Place | None = None) -> Standing:
        return self._records.outstanding(namespace, by, count, after)

    def alike(self, what: Selection, sort: Sort, ids: Sequence[str]) -> list[Memory]:
        return self._records.alike(what, sort, ids)

    def keys_of(self, id: str) -> NDArray[np.float32]:
        return self._records.keys_of(id)

    def words_of(self, id: str) -> tuple[tuple[str, ...], bool]:
        return self._records.words_of(id)

    def history(self, id: str) -> list[Version]:
        return self._records.history(id)

    def namespaces(self) -> dict[str, int]:
        return self._records.namespaces()

    def last_written(self) -> dict[str, tuple[int, str]]:
        return self._records.last_written()

    def count(self, *, state: str = "live") -> int:
        return self._records.count(state=state)

    def feedback(self) -> list[Feedback]:
        return self._records.feedback()

    def tombstones(self) -> list[Tombstone]:
        return self._records.tombstones()

    def retracted_in(self, namespace: str, content: str) -> list[Match]:
        return self._records.retracted_in(namespace, content)

    def retracted_name(self, namespace: str | None, name: str) -> Match | None:
        return self._records.retracted_name(namespace, name)

    def quotes_retracted(self, namespace: str, content: str) -> bool:
        return self._records.quotes_retracted(namespace, content)

    def purged(self) -> dict[str, str]:
        return self._records.purged()

    def audit(self, count: int, id: str | None = None) -> list[AuditEntry]:
        return self._records.audit(count, id)

    def snapshot(self) -> AbstractContextManager[None]:
        return self._matrix.snapshot()

    def memory_matrix(self, namespace: str) -> MemoryMatrix:
        return self._matrix.memory_matrix(namespace)

    def memory_matrix_as_of(self, namespace: str, at: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        return self._matrix.memory_matrix_as_of(namespace, at)

    def memory_matrix_of_restorable(self, namespace: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        return self._matrix.memory_matrix_of_restorable(namespace)

    def memory_matrix_of_former(self, namespace: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        return self._matrix.memory_matrix_of_former(namespace)

    def postings(self, namespace: str, words: Sequence[str], most: int | None = None) -> Postings:
        return self._matrix.postings(namespace, words, most)

    def made_of(self, namespace: str, words: Sequence[str], share: float, count: int) -> list[Memory]:
        return self._matrix.made_of(namespace, words, share, count)

    def revised_by(self, ids: Sequence[str]) -> list[Memory]:
        return self._matrix.revised_by(ids)

    def words_at(self, addresses: NDArray[np.int64]) -> list[tuple[str, ...]]:
        return self._matrix.words_at(addresses)

    def tagged(self, namespace: str, tags: Sequence[str]) -> NDArray[np.int64]:
        return self._matrix.tagged(namespace, tags)

    def naming(self, namespace: str, about: About) -> NDArray[np.int64]:
        return self._records.naming(namespace, about)

    def trusted(self, namespace: str, levels: Sequence[str]) -> NDArray[np.int64]:
        return self._matrix.trusted(namespace, levels)

    def sessions(self, namespace: str) -> dict[str, int]:
        return self._matrix.sessions(namespace)

    def focus(self, namespace: str, session: str) -> SessionFocus:
        return self._matrix.focus(namespace, session)

    def slots_of(self, ids: Sequence[str]) -> dict[str, int]:
        return self._matrix.slots_of(ids)

    @property
    def uuid(self) -> str:
        return self._engine.uuid

    @property
    def encrypted(self) -> bool:
        return self._engine.encrypted

    @property
    def dim(self) -> int | None:
        return self._engine.dim

    def embedder(self) -> Mapping[str, Any] | None:
        return self._engine.embedder()

    def is_reembedding(self, identity: Mapping[str, Any]) -> bool:
        return self._upkeep.is_reembedding(identity)

    def without_new_keys(self, identity: Mapping[str, Any]) -> list[tuple[str, int]]:
        return self._upkeep.without_new_keys(identity)

    def texts_of(self, names: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
        return self._upkeep.texts_of(names)

    def prepare_keys(
        self, identity: Mapping[str, Any], keys: Mapping[tuple[str, int], tuple[str, NDArray[np.float32]]]
    ) -> None:
        self._upkeep.prepare_keys(identity, keys)

    def swap_keys(self, identity: Mapping[str, Any]) -> bool:
        return self._upkeep.swap_keys(identity)

    def check(self) -> list[str]:
        return self._upkeep.check()

    def damage(self) -> list[str]:
        return self._upkeep.damage()

    def repair(self) -> list[str]:
        return self._upkeep.repair()

    def info(self) -> dict[str, Any]:
        return self._upkeep.info()

    def close(self) -> None:
        self._engine.close()
