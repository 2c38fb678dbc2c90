"""JSON of any known form: what wraps its records is taken off, then each record is read by the form that it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from ntm_memory.errors import NTMMemoryError
from ntm_memory.importers import agent_file, claude_memories, knowledge_graph, mem0, memory_service
from ntm_memory.importers.conversations import refuse_conversation
from ntm_memory.importers.items import Item, Telling, item_at, unknown

Record = tuple[int, Any]
_FORMS = (knowledge_graph.tellings, claude_memories.tellings, mem0.tellings, memory_service.tellings)
_WRAPPERS = ("memories", "results")
"""What lists are called that are surely of memories; another one counts where there is no second."""
_GLANCE = 100


def items_in(value: Any, name: str = "") -> Iterator[Item]:
    """What a JSON value tells.

    Args:
        value: an object or a list.
        name: of the file.

    Raises:
        BadValueError: it is a conversation, or of no known form.
    """
    blocks = agent_file.tellings(value)  # first: it holds messages, too
    if blocks is not None:
        return (item_at(name, line, **each) for line, each in enumerate(blocks, start=1))
    for each in (value, *_firsts(value)):
        refuse_conversation(each)
    records, within = _records_in(value)
    items = items_by(enumerate(records, start=1), name, within=within)  # first: it lets no conversation pass
    if records and not within and not any(isinstance(record, str) or _is_usable(record) for record in records):
        raise unknown(f"it is JSON of an unknown form{_beginning(records[0])}")
    return items


def items_by(records: Iterable[Record], name: str = "", *, within: bool = False) -> Iterator[Item]:
    """What numbered records tell; one of no other form is given on as it is, as one of ours.

    Args:
        records: each with its line or number; an error stands for one that cannot be read.
        name: of the file.
        within: whether they are known to be another program's.

    Raises:
        BadValueError: one of the first is part of a conversation.
    """
    rest = iter(records)
    begin = list(islice(rest, _GLANCE))
    for _, record in begin:
        refuse_conversation(record)
    return (item for number, record in chain(begin, rest) for item in _items(number, record, name, within))


def is_of_others(record: Any) -> bool:
    """Whether an object is of another program's form that is known here."""
    return isinstance(record, Mapping) and any(form(record) is not None for form in _FORMS)


def _items(number: int, record: Any, name: str, within: bool) -> Iterator[Item]:
    if isinstance(record, NTMMemoryError):
        yield Item(number, record)
    elif isinstance(record, str):
        yield item_at(name, number, record)
    elif not isinstance(record, Mapping):
        yield Item(number, unknown("it is no object"))
    elif (found := _tellings(record, within)) is not None:
        yield from (item_at(name, number, **each) for each in found)
    elif within:
        yield Item(number, unknown(f"it has no text{_beginning(record)}"))
    else:
        yield Item(number, record)


def _tellings(record: Mapping[str, Any], within: bool) -> list[Telling] | None:
    found = next((found for form in _FORMS if (found := form(record)) is not None), None)
    return memory_service.tellings(record, within=True) if found is None and within else found


def _records_in(value: Any) -> tuple[list[Any], bool]:
    """(records, whether they are surely another program's).

    Raises:
        BadValueError: there are none.
    """
    if isinstance(value, list):
        return value, False
    if not isinstance(value, Mapping):
        raise unknown("it is JSON, but no object and no list")
    if (graph := knowledge_graph.records_in(value)) is not None:
        return graph, True
    if _is_usable(value):
        return [value], False
    named = [value[name] for name in _WRAPPERS if isinstance(value.get(name), list)]
    lists = named or [each for each in value.values() if isinstance(each, list) and any(map(_has_text, each))]
    if len(lists) == 1:
        return lists[0], True
    raise unknown(f"it is JSON of an unknown form{_beginning(value)}")


def _firsts(value: Any) -> Iterator[Any]:
    """The first of each list that an object holds."""
    lists = value.values() if isinstance(value, Mapping) else ()
    return (each[0] for each in lists if isinstance(each, list) and each)


def _is_usable(record: Any) -> bool:
    """Whether it is a record, of ours or of another program."""
    return isinstance(record, Mapping) and ("content" in record or is_of_others(record))


def _has_text(record: Any) -> bool:
    return isinstance(record, Mapping) and memory_service.tellings(record, within=True) is not None


def _beginning(record: Any) -> str:
    """The first names of an object, as the end of a sentence."""
    names = ", ".join(str(name)[:40] for name in list(record)[:6]) if isinstance(record, Mapping) else ""
    return f", with {names}" if names else ""
