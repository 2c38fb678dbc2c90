"""Whether a memory says already what is told."""

from __future__ import annotations

from dataclasses import replace

from ntm_memory.entry.echoes import echoed_memory
from ntm_memory.entry.telling import Telling, named_by
from ntm_memory.operations.validation import UNDECIDED
from ntm_memory.store.base import Store
from ntm_memory.store.records import Memory, MemoryInput
from ntm_memory.text.folding import folded_key, same_identifiers, same_telling
from ntm_memory.text.occurrence import is_same_time

_MOST_OF_ENDING = 9


def saying(store: Store, record: MemoryInput, *, in_bulk: bool = False) -> Memory | None:
    """The live memory that says this already, and nothing told differently.

    Case, width, white space, line ends and a stop at the end do not count, but the case of identifiers does. One that
    was revised since is true again when it is told again, but not when a file of many is read twice.
    """
    if record.key is not None:
        keyed = store.find_key(record.namespace, record.key)
        return keyed if keyed is not None and same_telling(keyed.content, record.content) else None
    source = None if in_bulk and _file_of(record.source or "") else record.source
    told = {"session": record.session, "kind": record.kind, "source": source}
    same = {name: value for name, value in told.items() if value is not None}
    for memory in store.find_content(record.namespace, record.content, **same):
        new, old = _places(record.source, memory.source, in_bulk)
        again = memory.superseded_by is not None and not in_bulk and record.occurred_at is None
        dated = record.occurred_at is None or is_same_time(record.occurred_at, memory.occurred_at, store.zone)
        if not again and dated and (new is None or new == old):
            return memory
    return None


def _places(new: str | None, old: str | None, in_bulk: bool) -> tuple[str | None, str | None]:
    """Two sources as they tell of one telling or of two: in a file that was edited since a line has another number."""
    files = [_file_of(each) if in_bulk and each else "" for each in (new, old)]
    return (files[0], files[1]) if all(files) else (new, old)


def _file_of(source: str) -> str:
    """The file of a source such as `notes/MEMORY.md:12`; empty for any other."""
    file, _, line = source.rpartition(":")
    return file if line.isdecimal() and "." in file[-_MOST_OF_ENDING:] else ""


def known(store: Store, telling: Telling, *, in_bulk: bool = False) -> Memory | None:
    """The live memory that needs no other text: it says this already, or the caller says so."""
    named, record = named_by(store, telling), telling.memory
    if named.replaced is not None:
        return named.replaced if named.replaced.content == record.content else None
    return named.same or saying(store, record, in_bulk=in_bulk)


def told_again(store: Store, telling: Telling, *, in_bulk: bool = False) -> Memory | None:
    """The memory that says the same in the same words, whatever their case and punctuation.

    Raises:
        EchoError: the text is what recall printed, and nothing besides.
    """
    record = telling.memory
    decided = telling.decision != UNDECIDED or record.key is not None
    found = echoed_memory(store, record, decided=decided)
    if found is None or not same_identifiers(found.content, record.content):
        return None
    return saying(store, replace(record, content=found.content), in_bulk=in_bulk)


def is_same_key(one: str | None, other: str | None) -> bool:
    """Whether two keys are one, however they are spelled."""
    return one is not None and other is not None and folded_key(one) == folded_key(other)
