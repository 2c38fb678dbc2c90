"""What was merged, written into the memory here: keys are made outside the writer lock, a few memories at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError, NotFoundError, StoreCorruptError
from ntm_memory.operations.write import encode
from ntm_memory.privacy.tombstones import Tombstone
from ntm_memory.recall.encoder import Encoder
from ntm_memory.store.base import Store
from ntm_memory.store.records import Link, Memory, Version
from ntm_memory.sync.collecting import LocalMemory, Seen
from ntm_memory.sync.merging import Merging
from ntm_memory.sync.merging_writer import MergingWriter
from ntm_memory.sync.projection import Projected, to_record
from ntm_memory.sync.registers import is_empty, top
from ntm_memory.text.folding import folded_key

BATCH = 64
_MOST_TOLD = 5
_CHANGED = "it, or what has its key, was changed here meanwhile"
_Keys = Mapping[str, NDArray[np.float32]]


class Due(NamedTuple):
    """A memory that is to be written.

    Args:
        memory: as it is to be.
        history: its older versions.
        told: what is known of it.
        keys: the key rows of its texts.
    """

    memory: Memory
    history: list[Version]
    told: Projected
    keys: _Keys


class Applier:
    """Writes what was merged.

    Args:
        store: the memory.
        writer: writes into it what was told elsewhere.
        merging: what is known.
        encoder: loads the embedder; asked only where a text is new here.
        is_spoken: whether a name before a colon in a memory's text is a speaker's.
    """

    def __init__(
        self,
        store: Store,
        writer: MergingWriter,
        merging: Merging,
        encoder: Callable[[], Encoder],
        is_spoken: Callable[[Memory], bool],
    ) -> None:
        self._store = store
        self._writer = writer
        self._merging = merging
        self._state = merging.state
        self._encoder = encoder
        self._is_spoken = is_spoken
        self.written: dict[str, None] = {}
        self.purged = 0
        self.refused: dict[str, str] = {}
        self.waiting: dict[str, str] = {}
        self._damaged: dict[str, str] = {}

    @property
    def unread(self) -> list[str]:
        """What no memory can be, and why."""
        return [f"memory {id}: {why}" for id, why in self.refused.items()]

    @property
    def warnings(self) -> list[str]:
        """What was told and is not written here yet, and why."""
        told = [f"memory {id} is not written yet: {why}" for id, why in self.waiting.items()]
        more = len(told) - _MOST_TOLD
        return told[:_MOST_TOLD] + ([f"and {more} more are not written yet"] if more > 0 else [])

    def apply_tombstones(self) -> bool:
        """Keep here what was retracted, and lift what was lifted, elsewhere; whether there was any."""
        due = self._state.tombstones(due=True)
        if not due:
            return False
        names = {name: tuple(name.split("/", 3)) for name in due}
        with self._store.transaction():
            self._writer.drop_tombstones([(a, b, c, d) for a, b, c, d in names.values()])
            kept = [(names[name], register[1]) for name, register in due.items() if register[1] is not None]
            self._store.take_over([Tombstone(a, b, c, id=d, **rest) for (a, b, c, d), rest in kept])
        with self._state.writing():
            for name, register in due.items():
                self._state.put_tombstone(name, register, due=False)
        return True

    def apply(self) -> None:
        """Write all that is due; what waits for the next time is in `waiting`, and why."""
        waiting = self._state.ids("due")
        while waiting:
            batch, waiting = waiting[:BATCH], waiting[BATCH:]
            self._apply_some(batch)
        for space in sorted(self._merging.unordered):
            self._writer.order(self._state.births(space), space)
        self._merging.unordered.clear()
        with self._state.writing():
            self._merging.finish()
        left = [id for id in self._state.ids("due") if id not in self.refused]
        self.waiting = {
            id: f"it is damaged here: {self._damaged[id]}" if id in self._damaged else _CHANGED for id in left
        }

    def _apply_some(self, ids: Sequence[str]) -> None:
        purged, empty, due, standing = [], [], dict[str, Due](), dict[str, Seen]()
        for id in dict.fromkeys(ids):
            known = self._state.known(id)
            told = self._merging.projected(id, known)
            local = self._local(id)
            if "purged" in known:
                purged.append(id)
            elif told is not None and local is not None and local.says(told):
                self._add_links(id, local, told)
                standing[id] = self._standing(id, local, told)
            elif told is not None and self._is_as_seen(id, local):
                self._prepare(id, told, due)
            elif told is None and (local is None or (is_empty(known) and self._is_as_seen(id, local))):
                empty.append(id)
        self._merging.unordered |= {each.told.namespace for each in due.values()}
        with self._state.writing():
            self._merging.finish()
        self._embed(due)
        self._merging.emptied.update(empty)
        standing |= self._write(due, [id for id in (*purged, *empty) if self._is_here(id)])
        with self._state.writing():
            for id in (*purged, *empty):
                self._state.note_seen(id, None, settled=True)
            for id, seen in standing.items():
                self._state.note_seen(id, seen, settled=True)

    def _prepare(self, id: str, told: Projected, due: dict[str, Due]) -> None:
        """Add a memory to those that are written together, and the one here that has its key."""
        try:
            memory, history = to_record(id, told)
        except BadValueError as error:
            self.refused[id] = error.message
            return
        due[id] = Due(memory, history, told, self._writer.keys_by_text(id))
        key = told.fields["key"]
        holder = self._store.find_key(told.namespace, key) if told.is_live and key else None
        if holder is not None and holder.id not in due:
            other = self._merging.projected(holder.id)
            if other is not None and self._is_as_seen(holder.id, self._local(holder.id)):
                self._prepare(holder.id, other, due)

    def _embed(self, due: dict[str, Due]) -> None:
        """Make the key rows of texts that are new here."""
        texts = {id: {e.memory.content, *(old.content for old in e.history)} - {*e.keys} for id, e in due.items()}
        missing = sorted({text for each in texts.values() for text in each})
        if not missing:
            return
        made = dict(zip(missing, self._encoder().memories(missing), strict=True))
        for id, own in texts.items():
            due[id] = due[id]._replace(keys={**due[id].keys, **{text: made[text] for text in own}})

    def _write(self, due: Mapping[str, Due], purged: Sequence[str]) -> dict[str, Seen]:
        """Write some memories in one transaction; how those that are written stand from then on."""
        done: dict[str, Seen] = {}
        if not due and not purged:
            return done
        with self._store.transaction():
            if due and self._store.embedder() is None:
                self._store.set_embedder(self._encoder().identity)
            ready = self._ready(due)
            for id, each in ready.items():
                self._free_key(id, each)
            for id, each in ready.items():
                if self._place(each):
                    local = self._local(id)
                    assert local is not None
                    done[id] = self._standing(id, local, each.told)
            self.purged += self._store.purge(purged)
        self.written |= dict.fromkeys(done)
        return done

    def _free_key(self, id: str, due: Due) -> None:
        """Take the key from a memory that is not to have it any more: another one may be to."""
        local = self._local(id)
        key = None if local is None or local.memory.state != "live" else local.memory.key
        wanted = due.told.fields["key"] if due.told.is_live else None
        if key is not None and (wanted is None or folded_key(wanted) != folded_key(key)):
            self._store.amend(id, key=None)

    def _ready(self, due: Mapping[str, Due]) -> dict[str, Due]:
        """Those that nobody changed here meanwhile, and whose key no memory has that must wait."""
        ready = {id: each for id, each in due.items() if self._is_as_seen(id, self._local(id))}
        while taken := [id for id, each in ready.items() if self._is_taken(id, each, ready)]:
            for id in taken:
                del ready[id]
        return ready

    def _is_taken(self, id: str, due: Due, ready: Mapping[str, Due]) -> bool:
        key = due.told.fields["key"]
        holder = self._store.find_key(due.told.namespace, key) if key and due.told.is_live else None
        return holder is not None and holder.id != id and holder.id not in ready

    def _place(self, due: Due) -> bool:
        """Write one memory; what no store can hold is told, and keeps no other from being written."""
        memory = due.memory
        encoding = encode(memory.content, due.keys[memory.content], spoken=self._is_spoken(memory))
        try:
            with self._store.transaction():
                self._writer.place(memory, encoding, due.history, [due.keys[old.content] for old in due.history])
        except BadValueError as error:
            self.refused[memory.id] = error.message
            return False
        return True

    def _standing(self, id: str, local: LocalMemory, told: Projected) -> Seen:
        """How a memory stands here that says what is known of it."""
        stamps = {text.version: text.stamp for text in told.texts}
        return local.as_seen(stamps, told.known, latest_of(self._merging, id))

    def _is_as_seen(self, id: str, local: LocalMemory | None) -> bool:
        """Whether nobody changed a memory here since it was looked at."""
        seen = self._state.seen(id)
        if local is None or seen is None:
            return local is None and id not in self._damaged
        stands = local.as_seen({int(version): text[0] for version, text in seen["texts"].items()}, (), "")
        return bool(stands["fields"] == seen["fields"] and stands["texts"] == seen["texts"])

    def _add_links(self, id: str, local: LocalMemory, told: Projected) -> None:
        """Add links that are new here; one whose target is not live is there, and not shown."""
        missing = [Link(target, *about) for target, about in told.links.items() if target not in local.links]
        if missing:
            self._writer.add_links(id, missing)

    def _is_here(self, id: str) -> bool:
        return self._local(id) is not None or id in self._damaged

    def _local(self, id: str) -> LocalMemory | None:
        """The memory as it stands here; a damaged one is told, and stays as it is."""
        try:
            return LocalMemory(self._store.get(id), self._store.history(id), self._writer.links(id))
        except NotFoundError:
            return None
        except StoreCorruptError as error:
            self._damaged[id] = error.message
            return None


def latest_of(merging: Merging, id: str) -> str:
    """The greatest stamp of what is known of a memory and of those joined into it."""
    return max([top(merging.state.known(id)), *(top(part) for part in merging.parts(id))], default="")


def retracted_here(store: Store, memories: Iterable[Memory]) -> dict[str, bool]:
    """Id → whether it is to be removed for good, of live memories that say, word by word, what was retracted."""
    found: dict[str, bool] = {}
    for memory in memories:
        whole = [each for each in store.retracted_in(memory.namespace, memory.content) if each.line is None]
        if whole:
            found[memory.id] = any(each.purged for each in whole)
    return found
