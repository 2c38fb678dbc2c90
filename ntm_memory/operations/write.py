"""The write head: whether a telling is new, the same or a revision, and where it goes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ntm_memory.errors import BadValueError, MemoryFullError, NotFoundError, NTMMemoryError, RetractedError
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.refusals import noting_refusals, refuse_retracted
from ntm_memory.operations.related import SHOWN, Relater
from ntm_memory.operations.results import Action, BulkResult, Failure, MemorizeResult, Related, UpdateResult
from ntm_memory.operations.room import make_room
from ntm_memory.operations.validation import FIELDS, UNDECIDED, Numbered, Telling, checked_changes, told
from ntm_memory.operations.written import Named, Written
from ntm_memory.recall.encoder import Key
from ntm_memory.store.lookup import find
from ntm_memory.store.records import Encoding, Memory, MemoryInput
from ntm_memory.text.folding import folded_key
from ntm_memory.text.words import memory_words, named_by
from ntm_memory.text.writing_systems import is_cjk

BATCH = 64
_KEPT = ("key", "importance", "tags", "kind", "session")
"""What a replaced memory keeps where it is not told anew; source and time are those of the new telling."""


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

    def tell(self, record: Mapping[str, Any], *, force: bool = False) -> MemorizeResult:
        """Store one telling; see `NTMMemoryManager.memorize`; with `force` also what was retracted."""
        telling = Telling.of(record)
        known = self._known(telling)
        if known is not None and telling.decision == UNDECIDED:
            return MemorizeResult(known, "unchanged")
        namespace, content = telling.memory.namespace, telling.memory.content
        with noting_refusals(self._store, namespace):
            if known is None and not force:
                refuse_retracted(self._store, namespace, content)  # before the embedder is loaded
            rows = None if known is not None else self._encoder().memories([content])[0]
            judged = [] if rows is None else self.relater.judge(telling.memory, rows)
            with self._store.transaction():  # another process may have written it in the meantime
                memory, action, beside = self._write(telling, rows, force=force)
                self.relater.release([memory] if action == "updated" else [])
                related = self.relater.note(memory, judged, beside) if action != "unchanged" else ()
                near = self._store.keys_like(namespace, memory.key) if memory.key and action == "created" else []
                return MemorizeResult(self._store.get(memory.id), action, related, tuple(near[:SHOWN]))

    def same(self, record: MemoryInput, *, in_bulk: bool = False) -> Memory | None:
        """The live memory that says this already, word by word, and nothing told differently.

        One that was revised since is true again when it is told again, but not when a file of many is read twice.
        """
        if record.key is not None:
            keyed = self._store.find_key(record.namespace, record.key)
            return keyed if keyed is not None and keyed.content.split() == record.content.split() else None
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
        id = find(self._store, id_or_key, namespace).id
        before = self._store.get(id)
        telling = told(_as_told(before) | changed)
        rows = None if telling.content == before.content else self._encoder().memories([telling.content])[0]
        judged = [] if rows is None else self.relater.judge(telling, rows)
        with noting_refusals(self._store, telling.namespace), self._store.transaction():
            previous = self._store.get(id)  # another process may have changed it while the embedder was at work
            record = told(_as_told(previous) | changed)
            if record.content == previous.content:
                memory = self._store.amend(id, key=record.key, importance=record.importance, tags=record.tags)
                self._store.note("updated", id, record.namespace, version=memory.version)
            else:
                memory = self._store.rewrite(id, record, self._encoded(record, rows, previous))
                self.relater.release([memory])
                self.relater.note(memory, judged)
        return UpdateResult(memory, previous)

    def foresee(self, record: Mapping[str, Any], *, force: bool = False) -> Action:
        """What memorizing this record would do."""
        telling = Telling.of(record)
        if self._known(telling) is not None:
            return "unchanged"
        memory, replaces = telling.memory, telling.decision.replaces
        if not force:
            refuse_retracted(self._store, memory.namespace, memory.content)
        keyed = memory.key is not None and self._store.find_key(memory.namespace, memory.key) is not None
        return "updated" if keyed or replaces is not None else "created"

    def memorize_many(
        self, records: Iterable[Numbered], progress: Callable[[int], None] | None = None, *, force: bool = False
    ) -> BulkResult:
        """Write many tellings, each with the number of its line, `BATCH` in a transaction; a bad one is left out."""
        ids: list[str | None] = []
        failed: list[Failure] = []
        actions: list[Action] = []
        related: dict[str, tuple[Related, ...]] = {}
        lines = iter(records)
        while batch := list(itertools.islice(lines, BATCH)):
            done = self._write_batch(batch, failed, force)
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
        make_room(self._store, self._settings, self._clock(), namespace)

    def _write_batch(self, batch: Sequence[Numbered], failed: list[Failure], force: bool) -> dict[int, Written]:
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
                        done[line] = self._write(telling, rows.get(line), in_bulk=True, force=force)
                except (MemoryFullError, NotFoundError, BadValueError) as error:
                    failed.append(Failure(line, error.code, error.message))
                    if isinstance(error, RetractedError):
                        self._store.note("refused", error.id or None, telling.memory.namespace)
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

    def _write(self, telling: Telling, rows: Key | None, *, in_bulk: bool = False, force: bool = False) -> Written:
        """Write one telling inside a transaction; `rows` are its keys, None where they should not be needed."""
        record, named = telling.memory, self._named(telling)
        if force and named.same is None:
            self._store.lift(record.namespace, record.content)
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
            return self._store.rewrite(keyed.id, replace(record, key=keyed.key), encoding), "updated"
        self.make_room(record.namespace)
        return self._store.add(record, encoding), "created"

    def _replace(self, telling: Telling, named: Named, rows: Key | None) -> Written:
        """What is told is what an older memory says from now on; its own text becomes history."""
        old = named.replaced
        assert old is not None
        kept = {name: getattr(old, name) for name in _KEPT if name not in telling.fields}
        record = replace(telling.memory, **kept)
        if _same_key(record.key, old.key):
            record = replace(record, key=old.key)
        self._take_back(telling.memory, old, record.key)
        self.relater.part(old, named.beside)
        if record.content == old.content:
            return Written(self.relater.holds(old), "unchanged", named.beside)
        memory = self._store.rewrite(old.id, record, self._encoded(record, rows, old), verb="replaced")
        return Written(memory, "updated", named.beside)

    def _take_back(self, record: MemoryInput, old: Memory, key: str | None) -> None:
        """Erase what was stored by the same telling before its caller decided that it is an older memory's.

        Args:
            record: what was told.
            old: whose it is.
            key: that the older one will have: a memory under another key was meant to stay.
        """
        twin = self.same(record)
        if twin is None or twin.id == old.id or twin.position < old.position:
            return
        if twin.key is None or _same_key(twin.key, key):
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


def encode(content: str, rows: Key, *, spoken: bool) -> Encoding:
    """How a text is found again: by its key rows (P, dim), and by its words; for `spoken` see `words.marks`."""
    return Encoding(rows, memory_words(content, spoken=spoken), is_cjk(content))


def _same_key(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and folded_key(one) == folded_key(other)


def _as_told(memory: Memory) -> dict[str, Any]:
    """A memory as it was told."""
    return {name: getattr(memory, name) for name in FIELDS}
