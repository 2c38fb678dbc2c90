"""The write head: whether a telling is new, the same or a revision, and where it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ntm_memory.entry.echoes import echoed_memory
from ntm_memory.entry.gate import Gate, Passed
from ntm_memory.entry.known import is_same_key, known, saying, told_again
from ntm_memory.entry.refusals import note_redaction, noting_refusals, refuse_retracted, refuse_retracted_names
from ntm_memory.entry.telling import Named, Telling, Written, named_by, revised
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.related import SHOWN, Judged, Relater
from ntm_memory.operations.results import Action, MemorizeResult, UpdateResult
from ntm_memory.operations.room import make_room
from ntm_memory.operations.validation import UNDECIDED, checked_changes
from ntm_memory.privacy.trust import LOWEST, lower
from ntm_memory.reader.relations import EPISODE
from ntm_memory.recall.encoder import Key
from ntm_memory.store.lookup import find
from ntm_memory.store.records import Encoding, Memory, MemoryInput
from ntm_memory.text.words import memory_words
from ntm_memory.text.words import named_by as speakers_of
from ntm_memory.text.writing_systems import is_cjk

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
        privacy = context.settings.privacy
        self.gate = Gate(privacy.on_secret, context.encoder, privacy.least_chance)
        self.relater = Relater(context)

    def tell(self, record: Mapping[str, Any], *, force: bool = False) -> MemorizeResult:
        """Store one telling; see `NTMMemoryManager.memorize`; with `force` also what was retracted."""
        with noting_refusals(self._store, record.get("namespace") or "default"):
            return self._tell(record, force=force)

    def _tell(self, record: Mapping[str, Any], *, force: bool) -> MemorizeResult:
        telling = Telling.of(record, self._context.here)
        passed = self.gate.glance(telling.memory)
        telling = telling._replace(memory=passed.memory)
        with self._store.snapshot():
            there = known(self._store, telling)
            again = told_again(self._store, telling) if there is None else None
            if there is None and again is None and not force:
                refuse_retracted(self._store, passed.memory)
        if again is not None:
            return self._confirm(again, telling, passed)
        if there is not None and telling.decision == UNDECIDED:
            return self._confirm(there, telling, passed)
        if there is None:
            (passed,) = self.gate.read([passed])
            telling = telling._replace(memory=passed.memory)
        rows = None if _is_a_turn(telling.memory) else passed.rows
        judged = [] if rows is None else self.relater.judge(telling.memory, rows)
        with self._store.transaction():  # another process may have written it in the meantime
            written = self._write(telling, passed.rows, force=force)
            memory, action, beside = written[:3]
            self.relater.release([memory] if action == "updated" else [])
            related = self.relater.note(memory, judged, beside) if action != "unchanged" else ()
            near = self._store.keys_like(memory.namespace, memory.key) if memory.key and action == "created" else []
            memory = self._store.get(memory.id)
            note_redaction(self._store, passed.secrets, memory.id, memory.namespace)
        found = (related, tuple(near[:SHOWN]), passed.secrets, passed.maybe_secret)
        return MemorizeResult(memory, action, *found, taken_back=written.taken_back)

    def update(self, id_or_key: str, namespace: str | None, changes: Mapping[str, Any]) -> UpdateResult:
        """Change fields of a live memory; other content is erase 1 + add in the same slot and makes a new version."""
        changed = checked_changes(changes)
        before = find(self._store, id_or_key, namespace)
        with noting_refusals(self._store, before.namespace):
            return self._update(id_or_key, namespace, before, changed)

    def _update(
        self, id_or_key: str, namespace: str | None, before: Memory, changed: Mapping[str, Any]
    ) -> UpdateResult:
        passed = self.gate.glance(revised(before, changed, self._context.here), before)
        refuse_retracted_names(self._store, passed.memory, before)
        if passed.memory.content != before.content:
            echoed_memory(self._store, passed.memory, decided=True, own=before.id)
            (passed,) = self.gate.read([passed])
        changed = {name: getattr(passed.memory, name) for name in changed}
        judged = [] if passed.rows is None else self.relater.judge(passed.memory, passed.rows)
        with self._store.transaction():
            previous = find(self._store, id_or_key, namespace)  # another process may have written meanwhile
            memory = self._change(previous, revised(previous, changed), passed.rows, judged)
            note_redaction(self._store, passed.secrets, memory.id, memory.namespace)
        return UpdateResult(memory, previous, passed.secrets, passed.maybe_secret)

    def foresee(self, record: Mapping[str, Any], *, force: bool = False) -> Action:
        """What memorizing this record among many would do."""
        telling = Telling.of(record, self._context.here)
        telling = telling._replace(memory=self.gate.glance(telling.memory).memory)
        if known(self._store, telling, in_bulk=True) or told_again(self._store, telling, in_bulk=True):
            return "unchanged"
        memory, replaces = telling.memory, telling.decision.replaces
        if not force:
            refuse_retracted(self._store, memory)
        keyed = memory.key is not None and self._store.find_key(memory.namespace, memory.key) is not None
        return "updated" if keyed or replaces is not None else "created"

    def make_room(self, namespace: str) -> None:
        """Usage-based allocation: when every slot is taken, the least used one is archived, or nothing is written.

        Raises:
            MemoryFullError: `capacity.when_full` is `refuse`.
        """
        make_room(self._store, self._context.settings, self._context.clock(), namespace)

    def is_spoken(self, record: MemoryInput | Memory, own: Memory | None = None) -> bool:
        """Whether a name before a colon is a speaker's: in a session, or where another memory begins with it too.

        Args:
            record: what is to be written.
            own: the memory that is rewritten by it.
        """
        if record.session is not None:
            return True
        names = speakers_of(record.content)
        for most in (2, None) if names else ():  # the first ones tell it mostly
            held = self._store.postings(record.namespace, names, most)
            if any(address != (own and own.address) for each in held.address.values() for address in each.tolist()):
                return True
            if not held.cut:
                return False
        return False

    def _confirm(self, there: Memory, telling: Telling, passed: Passed) -> MemorizeResult:
        """What is known already is told again; who vouches for it by saying so makes it better trusted."""
        note_redaction(self._store, passed.secrets, there.id, there.namespace)
        trust = telling.memory.trust
        if "trust" not in telling.fields or lower(there.trust, trust) == trust:
            return MemorizeResult(there, "unchanged", secrets=passed.secrets)
        return MemorizeResult(self._store.amend(there.id, trust=trust), "updated", secrets=passed.secrets)

    def _change(self, previous: Memory, record: MemoryInput, rows: Key | None, judged: Sequence[Judged]) -> Memory:
        """Write what a memory is from now on, inside a transaction."""
        if record.content != previous.content:
            memory = self._store.rewrite(previous.id, record, self._encoded(record, rows, previous))
            self.relater.release([memory])
            self.relater.note(memory, judged)
            return memory
        names = ("key", "importance", "tags", "source", "occurred_at", "trust")
        fields = {name: getattr(record, name) for name in names}
        memory = self._store.amend(previous.id, **fields)
        self._store.note("updated", memory.id, memory.namespace, version=memory.version)
        return memory

    def _write(self, telling: Telling, rows: Key | None, *, in_bulk: bool = False, force: bool = False) -> Written:
        """Write one telling inside a transaction; `rows` are its keys, None where they should not be needed."""
        record, named = telling.memory, named_by(self._store, telling)
        if force and named.same is None:
            self._store.lift(record.namespace, record.content)
        if named.same is not None:
            gone = self._take_back(record, named.same, named.same.key)
            return Written(self.relater.holds(named.same), "unchanged", taken_back=gone)
        if named.replaced is not None:
            return self._replace(telling, named, rows)
        same = saying(self._store, record, in_bulk=in_bulk)
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
            return self._store.rewrite(keyed.id, replace(telling.over(keyed), key=keyed.key), encoding), "updated"
        self.make_room(record.namespace)
        return self._store.add(record, encoding), "created"

    def _replace(self, telling: Telling, named: Named, rows: Key | None) -> Written:
        """What is told is what an older memory says from now on; its own text becomes history."""
        old = named.replaced
        assert old is not None
        kept = {name: getattr(old, name) for name in _KEPT if name not in telling.fields}
        record = replace(telling.over(old), **kept)
        if is_same_key(record.key, old.key):
            record = replace(record, key=old.key)
        gone = self._take_back(telling.memory, old, record.key)
        self.relater.part(old, named.beside)
        if record.content == old.content:
            return Written(self.relater.holds(old), "unchanged", named.beside, taken_back=gone)
        memory = self._store.rewrite(old.id, record, self._encoded(record, rows, old), verb="replaced")
        return Written(memory, "updated", named.beside, taken_back=gone)

    def _take_back(self, record: MemoryInput, old: Memory, key: str | None) -> str | None:
        """Erase what was stored by the same telling before its caller decided that it is an older memory's.

        Args:
            record: what was told.
            old: whose it is.
            key: that the older one will have: a memory under another key was meant to stay.

        Returns:
            Its id; None: nothing was erased.
        """
        twin = saying(self._store, record)
        if twin is None or twin.id == old.id or twin.position < old.position:
            return None
        if twin.key is not None and not is_same_key(twin.key, key):
            return None
        self._store.set_retention(twin.id, 0.0)
        self.relater.release([twin])
        return twin.id

    def _encoded(self, record: MemoryInput, rows: Key | None, own: Memory | None = None) -> Encoding:
        """How a text is found again, inside the transaction that writes it.

        Raises:
            EmbedderMismatchError: the store was written anew with another embedder since this one was loaded.
        """
        self._encoder().refuse_others(self._store.embedder())
        rows = self._encoder().memories([record.content])[0] if rows is None else rows
        return encode(record.content, rows, spoken=self.is_spoken(record, own))


def encode(content: str, rows: Key, *, spoken: bool) -> Encoding:
    """How a text is found again: by its key rows (P, dim), and by its words; for `spoken` see `words.marks`."""
    return Encoding(rows, memory_words(content, spoken=spoken), is_cjk(content))


def _is_a_turn(memory: MemoryInput) -> bool:
    """Whether hooks kept it of a talk: it revises nothing, and nobody reads what it may concern."""
    return memory.kind == EPISODE and memory.trust == LOWEST
