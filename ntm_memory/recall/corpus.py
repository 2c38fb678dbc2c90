"""What is known in a namespace: now, or as it was at a moment."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.mentioned import telling_of_filter
from ntm_memory.slots.columns import refuse
from ntm_memory.store.base import StoreReader
from ntm_memory.store.records import About, Memory, MemoryMatrix, Postings, Version
from ntm_memory.text.folding import folded_key, same_telling, text_hash
from ntm_memory.text.iso_time import unix_seconds
from ntm_memory.text.occurrence import is_of, span
from ntm_memory.times.told import Time

_MOST_SLOTS = 1 << 40


class Corpus:
    """The memories of a namespace by their index 0…N−1 in order of writing.

    Args:
        store: where they are.
        namespace: which ones.
        as_of: ISO 8601 in UTC: as it was then; None: as it is now.
        restorable: instead, what is erased, archived or weakened.
        former: instead, what memories said before they were changed.
        then: of these only what was so at one of some times; (): all.
    """

    def __init__(
        self,
        store: StoreReader,
        namespace: str,
        as_of: str | None = None,
        *,
        restorable: bool = False,
        former: bool = False,
        then: Sequence[Time] = (),
    ) -> None:
        self._store = store
        self._said_then = then
        self.namespace = namespace
        self._then: list[Memory] | None = None
        self.moment = "" if as_of is None else f" as of {as_of}"
        self.slots: MemoryMatrix
        if former:
            self.slots, self._then, self._words = store.memory_matrix_of_former(namespace)
        elif restorable:
            self.slots, self._then, self._words = store.memory_matrix_of_restorable(namespace)
        elif as_of is None:
            self.slots = store.memory_matrix(namespace)
        else:
            self.slots, self._then, self._words = store.memory_matrix_as_of(namespace, as_of)

    @property
    def is_now(self) -> bool:
        """Whether this is what is known now."""
        return self._then is None

    def memories(self, index: NDArray[np.int64]) -> list[Memory | None]:
        """The records at these indices; None where one was erased in the meantime."""
        if self._then is not None:
            return [self._then[i] for i in index]
        addresses = self.slots.address[index].tolist()
        found = {memory.address: memory for memory in self._store.get_many(addresses)}
        told = zip(addresses, self.slots.at("position", index).tolist(), strict=True)
        memories = [(found.get(address), position) for address, position in told]
        refuse(not all(0 <= address < _MOST_SLOTS for address in addresses))
        refuse(any(memory is not None and memory.position != position for memory, position in memories))
        return [memory for memory, _ in memories]

    def saying(self, content: str) -> list[Memory]:
        """The memories that say this; see `text.folding.same_telling`."""
        return self.saying_each([content])[content]

    def saying_each(self, contents: Sequence[str]) -> dict[str, list[Memory]]:
        """The same for several texts, each with the memories that say it, the oldest first."""
        there = (
            self._by_text if self._then is not None else _by_text(self._store.find_content(self.namespace, *contents))
        )
        return {
            content: [memory for memory in there.get(text_hash(content), ()) if same_telling(memory.content, content)]
            for content in contents
        }

    @cached_property
    def _by_text(self) -> dict[int, list[Memory]]:
        """The memories of a state that is past, by their texts."""
        return _by_text(self._then or ())

    @cached_property
    def _stretches(self) -> NDArray[np.float64]:
        """(N, 2) unix seconds from when until when each of the versions of before was so: until the next one was."""
        versions = self._then or []
        now = {memory.id: memory for memory in self._store.get_many(_slots_of(versions))}
        following = [*versions[1:], None]
        ends = [
            after if after is not None and after.id == each.id else now.get(each.id)
            for each, after in zip(versions, following, strict=True)
        ]
        began = [[_began(each, self._store.zone) for each in pair] for pair in zip(versions, ends, strict=True)]
        return np.array(began).reshape(-1, 2)

    def until(self, memory: Memory) -> str | None:
        """When a memory of here said something else from then on; None: it says now what it says here."""
        if self._then is None:
            return None
        versions = self._store.history(memory.id)
        old = next((at for at, each in enumerate(versions) if each.version == memory.version), None)
        if old is None:
            return None
        after = versions[old + 1] if old + 1 < len(versions) else self._store.get(memory.id)
        return ended(versions[old], after, self._store.zone)

    def versions(self, id: str, allowed: NDArray[np.bool_] | None) -> list[Memory]:
        """What a memory said before it was changed, the oldest first, of those that a question may see."""
        then = enumerate(self._then or ())
        return [memory for i, memory in then if memory.id == id and (allowed is None or allowed[i])]

    def postings(self, words: Sequence[str]) -> Postings:
        """Where these index words occur."""
        if self._then is None:
            return self._store.postings(self.namespace, words)
        address: dict[str, NDArray[np.int64]] = {}
        count: dict[str, NDArray[np.int64]] = {}
        for word in words:
            counts = np.array([each.count(word) for each in self._words], dtype=np.int64)
            address[word], count[word] = self.slots.address[counts > 0], counts[counts > 0]
        return Postings(address, count)

    def naming(self, about: About) -> NDArray[np.bool_]:
        """(N,) which memories a list about a name shows; of what is known now."""
        return np.isin(self.slots.address, self._store.naming(self.namespace, about))

    def holding(self, words: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
        """Word → (N,) which memories hold it, of those words that any does."""
        found = self.postings(words).address
        return {word: np.isin(self.slots.address, held) for word, held in found.items() if len(held)}

    def words_of(self, index: int, id: str) -> Sequence[str]:
        """The index words and marks of the memory with this index and id."""
        return self._store.words_of(id)[0] if self._then is None else self._words[index]

    def focus(self, session: str | None) -> tuple[dict[int, float], dict[int, float]]:
        """(index → weight of the session's last look, the same of the trace of all), as far as they are known."""
        if session is None:
            return {}, {}
        told = self._store.focus(self.namespace, session)
        at = self.places(list({**told.last, **told.trace}))
        last, trace = ({at[id]: weight for id, weight in each.items() if id in at} for each in told)
        return last, trace

    def places(self, ids: Sequence[str]) -> dict[str, int]:
        """Id → index of those that are known."""
        if self._then is not None:
            return {memory.id: i for i, memory in enumerate(self._then) if memory.id in set(ids)}
        addresses = self._store.slots_of(ids) if ids else {}
        found = self.slots.places(np.array(list(addresses.values()), dtype=np.int64)).tolist()
        return {id: i for id, i in zip(addresses, found, strict=True) if i >= 0}

    def allowed(
        self, tags: Sequence[str], after: str | None, before: str | None, trusted: Sequence[str] | None
    ) -> NDArray[np.bool_] | None:
        """(N,) what has all these tags, one of these levels of trust, and is of [after, before); None: all."""
        if not tags and after is None and before is None and trusted is None and not self._said_then:
            return None
        slots = self.slots
        allowed = np.ones(len(slots), dtype=bool)
        if after is not None or before is not None:
            since, until = (None if end is None else unix_seconds(end) for end in (after, before))
            happened = is_of(slots.happened, slots.over, since, until)
            allowed &= happened | telling_of_filter(slots, since, until, self._store.zone)
        if trusted is not None:
            allowed &= self._trusted(trusted)
        if self._said_then:
            allowed &= self._so_at(self._said_then)
        return allowed & self._tagged(tags) if tags else allowed

    def _so_at(self, times: Sequence[Time]) -> NDArray[np.bool_]:
        """(N,) which of the versions of before were so at one of some times."""
        start, end = self._stretches.T
        so: NDArray[np.bool_] = np.any([is_of(start, end, time.start, time.end) for time in times], axis=0)
        return so

    def _trusted(self, levels: Sequence[str]) -> NDArray[np.bool_]:
        if self._then is not None:
            return np.array([memory.trust in levels for memory in self._then], dtype=bool)
        return np.isin(self.slots.address, self._store.trusted(self.namespace, levels))

    def _tagged(self, tags: Sequence[str]) -> NDArray[np.bool_]:
        if self._then is not None:
            wanted = {*map(folded_key, tags)}
            return np.array([wanted <= {*map(folded_key, memory.tags)} for memory in self._then], dtype=bool)
        return np.isin(self.slots.address, self._store.tagged(self.namespace, tags))


def _by_text(memories: Iterable[Memory]) -> dict[int, list[Memory]]:
    """Memories by the hash of what they say, in the order of writing."""
    found: dict[int, list[Memory]] = {}
    for memory in sorted(memories, key=lambda each: each.position):
        found.setdefault(text_hash(memory.content), []).append(memory)
    return found


def ended(old: Version, after: Memory | Version, zone: tzinfo | None) -> str:
    """When what a version says was no longer so: when what follows it happened, where that was told, else was told.

    What is told to have happened no later than the version itself only puts it right.
    """
    began = old.occurred_at or old.valid_from
    happened = after.occurred_at
    if happened is not None and span(happened, zone)[0] > span(began, zone)[0]:
        return happened
    return old.valid_to


def _slots_of(memories: Sequence[Memory]) -> list[int]:
    return [*dict.fromkeys(memory.address for memory in memories if memory.address is not None)]


def _began(memory: Memory | None, zone: tzinfo | None) -> float:
    """When what a memory says began to be so, unix seconds; NaN where nobody knows."""
    return math.nan if memory is None else span(memory.occurred_at or memory.updated_at, zone)[0]


def _placed(store: StoreReader, id: str) -> tuple[Memory, MemoryMatrix, NDArray[np.int64]]:
    """A memory, the matrix of its namespace, and its place there: none where it is not live."""
    anchor = store.get(id)
    slots = store.memory_matrix(anchor.namespace)
    return anchor, slots, np.flatnonzero((slots.address == anchor.address) & (anchor.state == "live"))


def around_place(store: StoreReader, id: str, count: int) -> tuple[Memory, list[Memory], int, int]:
    """A memory, and what stands around it in its session, up to so many before and after, in the order of writing.

    Args:
        store: where it is.
        id: of the memory.
        count: ≥ 0.

    Returns:
        (the memory; those around it with itself, none where it is not live; the place of the first of these in the
        session, from 1; how many the session has).
    """
    anchor, slots, at = _placed(store, id)
    if not len(at):
        return anchor, [], 0, 0
    session, here = _in_session(slots, int(at[0]))
    first = max(here - count, 0)
    return anchor, store.get_many(slots.address[session[first : here + count + 1]].tolist()), first + 1, len(session)


def at_place(store: StoreReader, id: str, steps: int) -> tuple[Memory, Memory | None]:
    """A memory, and the one so many steps after it (before, if negative) in its session, if both are live."""
    anchor, slots, at = _placed(store, id)
    if not len(at):
        return anchor, None
    session, here = _in_session(slots, int(at[0]))
    there = session[here + steps : here + steps + 1] if here + steps >= 0 else session[:0]
    found = store.get_many(slots.address[there].tolist())
    return anchor, found[0] if found else None


def _in_session(slots: MemoryMatrix, index: int) -> tuple[NDArray[np.int64], int]:
    """The memories of the session of one, in the order of writing, and the place of that one among them."""
    session = np.flatnonzero(slots.session == slots.session[index])
    return session, int(np.searchsorted(session, index))
