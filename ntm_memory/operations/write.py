"""The write head: whether a telling is new, the same or a revision, and where it goes; erase and add."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ntm_memory.config import Settings
from ntm_memory.errors import BadValueError, MemoryFullError, NTMMemoryError
from ntm_memory.operations.results import Action, BulkResult, Erased, Failure, UpdateResult
from ntm_memory.operations.validation import FIELDS, Numbered, told
from ntm_memory.recall.allocation import least_used
from ntm_memory.recall.encoder import Encoder, Key
from ntm_memory.store.base import Store
from ntm_memory.store.records import Encoding, Memory, MemoryInput
from ntm_memory.supersession.reviser import Reviser
from ntm_memory.text.scripts import is_cjk
from ntm_memory.text.words import memory_words

BATCH = 64


class Writer:
    """Writes into a store: adds, revises, erases.

    Args:
        store: where to.
        encoder: loads the embedder when first called; never called for what is stored already.
        settings: capacity.
        clock: unix seconds.
    """

    def __init__(
        self, store: Store, encoder: Callable[[], Encoder], settings: Settings, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._settings = settings
        self._clock = clock
        self._reviser = Reviser(store, encoder)

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
        revised = self._reviser.note([memory]) if action == "created" else {}
        return memory, action, revised.get(memory.id, ())

    def update(self, id: str, changes: dict[str, Any]) -> UpdateResult:
        """Change fields of a live memory; other content is erase 1 + add in the same slot and makes a new version."""
        before = self._store.get(id)
        content = told(_telling(before) | changes).content
        rows = None if content == before.content else self._encoder().memories([content])[0]
        with self._store.transaction():
            previous = self._store.get(id)  # another process may have changed it while the embedder was at work
            record = told(_telling(previous) | changes)
            if record.key is not None and record.key != previous.key:
                self._refuse_taken(record.namespace, record.key)
            if record.content == previous.content:
                memory = self._store.amend(id, key=record.key, importance=record.importance, tags=record.tags)
            else:
                rows = self._encoder().memories([content])[0] if rows is None else rows
                memory = self._store.rewrite(id, record, encode(record.content, rows))
        return UpdateResult(memory, previous)

    def erase(self, ids: Sequence[str], strength: float, *, purge: bool) -> tuple[Erased, ...]:
        """M(i) ← M(i)(1 − e) of every memory, or none left of it, all in one transaction (paper, equation 3)."""
        with self._store.transaction():
            erased = self.foresee_erase(ids, strength, purge=purge)
            if purge:
                self._store.purge(ids)
            else:
                memories = [self._store.set_retention(each.id, each.retention_after) for each in erased]
                self._reviser.release([memory for memory in memories if memory.state == "erased"])
        return erased

    def foresee_erase(self, ids: Sequence[str], strength: float, *, purge: bool) -> tuple[Erased, ...]:
        """What erasing these memories would do."""
        share = 0.0 if purge else 1 - strength
        memories = (self._store.get(id) for id in ids)
        return tuple(Erased(m.id, m.content, m.retention, round(m.retention * share, 6)) for m in memories)

    def restore(self, memory: Memory) -> Memory:
        """Full strength again, and a slot if it has none."""
        with self._store.transaction():
            if memory.state == "live":
                return self._store.set_retention(memory.id, 1.0)
            self.make_room(memory.namespace)
            restored = self._store.set_retention(memory.id, 1.0)
        self._reviser.note([restored])
        return restored

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
        self._reviser.note([memory for memory, action in done.values() if action == "created"])
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


def _telling(memory: Memory) -> dict[str, Any]:
    """A memory as it was told."""
    return {name: getattr(memory, name) for name in FIELDS}
