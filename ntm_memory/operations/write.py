"""The write head: whether a telling is new, the same or a revision, and where it goes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ntm_memory.errors import BadValueError, MemoryFullError, NTMMemoryError
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.results import Action, BulkResult, Failure, MemorizeResult, Similar, UpdateResult
from ntm_memory.operations.validation import FIELDS, Numbered, checked_changes, told
from ntm_memory.recall.allocation import least_used
from ntm_memory.recall.centring import centred_cosines
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.encoder import Key
from ntm_memory.store.lookup import find
from ntm_memory.store.records import Encoding, Memory, MemoryInput
from ntm_memory.supersession.reviser import Reviser
from ntm_memory.text.likeness import likeness
from ntm_memory.text.words import memory_words
from ntm_memory.text.writing_systems import is_cjk

BATCH = 64
_COMPARED, _TWINS = 8, 3


class Writer:
    """Writes into a store: adds and revises.

    Args:
        context: the store as questions are put to it; the embedder is never loaded for what is stored already.
    """

    def __init__(self, context: RetrievalContext) -> None:
        self._context = context
        self._store = context.store
        self._encoder = context.encoder
        self._settings = context.settings
        self._clock = context.clock
        self.reviser = Reviser(context.store, context.encoder)

    def tell(self, record: Mapping[str, Any]) -> MemorizeResult:
        """Store one telling; see `NTMMemoryManager.memorize`."""
        telling = told(record)
        same = self.same(telling)
        if same is not None:
            return MemorizeResult(same, "unchanged")
        rows = self._encoder().memories([telling.content])[0]
        similar = self._similar(telling, rows)
        memory, action, revised = self.memorize(telling, rows)
        return MemorizeResult(memory, action, tuple(twin for twin in similar if twin.id != memory.id), revised)

    def same(self, record: MemoryInput, *, in_bulk: bool = False) -> Memory | None:
        """The live memory that says this already: same content, and nothing told differently.

        One that was revised since is true again when it is told again, but not when a file of many is read twice.
        """
        if record.key is not None:
            keyed = self._store.find_key(record.namespace, record.key)
            return keyed if keyed is not None and keyed.content == record.content else None
        for memory in self._store.find_content(record.namespace, record.content):
            stated = ((record.session, memory.session), (record.source, memory.source))
            times = ((record.occurred_at, memory.occurred_at), (record.kind, memory.kind))
            again = memory.superseded_by is not None and not in_bulk and record.occurred_at is None
            if not again and all(new is None or new == old for new, old in stated + times):
                return memory
        return None

    def memorize(self, record: MemoryInput, rows: Key) -> tuple[Memory, Action, tuple[str, ...]]:
        """Write one telling in one transaction; another process may have written it in the meantime.

        Returns:
            The memory, what was done, and the ids of older memories that it plainly revises.
        """
        with self._store.transaction():
            memory, action = self._write(record, rows)
        revised = self.reviser.note([memory]) if action == "created" else {}
        self.reviser.reconsider([memory] if action == "updated" else [])
        return memory, action, revised.get(memory.id, ())

    def update(self, id_or_key: str, namespace: str, changes: Mapping[str, Any]) -> UpdateResult:
        """Change fields of a live memory; other content is erase 1 + add in the same slot and makes a new version."""
        changed = checked_changes(changes)
        id = find(self._store, id_or_key, namespace).id
        before = self._store.get(id)
        content = told(_as_told(before) | changed).content
        rows = None if content == before.content else self._encoder().memories([content])[0]
        with self._store.transaction():
            previous = self._store.get(id)  # another process may have changed it while the embedder was at work
            record = told(_as_told(previous) | changed)
            if record.key is not None and record.key != previous.key:
                self._refuse_taken(record.namespace, record.key)
            if record.content == previous.content:
                memory = self._store.amend(id, key=record.key, importance=record.importance, tags=record.tags)
            else:
                rows = self._encoder().memories([content])[0] if rows is None else rows
                memory = self._store.rewrite(id, record, encode(record.content, rows))
                self.reviser.reconsider([memory])
        return UpdateResult(memory, previous)

    def foresee(self, record: MemoryInput) -> Action:
        """What memorizing this telling would do."""
        if self.same(record) is not None:
            return "unchanged"
        keyed = record.key is not None and self._store.find_key(record.namespace, record.key) is not None
        return "updated" if keyed else "created"

    def memorize_many(self, records: Iterable[Numbered], progress: Callable[[int], None] | None = None) -> BulkResult:
        """Write many tellings, each with the number of its line, `BATCH` in a transaction; a bad one is left out."""
        ids: list[str | None] = []
        failed: list[Failure] = []
        actions: list[Action] = []
        lines = iter(records)
        while batch := list(itertools.islice(lines, BATCH)):
            done = self._write_batch(batch, failed)
            ids.extend(done[line][0].id if line in done else None for line, _ in batch)
            actions.extend(action for _, action in done.values())
            if progress is not None:
                progress(len(ids))
        counts = {action: actions.count(action) for action in ("created", "unchanged", "updated")}
        return BulkResult(**counts, failed=tuple(failed), ids=tuple(ids))

    def make_room(self, namespace: str) -> None:
        """Usage-based allocation: when every slot is taken, the least used one is archived, or nothing is written.

        Raises:
            MemoryFullError: `capacity.when_full` is `refuse`.
        """
        when_full, size = self._settings.capacity.when_full, self._settings.memory_size
        if when_full == "grow" or self._store.count() < size:
            return
        if when_full == "refuse":
            raise MemoryFullError(
                f"all {size:,} slots are taken (memory_size, with capacity.when_full = refuse)",
                "erase something, raise memory_size, or set capacity.when_full to grow or evict",
            )
        spaces = self._store.namespaces()
        space = namespace if namespace in spaces else max(spaces, key=lambda name: spaces[name])
        slots = self._store.memory_matrix(space)
        (victim,) = self._store.get_many([int(slots.address[least_used(slots, self._clock())])])
        self._store.archive(victim.id)

    def _similar(self, telling: MemoryInput, rows: Key) -> tuple[Similar, ...]:
        """Stored memories that say nearly the same as a new one: at most three, the likest first."""
        corpus = Corpus(self._store, telling.namespace)
        if not len(corpus.slots):
            return ()
        cosine = centred_cosines(corpus.slots, self._context.view(corpus).centre, rows[0], is_cjk(telling.content))
        best = np.argsort(-cosine, kind="stable")[:_COMPARED]
        twins = [
            Similar(memory.id, memory.content[:200], round(share, 4))
            for memory in corpus.memories(best)
            if memory is not None and (share := likeness(memory.content, telling.content))
        ]
        return tuple(sorted(twins, key=lambda twin: -twin.similarity)[:_TWINS])

    def _write_batch(self, batch: Sequence[Numbered], failed: list[Failure]) -> dict[int, tuple[Memory, Action]]:
        checked: dict[int, MemoryInput] = {}
        for line, record in batch:
            try:
                if isinstance(record, NTMMemoryError):
                    raise record
                checked[line] = told(record)
            except NTMMemoryError as error:
                failed.append(Failure(line, error.code, error.message))
        known = {
            line: same for line, record in checked.items() if (same := self.same(record, in_bulk=True)) is not None
        }
        new = {line: record for line, record in checked.items() if line not in known}
        rows = self._encoder().memories([record.content for record in new.values()]) if new else []
        done: dict[int, tuple[Memory, Action]] = {line: (memory, "unchanged") for line, memory in known.items()}
        with self._store.transaction():
            for (line, telling), key in zip(new.items(), rows, strict=True):
                try:
                    done[line] = self._write(telling, key, in_bulk=True)
                except MemoryFullError as error:
                    failed.append(Failure(line, error.code, error.message))
        self.reviser.note([memory for memory, action in done.values() if action == "created"])
        self.reviser.reconsider([memory for memory, action in done.values() if action == "updated"])
        return dict(sorted(done.items()))

    def _write(self, record: MemoryInput, rows: Key, *, in_bulk: bool = False) -> tuple[Memory, Action]:
        same = self.same(record, in_bulk=in_bulk)
        if same is not None:
            return same, "unchanged"
        if self._store.embedder() is None:
            self._store.set_embedder(self._encoder().identity)
        keyed = None if record.key is None else self._store.find_key(record.namespace, record.key)
        if keyed is not None:
            return self._store.rewrite(keyed.id, record, encode(record.content, rows)), "updated"
        self.make_room(record.namespace)
        return self._store.add(record, encode(record.content, rows)), "created"

    def _refuse_taken(self, namespace: str, key: str) -> None:
        if self._store.find_key(namespace, key) is not None:
            raise BadValueError(f"another memory has the key {key!r}", "choose another key or erase that memory")


def encode(content: str, rows: Key) -> Encoding:
    """How a text is found again: by its key rows (P, dim), and by its words."""
    return Encoding(rows, memory_words(content), is_cjk(content))


def _as_told(memory: Memory) -> dict[str, Any]:
    """A memory as it was told."""
    return {name: getattr(memory, name) for name in FIELDS}
