"""The write head: whether a telling is new, the same or a revision, and where it goes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ntm_memory.errors import BadValueError, MemoryFullError, NotFoundError, NTMMemoryError
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.related import Relater
from ntm_memory.operations.results import Action, BulkResult, Failure, MemorizeResult, Related, UpdateResult
from ntm_memory.operations.validation import FIELDS, UNDECIDED, Numbered, Telling, checked_changes, told
from ntm_memory.recall.allocation import least_used
from ntm_memory.recall.encoder import Key
from ntm_memory.store.lookup import find
from ntm_memory.store.records import Encoding, Memory, MemoryInput
from ntm_memory.text.words import memory_words, named_by
from ntm_memory.text.writing_systems import is_cjk

BATCH = 64
_KEPT = ("key", "importance", "tags", "kind", "session")
"""What a replaced memory keeps where it is not told anew; source and time are those of the new telling."""


class Named(NamedTuple):
    """The live memories that a decision names; of those that it holds beside, the ids."""

    replaced: Memory | None = None
    same: Memory | None = None
    beside: tuple[str, ...] = ()


class Written(NamedTuple):
    """A memory, what was done, and the ids of those that it is told to hold beside."""

    memory: Memory
    action: Action
    beside: tuple[str, ...] = ()


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
        self.relater = Relater(context)

    def tell(self, record: Mapping[str, Any]) -> MemorizeResult:
        """Store one telling; see `NTMMemoryManager.memorize`."""
        telling = Telling.of(record)
        known = self._known(telling)
        if known is not None and telling.decision == UNDECIDED:
            return MemorizeResult(known, "unchanged")
        rows = None if known is not None else self._encoder().memories([telling.memory.content])[0]
        judged = [] if rows is None else self.relater.judge(telling.memory, rows)
        with self._store.transaction():  # another process may have written it in the meantime
            memory, action, beside = self._write(telling, rows)
            self.relater.release([memory] if action == "updated" else [])
            related = self.relater.note(memory, judged, beside) if action != "unchanged" else ()
            return MemorizeResult(self._store.get(memory.id), action, related)

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

    def update(self, id_or_key: str, namespace: str | None, changes: Mapping[str, Any]) -> UpdateResult:
        """Change fields of a live memory; other content is erase 1 + add in the same slot and makes a new version."""
        changed = checked_changes(changes)
        before = find(self._store, id_or_key, namespace)
        telling = told(_as_told(before) | changed)
        rows = None if telling.content == before.content else self._encoder().memories([telling.content])[0]
        judged = [] if rows is None else self.relater.judge(telling, rows)
        with self._store.transaction():
            previous = find(self._store, id_or_key, namespace)  # another process may have written meanwhile
            id = previous.id
            record = told(_as_told(previous) | changed)
            if record.key is not None and record.key != previous.key:
                self._refuse_taken(record.namespace, record.key)
            if record.content == previous.content:
                memory = self._store.amend(id, key=record.key, importance=record.importance, tags=record.tags)
            else:
                memory = self._store.rewrite(id, record, self._encoded(record, rows, previous))
                self.relater.release([memory])
                self.relater.note(memory, judged)
        return UpdateResult(memory, previous)

    def foresee(self, record: Mapping[str, Any]) -> Action:
        """What memorizing this record would do."""
        telling = Telling.of(record)
        if self._known(telling) is not None:
            return "unchanged"
        memory, replaces = telling.memory, telling.decision.replaces
        keyed = memory.key is not None and self._store.find_key(memory.namespace, memory.key) is not None
        return "updated" if keyed or replaces is not None else "created"

    def memorize_many(self, records: Iterable[Numbered], progress: Callable[[int], None] | None = None) -> BulkResult:
        """Write many tellings, each with the number of its line, `BATCH` in a transaction; a bad one is left out."""
        ids: list[str | None] = []
        failed: list[Failure] = []
        actions: list[Action] = []
        related: dict[str, tuple[Related, ...]] = {}
        lines = iter(records)
        while batch := list(itertools.islice(lines, BATCH)):
            done = self._write_batch(batch, failed)
            ids.extend(done[line].memory.id if line in done else None for line, _ in batch)
            actions.extend(written.action for written in done.values())
            related |= self._relate(list(done.values()))
            if progress is not None:
                progress(len(ids))
        counts = {action: actions.count(action) for action in ("created", "unchanged", "updated")}
        return BulkResult(**counts, failed=tuple(failed), ids=tuple(ids), related=related)

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

    def _write_batch(self, batch: Sequence[Numbered], failed: list[Failure]) -> dict[int, Written]:
        checked: dict[int, Telling] = {}
        done: dict[int, Written] = {}
        for line, record in batch:
            try:
                if isinstance(record, NTMMemoryError):
                    raise record
                checked[line] = Telling.of(record)
            except NTMMemoryError as error:
                failed.append(Failure(line, error.code, error.message))
        new = {line: telling for line, telling in checked.items() if not self._is_known(telling)}
        keys = self._encoder().memories([telling.memory.content for telling in new.values()]) if new else []
        rows = dict(zip(new, keys, strict=True))
        with self._store.transaction():
            for line, telling in checked.items():  # known or not: an earlier line may have changed what is known
                try:
                    with self._store.transaction():  # one that fails leaves nothing half-written
                        done[line] = self._write(telling, rows.get(line), in_bulk=True)
                except (MemoryFullError, NotFoundError, BadValueError) as error:
                    failed.append(Failure(line, error.code, error.message))
        return done

    def _is_known(self, telling: Telling) -> bool:
        return telling.decision == UNDECIDED and self.same(telling.memory, in_bulk=True) is not None

    def _relate(self, batch: Sequence[Written]) -> dict[str, tuple[Related, ...]]:
        """What the new ones of a batch may concern; what was rewritten gives back its marks first."""
        self.relater.release([each.memory for each in batch if each.action == "updated"])
        new = {each.memory.id: each for each in batch if each.action != "unchanged"}
        return self.relater.relate(
            [each.memory for each in new.values()], {id: each.beside for id, each in new.items() if each.beside}
        )

    def _write(self, telling: Telling, rows: Key | None, *, in_bulk: bool = False) -> Written:
        """Write one telling inside a transaction; `rows` are its keys, None where they should not be needed."""
        record, named = telling.memory, self._named(telling)
        if named.same is not None:
            self._take_back(record, named.same, named.same.key)
            return Written(self.relater.holds(named.same), "unchanged")
        if named.replaced is not None:
            return self._replace(telling, named, rows)
        same = self.same(record, in_bulk=in_bulk)
        memory, action = self._add(record, rows) if same is None else (same, "unchanged")
        self.relater.part(memory, named.beside)
        return Written(memory, action, named.beside)

    def _add(self, record: MemoryInput, rows: Key | None) -> tuple[Memory, Action]:
        if self._store.embedder() is None:
            self._store.set_embedder(self._encoder().identity)
        keyed = None if record.key is None else self._store.find_key(record.namespace, record.key)
        encoding = self._encoded(record, rows, keyed)
        if keyed is not None:
            return self._store.rewrite(keyed.id, record, encoding), "updated"
        self.make_room(record.namespace)
        return self._store.add(record, encoding), "created"

    def _replace(self, telling: Telling, named: Named, rows: Key | None) -> Written:
        """What is told is what an older memory says from now on; its own text becomes history."""
        old = named.replaced
        assert old is not None
        kept = {name: getattr(old, name) for name in _KEPT if name not in telling.fields}
        record = replace(telling.memory, **kept)
        self._take_back(telling.memory, old, record.key)
        self.relater.part(old, named.beside)
        if record.content == old.content:
            return Written(self.relater.holds(old), "unchanged", named.beside)
        memory = self._store.rewrite(old.id, record, self._encoded(record, rows, old))
        return Written(memory, "updated", named.beside)

    def _take_back(self, record: MemoryInput, old: Memory, key: str | None) -> None:
        """Erase what was stored by the same telling before its caller decided that it is an older memory's.

        Args:
            record: what was told.
            old: whose it is.
            key: that the older one will have: a memory under another key was meant to stay.
        """
        twin = self.same(record)
        if twin is not None and twin.id != old.id and twin.position > old.position and twin.key in (None, key):
            self._store.set_retention(twin.id, 0.0)
            self.relater.release([twin])

    def _named(self, telling: Telling) -> Named:
        """The memories that a decision names.

        Raises:
            NotFoundError: one is unknown, not live, or of another namespace.
            BadValueError: one is to be replaced and to stay.
        """
        namespace, decision = telling.memory.namespace, telling.decision
        replaced, same = (
            None if name is None else find(self._store, name, namespace)
            for name in (decision.replaces, decision.same_as)
        )
        beside = tuple(find(self._store, name, namespace).id for name in decision.beside)
        if replaced is not None and replaced.id in beside:
            raise BadValueError(f"memory {replaced.id} cannot be replaced and stay beside", "give one of them")
        return Named(replaced, same, beside)

    def _known(self, telling: Telling) -> Memory | None:
        """The live memory that needs no other text: it says this already, or the caller says so."""
        named, record = self._named(telling), telling.memory
        if named.replaced is not None:
            return named.replaced if named.replaced.content == record.content else None
        return named.same or self.same(record)

    def _encoded(self, record: MemoryInput, rows: Key | None, own: Memory | None = None) -> Encoding:
        """How a text is found again, inside the transaction that writes it.

        Raises:
            EmbedderMismatchError: the store was written anew with another embedder since this one was loaded.
        """
        self._encoder().refuse_others(self._store.embedder())
        rows = self._encoder().memories([record.content])[0] if rows is None else rows
        return encode(record.content, rows, spoken=self.is_spoken(record, own))

    def is_spoken(self, record: MemoryInput | Memory, own: Memory | None = None) -> bool:
        """Whether a name before a colon is a speaker's: in a session, or where another memory begins with it too.

        Args:
            record: what is to be written.
            own: the memory that is rewritten by it.
        """
        if record.session is not None:
            return True
        names = named_by(record.content)
        held = self._store.postings(record.namespace, names).address if names else {}
        return any(address != (own and own.address) for addresses in held.values() for address in addresses.tolist())

    def _refuse_taken(self, namespace: str, key: str) -> None:
        if self._store.find_key(namespace, key) is not None:
            raise BadValueError(f"another memory has the key {key!r}", "choose another key or erase that memory")


def encode(content: str, rows: Key, *, spoken: bool) -> Encoding:
    """How a text is found again: by its key rows (P, dim), and by its words; for `spoken` see `words.marks`."""
    return Encoding(rows, memory_words(content, spoken=spoken), is_cjk(content))


def _as_told(memory: Memory) -> dict[str, Any]:
    """A memory as it was told."""
    return {name: getattr(memory, name) for name in FIELDS}
