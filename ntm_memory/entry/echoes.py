"""Refusing what recall printed: which memories a text may be made of, and what is said where it tells nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ntm_memory.errors import EchoError, NotFoundError
from ntm_memory.privacy import framing
from ntm_memory.privacy.echo import ID, LEAST_WORDS, LONGEST, KnownMemory, echo_in
from ntm_memory.privacy.recoded import decoded
from ntm_memory.store.base import Store
from ntm_memory.store.records import Memory, MemoryInput
from ntm_memory.text.printable import printable
from ntm_memory.text.words import index_words
from ntm_memory.times.zones import local_day

MOST = 32
"""Memories that are compared with a text, those first of whose words it has most."""
_SHARE = 0.4
"""Of a memory's index words; its marks are among them, and an echo may be cut off."""


def echoed_memory(
    store: Store, record: MemoryInput, *, decided: bool, own: str | None = None, apart: Collection[str] = ()
) -> Memory | None:
    """The one memory whose words a text tells again, no more and no less; None where it says something else.

    Args:
        store: where memories are.
        record: what is told.
        decided: the caller said what it is to older memories, or names it by a key: only what still looks as it was
            printed is refused.
        own: id of the memory that is changed by it.
        apart: ids of memories that it does not echo.

    Raises:
        EchoError: it tells memories that are there already, and nothing besides.
    """
    printed = ID.findall(record.content[:LONGEST])
    if len(record.content) > LONGEST or (decided and not printed and '"' not in record.content):
        return None
    found = {memory.id: memory for memory in _named(store, printed)}
    found |= {memory.id: memory for memory in _alike(store, record) if memory.id != own}
    known = [_as_printed(memory) for memory in found.values() if memory.id not in apart]
    echo = echo_in(record.content, known, framing.shipped()) if known else None
    if echo is None or (decided and not echo.printed):
        return None
    if echo.alone:
        return found[echo.ids[0]]
    names = ", ".join(echo.ids)
    raise EchoError(
        f"this text was printed by recall; it is in memory already: {names}",
        "store only what is new; to tell one of them again as it is, leave out what was printed around it",
    )


def _named(store: Store, ids: Sequence[str]) -> list[Memory]:
    """The memories of the ids that stand in a text, whatever their state and namespace: the text has the ids itself."""
    found = []
    for id in dict.fromkeys(ids[:MOST]):
        try:
            found.append(store.get(id))
        except NotFoundError:
            continue
    return found


def _alike(store: Store, record: MemoryInput) -> list[Memory]:
    """The live memories of the namespace most of whose words stand in a text."""
    words = list(dict.fromkeys(index_words(printable(decoded(record.content)))))
    if len(words) < LEAST_WORDS // 2:
        return []
    return store.made_of(record.namespace, words, _SHARE, MOST)


def _as_printed(memory: Memory) -> KnownMemory:
    about = (memory.key, memory.source, memory.session, memory.occurred_at, memory.created_at, memory.updated_at)
    days = [local_day(time) for time in (memory.occurred_at, memory.created_at, memory.updated_at) if time]
    told = (*about, *days, memory.trust, memory.namespace, memory.kind, *memory.tags)
    return KnownMemory(memory.id, memory.content, tuple(dict.fromkeys(each for each in told if each)))
