"""The protocols that every storage engine fulfils, by who needs them; `tests/store/contract.py` is their test suite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import tzinfo
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ntm_memory.privacy.audit import AuditEntry
from ntm_memory.privacy.tombstones import Match, Tombstone
from ntm_memory.store.file_protocol import StoreUpkeep
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


class StoreWriter(Protocol):
    """What is written: memories, links, verdicts, where recall looked.

    Methods marked W run inside `transaction()`; called outside one they open their own. Everything written in one
    transaction is durable together or not at all. Ids that do not exist raise `NotFoundError`; keys of another shape
    than (P ≥ 1, dim), a key that another live memory of the namespace has, values out of range `BadValueError`.
    What may be lost without harm (`note_reads`, `set_focus`) is written without waiting for the disk, errors ignored.
    """

    def transaction(self) -> AbstractContextManager[None]:
        """Writer lock and one transaction, rolled back on any exception; a nested one takes back only what it wrote."""

    def set_embedder(self, identity: Mapping[str, Any]) -> None:
        """W. Record the embedder."""

    def add(self, told: MemoryInput, encoding: Encoding) -> Memory:
        """W. Write a new memory into the lowest free slot; here and below a retracted text raises `RetractedError`."""

    def put(
        self, memory: Memory, encoding: Encoding, history: Sequence[Version], older: Sequence[NDArray[np.float32]] = ()
    ) -> None:
        """W. Write a record as another store had it: id, position, times, version, state; the slot if it is free.

        `older` are the keys of each version of `history`; left out, they are the memory's.
        """

    def rewrite(self, id: str, told: MemoryInput, encoding: Encoding, *, verb: str = "updated") -> Memory:
        """W. Erase 1 + add: slot, id and position stay, version + 1, retention 1; the old content becomes history."""

    def amend(self, id: str, **fields: Any) -> Memory:
        """W. Change key, importance, tags, source, occurred_at, kind, trust or superseded_by: what is not content."""

    def set_retention(self, id: str, retention: float) -> Memory:
        """W. Partial erase: retention in (0, 1]; 0 makes the memory `erased`, its slot free; more restores it.

        A restored memory comes back without its key if another live memory has that key by now.
        """

    def archive(self, id: str, **why: Any) -> Memory:
        """W. Take a live memory out of its slot; it stays readable by id, is never recalled. `why` is for the audit."""

    def purge(self, ids: Iterable[str]) -> int:
        """W. Remove memories of any state with history, words, keys, links, focus, and feedback that names them.

        After the outermost transaction no byte of the text is in any file, nor of the name of a namespace or session
        that has no memory left. Returns how many were removed.
        """

    def purge_version(self, id: str, version: int) -> None:
        """W. Remove an older version in the same way; the current one raises `BadValueError`."""

    def overwrite(self, texts: Mapping[tuple[str, int], tuple[str, Encoding]]) -> None:
        """W. Other texts in the place of those of (id, version); no byte of the old ones is left, as after `purge`."""

    def retract(self, ids: Iterable[str]) -> None:
        """W. Leave tombstones: what these memories say is refused from now on; it does not erase them."""

    def lift(self, namespace: str, content: str) -> int:
        """W. Take away the tombstones by which a text is refused; returns of how many memories."""

    def take_over(self, tombstones: Sequence[Tombstone]) -> int:
        """W. Keep another store's tombstones too; returns how many are new."""

    def note(self, verb: str, id: str | None = None, namespace: str | None = None, **detail: Any) -> None:
        """W. Add a line to the audit; the methods above do so themselves, but for `put`, `amend`."""

    def link(self, id: str, links: Sequence[Link]) -> None:
        """W. Add links from a memory to others, replacing links to the same targets."""

    def add_feedback(self, feedback: Feedback) -> int:
        """W. Keep a verdict on a recall; returns how many are kept."""

    def note_reads(self, addresses: Sequence[int]) -> None:
        """Count a recall of these slots."""

    def set_focus(self, namespace: str, session: str, ids: Sequence[str], weights: Sequence[float]) -> None:
        """Remember where a session's read head looked last; the trace of where it looked before fades by a step."""


class RecordReader(Protocol):
    """Memories one by one, whatever their state, and what is told of them.

    Ids that do not exist raise `NotFoundError`. A memory that is not what was written is never told as true: asked for
    by id or key it is a `StoreCorruptError`, among others it is left out, which `damaged` tells.
    """

    @property
    def zone(self) -> tzinfo | None:
        """Whose days are meant; None: the system's."""

    def damaged(self) -> list[str]:
        """One line for each damaged memory that was left out since the store was opened."""

    def get(self, id: str) -> Memory:
        """The memory with this id, whatever its state."""

    def get_many(self, addresses: Sequence[int]) -> list[Memory]:
        """The live memories in these slots, in the order asked; slots that hold none are left out."""

    def find_key(self, namespace: str, key: str, states: Sequence[str] = ("live",)) -> Memory | None:
        """The live memory with this key: spelled so, else in another case, width or white space; else of `states`."""

    def keys_like(self, namespace: str, key: str) -> list[str]:
        """Live keys that may be meant by a key and are not the same: other separators, one letter off."""

    def find_content(self, namespace: str, *contents: str, **stated: str) -> list[Memory]:
        """Live memories that say one of these, oldest first; with `stated` those of this session, source or kind."""

    def memories(self, namespace: str | None = None, *, states: Sequence[str] = ("live",)) -> Iterable[Memory]:
        """All memories in order of namespace and writing, streamed."""

    def selected(self, what: Selection, sort: Sort = "newest", count: int = 20, after: Place | None = None) -> Page:
        """At most `count` live memories of a selection in an order; with `after` those that stand after a place."""

    def outstanding(self, namespace: str, by: By, count: int, after: Place | None = None) -> Standing:
        """Live memories that may stand out, in an order, `count` at a time: see `records.Standing`."""

    def alike(self, what: Selection, sort: Sort, ids: Sequence[str]) -> list[Memory]:
        """Live memories of a selection that have the index words of one of these, in the order of a list."""

    def keys_of(self, id: str) -> NDArray[np.float32]:
        """(P, dim) key rows of one memory, whatever its state."""

    def words_of(self, id: str) -> tuple[tuple[str, ...], bool]:
        """(index words, whether the text is CJK) of one memory, whatever its state."""

    def history(self, id: str) -> list[Version]:
        """Older versions, oldest first."""

    def namespaces(self) -> dict[str, int]:
        """Live memories of each namespace."""

    def last_written(self) -> dict[str, tuple[int, str]]:
        """Of each namespace the number of live memories, and when one of them was last told or changed."""

    def count(self, *, state: str = "live") -> int:
        """Number of memories in this state."""

    def feedback(self) -> list[Feedback]:
        """All verdicts, oldest first."""

    def tombstones(self) -> list[Tombstone]:
        """What was retracted, oldest first."""

    def retracted_in(self, namespace: str, content: str) -> list[Match]:
        """What of a text was retracted in a namespace: the whole of it, or sentences and lines."""

    def retracted_name(self, namespace: str | None, name: str) -> Match | None:
        """What of a name was retracted in a namespace, or in any."""

    def quotes_retracted(self, namespace: str, content: str) -> bool:
        """Whether a text has what was retracted in a namespace, also within a sentence of its own."""

    def purged(self) -> dict[str, str]:
        """Id → time of what was removed for good."""

    def audit(self, count: int, id: str | None = None) -> list[AuditEntry]:
        """What was done last, newest first; of one memory, if an id is given."""


class MatrixReader(Protocol):
    """The memory matrix that read heads look at, and what finds candidates in it."""

    def snapshot(self) -> AbstractContextManager[None]:
        """One state of the store for all reads inside, whatever other processes write; keep it short, they may wait.

        Without it, `get_many` or `postings` may already speak of another state than the matrix did. Writing inside
        raises `StoreError`; inside a transaction it does nothing.
        """

    def memory_matrix(self, namespace: str) -> MemoryMatrix:
        """The live memory matrix of a namespace: the same object until something is written, but for its `reads`."""

    def memory_matrix_as_of(self, namespace: str, at: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        """What was known then: (matrix, whose slot numbers are 0…N−1; records as they read then; their words)."""

    def memory_matrix_of_restorable(self, namespace: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        """What is erased, archived or weakened, with retention 1, in the form of `memory_matrix_as_of`."""

    def memory_matrix_of_former(self, namespace: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        """What live memories said before they were changed, each version by itself, as `memory_matrix_as_of` has it."""

    def postings(self, namespace: str, words: Sequence[str], most: int | None = None) -> Postings:
        """Where these words occur among live memories of a namespace; with `most` only about so many places of each."""

    def made_of(self, namespace: str, words: Sequence[str], share: float, count: int) -> list[Memory]:
        """At most `count` live memories of which a share of the index words is among these, the largest first."""

    def revised_by(self, ids: Sequence[str]) -> list[Memory]:
        """Live memories whose `superseded_by` is one of these."""

    def words_at(self, addresses: NDArray[np.int64]) -> list[tuple[str, ...]]:
        """The index words and marks of the live memories in some slots, in the order asked."""

    def tagged(self, namespace: str, tags: Sequence[str]) -> NDArray[np.int64]:
        """Slots of the live memories that have all of these tags, rising."""

    def naming(self, namespace: str, about: About) -> NDArray[np.int64]:
        """Slots of the live memories that a list about this name shows, rising."""

    def trusted(self, namespace: str, levels: Sequence[str]) -> NDArray[np.int64]:
        """Slots of the live memories that have one of these levels of trust, rising."""

    def sessions(self, namespace: str) -> dict[str, int]:
        """Session name → code used in `MemoryMatrix.session`."""

    def focus(self, namespace: str, session: str) -> SessionFocus:
        """Where a session looked last, and the trace of all its looks; live memories only, empty if none."""

    def slots_of(self, ids: Sequence[str]) -> dict[str, int]:
        """Id → slot, of those of some ids that are live."""


class StoreReader(RecordReader, MatrixReader, Protocol):
    """All that is read: what recall needs, which writes nothing."""


class Store(StoreWriter, StoreReader, StoreUpkeep, Protocol):
    """Everything; one that is open is used from the thread that opened it."""
