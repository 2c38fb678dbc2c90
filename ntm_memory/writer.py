"""The write head: decides whether a telling is new, the same or a revision, and where it goes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ntm_memory.config import Settings
from ntm_memory.errors import MemoryFullError, NTMMemoryError
from ntm_memory.keys import Key, KeyMaker
from ntm_memory.recall.usage import least_used
from ntm_memory.recall.words import is_cjk, memory_words
from ntm_memory.results import Action, BulkResult, Failure, MemorizeResult
from ntm_memory.store.base import Store
from ntm_memory.store.records import Draft, Memory
from ntm_memory.telling import Told, told

BATCH = 64


class Writer:
    """Writes tellings into a store.

    Args:
        store: where to.
        keys: loads the embedder when first called; never called for what is stored already.
        settings: capacity.
        clock: unix seconds.
    """

    def __init__(
        self, store: Store, keys: Callable[[], KeyMaker], settings: Settings, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._keys = keys
        self._settings = settings
        self._clock = clock

    def same(self, record: Told) -> Memory | None:
        """The live memory that says this already: same content, and nothing told differently."""
        if record.key is not None:
            keyed = self._store.find_key(record.namespace, record.key)
            return keyed if keyed is not None and keyed.content == record.content else None
        for memory in self._store.find_content(record.namespace, record.content):
            stated = ((record.session, memory.session), (record.source, memory.source))
            times = ((record.occurred_at, memory.occurred_at), (record.kind, memory.kind))
            if all(new is None or new == old for new, old in stated + times):
                return memory
        return None

    def memorize(self, record: Told, rows: Key) -> tuple[Memory, Action]:
        """Write one telling in one transaction; another process may have written it in the meantime."""
        with self._store.transaction():
            return self._write(record, rows)

    def revise(self, previous: Memory, record: Told) -> Memory:
        """Erase 1 + add in a memory's slot if the text is another one; else only the fields around it change."""
        if record.content == previous.content:
            fields = ("key", "importance", "tags")
            return self._store.amend(previous.id, **{name: getattr(record, name) for name in fields})
        rows = self._keys().memories([record.content])[0]
        return self._store.rewrite(previous.id, self.draft(record, rows))

    def foresee(self, record: Told) -> Action:
        """What memorizing this telling would do."""
        if self.same(record) is not None:
            return "unchanged"
        keyed = record.key is not None and self._store.find_key(record.namespace, record.key) is not None
        return "updated" if keyed else "created"

    def memorize_many(
        self,
        records: Iterable[Mapping[str, Any] | NTMMemoryError],
        progress: Callable[[int], None] | None = None,
    ) -> BulkResult:
        """Write many tellings, `BATCH` in a transaction; see `NTMMemoryManager.memorize_many`."""
        ids: list[str | None] = []
        failed: list[Failure] = []
        actions: list[Action] = []
        lines = enumerate(records, start=1)
        while batch := list(itertools.islice(lines, BATCH)):
            done = self._write_batch(batch, failed)
            ids.extend(done[line][0].id if line in done else None for line, _ in batch)
            actions.extend(action for _, action in done.values())
            if progress is not None:
                progress(len(ids))
        counts = {action: actions.count(action) for action in ("created", "unchanged", "updated")}
        return BulkResult(**counts, failed=tuple(failed), ids=tuple(ids))

    def draft(self, record: Told, rows: Key) -> Draft:
        """The record as the store takes it."""
        return Draft(keys=rows, words=memory_words(record.content), cjk=is_cjk(record.content), **vars(record))

    def _write_batch(
        self, batch: Sequence[tuple[int, Mapping[str, Any] | NTMMemoryError]], failed: list[Failure]
    ) -> dict[int, tuple[Memory, Action]]:
        checked: dict[int, Told] = {}
        for line, record in batch:
            try:
                if isinstance(record, NTMMemoryError):
                    raise record
                checked[line] = told(record)
            except NTMMemoryError as error:
                failed.append(Failure(line, error.code, error.message))
        known = {line: same for line, record in checked.items() if (same := self.same(record)) is not None}
        new = {line: record for line, record in checked.items() if line not in known}
        rows = self._keys().memories([record.content for record in new.values()]) if new else []
        done: dict[int, tuple[Memory, Action]] = {line: (memory, "unchanged") for line, memory in known.items()}
        with self._store.transaction():
            for (line, record), key in zip(new.items(), rows, strict=True):
                try:
                    done[line] = self._write(record, key)
                except MemoryFullError as error:
                    failed.append(Failure(line, error.code, error.message))
        return dict(sorted(done.items()))

    def _write(self, record: Told, rows: Key) -> tuple[Memory, Action]:
        same = self.same(record)
        if same is not None:
            return same, "unchanged"
        if self._store.embedder() is None:
            self._store.set_embedder(self._keys().identity)
        keyed = None if record.key is None else self._store.find_key(record.namespace, record.key)
        if keyed is not None:
            return self._store.rewrite(keyed.id, self.draft(record, rows)), "updated"
        self._make_room(record.namespace)
        return self._store.add(self.draft(record, rows)), "created"

    def _make_room(self, namespace: str) -> None:
        """Usage-based allocation: when every slot is taken, the least used one is archived, or nothing is written."""
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
        slots = self._store.slots(space)
        (victim,) = self._store.get_many([int(slots.address[least_used(slots, self._clock())])])
        self._store.archive(victim.id)
