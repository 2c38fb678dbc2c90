"""The write head: whether a telling is new, the same or a revision, and where it goes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ntm_memory.errors import BadValueError, EchoError, MemoryFullError, NotFoundError, NTMMemoryError
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.echoes import echoed_memory
from ntm_memory.operations.related import Relater
from ntm_memory.operations.results import Action, BulkResult, Failure, MemorizeResult, Related, UpdateResult
from ntm_memory.operations.telling import Named, Telling, Within, named_by, revised
from ntm_memory.operations.validation import UNDECIDED, Numbered, checked_changes, from_json_lines
from ntm_memory.privacy.trust import USUAL, checked_trust, lower
from ntm_memory.recall.encoder import Key
from ntm_memory.store.lookup import find
from ntm_memory.store.records import Encoding, Memory, MemoryInput
from ntm_memory.text.words import memory_words
from ntm_memory.text.words import named_by as speakers_of
from ntm_memory.text.writing_systems import is_cjk

BATCH = 64
_KEPT = ("key", "importance", "tags", "kind", "session")
"""What a replaced memory keeps where it is not told anew; source and time are those of the new telling."""


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
        self.context = context
        self._store = context.store
        self._encoder = context.encoder
        self.relater = Relater(context)

    def tell(self, record: Mapping[str, Any]) -> MemorizeResult:
        """Store one telling; see `NTMMemoryManager.memorize`."""
        telling = Telling.of(record)
        known = self._known(telling)
        if known is not None and telling.decision == UNDECIDED:
            return self._confirm(known, telling)
        if known is None and (again := self._told_again(telling)) is not None:
            return self._confirm(again, telling)
        rows = None if known is not None else self._encoder().memories([telling.memory.content])[0]
        judged = [] if rows is None else self.relater.judge(telling.memory, rows)
        with self._store.transaction():  # another process may have written it in the meantime
            memory, action, beside = self._write(telling, rows)
            self.relater.release([memory] if action == "updated" else [])
            related = self.relater.note(memory, judged, beside) if action != "unchanged" else ()
            return MemorizeResult(self._store.get(memory.id), action, related)

    def _confirm(self, known: Memory, telling: Telling) -> MemorizeResult:
        """What is known already is told again; who vouches for it by saying so makes it better trusted."""
        trust = telling.memory.trust
        if "trust" not in telling.fields or lower(known.trust, trust) == trust:
            return MemorizeResult(known, "unchanged")
        return MemorizeResult(self._store.amend(known.id, trust=trust), "updated")

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
        id = find(self._store, id_or_key, namespace).id
        before = self._store.get(id)
        telling = revised(before, changed)
        if telling.content != before.content:
            echoed_memory(self._store, telling, decided=True, own=id)
        rows = None if telling.content == before.content else self._encoder().memories([telling.content])[0]
        judged = [] if rows is None else self.relater.judge(telling, rows)
        with self._store.transaction():
            previous = self._store.get(id)  # another process may have changed it while the embedder was at work
            record = revised(previous, changed)
            if record.key is not None and record.key != previous.key:
                self._refuse_taken(record.namespace, record.key)
            if record.content == previous.content:
                memory = self._store.amend(
                    id, key=record.key, importance=record.importance, tags=record.tags, trust=record.trust
                )
            else:
                memory = self._store.rewrite(id, record, self._encoded(record, rows, previous))
                self.relater.release([memory])
                self.relater.note(memory, judged)
        return UpdateResult(memory, previous)

    def foresee(self, record: Mapping[str, Any]) -> Action:
        """What memorizing this record would do."""
        telling = Telling.of(record)
        if self._known(telling) is not None or self._told_again(telling) is not None:
            return "unchanged"
        memory, replaces = telling.memory, telling.decision.replaces
        keyed = memory.key is not None and self._store.find_key(memory.namespace, memory.key) is not None
        return "updated" if keyed or replaces is not None else "created"

    def memorize_many(
        self,
        records: Iterable[Numbered],
        progress: Callable[[int], None] | None = None,
        *,
        trust: str | None = None,
        usual: str = USUAL,
    ) -> BulkResult:
        """Write many tellings, each with the number of its line, `BATCH` in a transaction; a bad one is left out.

        Args:
            records: what is told.
            progress: called with the number of records done.
            trust: who tells them, whatever they claim; a record may claim less. None: nothing was said, `usual` holds.
            usual: the level of this way in.
        """
        within = Within(None if trust is None else checked_trust(trust), usual)
        ids: list[str | None] = []
        failed: list[Failure] = []
        actions: list[Action] = []
        related: dict[str, tuple[Related, ...]] = {}
        lines = iter(records)
        while batch := list(itertools.islice(lines, BATCH)):
            done = self._write_batch(batch, failed, within)
            ids.extend(done[line].memory.id if line in done else None for line, _ in batch)
            actions.extend(written.action for written in done.values())
            related |= self._relate(list(done.values()))
            if progress is not None:
                progress(len(ids))
        counts = {action: actions.count(action) for action in ("created", "unchanged", "updated")}
        return BulkResult(**counts, failed=tuple(failed), ids=tuple(ids), related=related)

    def memorize_lines(
        self, lines: Iterable[str], shared: Mapping[str, Any], progress: Callable[[int], None] | None
    ) -> BulkResult:
        """The same from JSON lines; `shared` are fields of all lines that do not say otherwise."""
        return self.memorize_many(from_json_lines(lines, shared), progress, trust=shared.get("trust"))

    def _write_batch(self, batch: Sequence[Numbered], failed: list[Failure], within: Within) -> dict[int, Written]:
        checked: dict[int, Telling] = {}
        done: dict[int, Written] = {}
        for line, record in batch:
            try:
                if isinstance(record, NTMMemoryError):
                    raise record
                checked[line] = Telling.of(record).within(*within)
            except NTMMemoryError as error:
                failed.append(Failure(line, error.code, error.message))
        new: dict[int, Telling] = {}
        for line, telling in checked.items():
            try:
                known = self.same(telling.memory, in_bulk=True) if telling.decision == UNDECIDED else None
                known = known or self._told_again(telling, in_bulk=True)
            except EchoError as error:
                failed.append(Failure(line, error.code, error.message))
                continue
            if known is None:
                new[line] = telling
            else:
                done[line] = Written(known, "unchanged")
        rows = self._encoder().memories([telling.memory.content for telling in new.values()]) if new else []
        with self._store.transaction():
            for (line, telling), key in zip(new.items(), rows, strict=True):
                try:
                    with self._store.transaction():  # one that fails leaves nothing half-written
                        done[line] = self._write(telling, key, in_bulk=True)
                except (MemoryFullError, NotFoundError, BadValueError) as error:
                    failed.append(Failure(line, error.code, error.message))
        return dict(sorted(done.items()))

    def _relate(self, batch: Sequence[Written]) -> dict[str, tuple[Related, ...]]:
        """What the new ones of a batch may concern; what was rewritten gives back its marks first."""
        self.relater.release([each.memory for each in batch if each.action == "updated"])
        new = {each.memory.id: each for each in batch if each.action != "unchanged"}
        return self.relater.relate(
            [each.memory for each in new.values()], {id: each.beside for id, each in new.items() if each.beside}
        )

    def _write(self, telling: Telling, rows: Key | None, *, in_bulk: bool = False) -> Written:
        """Write one telling inside a transaction; `rows` are its keys, None where they should not be needed."""
        record, named = telling.memory, named_by(self._store, telling)
        if named.same is not None:
            self._take_back(record, named.same, named.same.key)
            return Written(self.relater.holds(named.same), "unchanged")
        if named.replaced is not None:
            return self._replace(telling, named, rows)
        same = self.same(record, in_bulk=in_bulk)
        memory, action = self._add(telling, rows) if same is None else (same, "unchanged")
        self.relater.part(memory, named.beside)
        return Written(memory, action, named.beside)

    def _add(self, telling: Telling, rows: Key | None) -> tuple[Memory, Action]:
        record = telling.memory
        if self._store.embedder() is None:
            self._store.set_embedder(self._encoder().identity)
        keyed = None if record.key is None else self._store.find_key(record.namespace, record.key)
        encoding = self._encoded(record, rows, keyed)
        if keyed is not None:
            return self._store.rewrite(keyed.id, telling.over(keyed), encoding), "updated"
        self.context.make_room(record.namespace)
        return self._store.add(record, encoding), "created"

    def _replace(self, telling: Telling, named: Named, rows: Key | None) -> Written:
        """What is told is what an older memory says from now on; its own text becomes history."""
        old = named.replaced
        assert old is not None
        kept = {name: getattr(old, name) for name in _KEPT if name not in telling.fields}
        record = replace(telling.over(old), **kept)
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

    def _told_again(self, telling: Telling, *, in_bulk: bool = False) -> Memory | None:
        """The memory that says the same in the same words, whatever their case and punctuation.

        Raises:
            EchoError: the text is what recall printed, and nothing besides.
        """
        record = telling.memory
        decided = telling.decision != UNDECIDED or record.key is not None
        found = echoed_memory(self._store, record, decided=decided)
        return None if found is None else self.same(replace(record, content=found.content), in_bulk=in_bulk)

    def _known(self, telling: Telling) -> Memory | None:
        """The live memory that needs no other text: it says this already, or the caller says so."""
        named, record = named_by(self._store, telling), telling.memory
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
        names = speakers_of(record.content)
        held = self._store.postings(record.namespace, names).address if names else {}
        return any(address != (own and own.address) for addresses in held.values() for address in addresses.tolist())

    def _refuse_taken(self, namespace: str, key: str) -> None:
        if self._store.find_key(namespace, key) is not None:
            raise BadValueError(f"another memory has the key {key!r}", "choose another key or erase that memory")


def encode(content: str, rows: Key, *, spoken: bool) -> Encoding:
    """How a text is found again: by its key rows (P, dim), and by its words; for `spoken` see `words.marks`."""
    return Encoding(rows, memory_words(content, spoken=spoken), is_cjk(content))
