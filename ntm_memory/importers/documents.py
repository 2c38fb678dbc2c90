"""JSON of any known form: what wraps its records is taken off, then each record is read by the form that it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count, islice, repeat
from typing import Any

from ntm_memory.errors import NTMMemoryError
from ntm_memory.importers import agent_file, claude_memories, knowledge_graph, mem0, memory_service
from ntm_memory.importers.conversations import refuse_conversation
from ntm_memory.importers.items import Item, Told, item_at, unknown
from ntm_memory.importers.omissions import Omitted

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
        told, rest = ([each for each in blocks if isinstance(each, kind)] for kind in (dict, Omitted))
        return chain(map(_item, repeat(name), count(1), told), map(Item, repeat(1), rest))
    for each in (value, *_firsts(value)):
        refuse_conversation(each)
    records, within, left = _records_in(value)
    items = items_by(enumerate(records, start=1), name, within=within)  # first: it lets no conversation pass
    if records and not within and not any(isinstance(record, str) or _is_usable(record) for record in records):
        raise unknown(f"it is JSON of an unknown form{_beginning(records[0])}")
    return chain(items, (Item(1, each) for each in left))


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
        yield from (_item(name, number, each) for each in found)
    elif within:
        yield Item(number, unknown(f"it has no text{_beginning(record)}"))
    else:
        yield Item(number, _with_time(record))


def _with_time(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """One of our own records, whose time may be called a date as in tables."""
    if "date" not in record or "occurred_at" in record or "when" in record:
        return record
    return {"occurred_at" if name == "date" else name: value for name, value in record.items()}


def _item(name: str, number: int, told: Told) -> Item:
    return Item(number, told) if isinstance(told, Omitted) else item_at(name, number, **told)


def _tellings(record: Mapping[str, Any], within: bool) -> list[Told] | None:
    found = next((found for form in _FORMS if (found := form(record)) is not None), None)
    return memory_service.tellings(record, within=True) if found is None and within else found


def _records_in(value: Any) -> tuple[list[Any], bool, list[Omitted]]:
    """(records, whether they are surely another program's, what of the value is none of them).

    Raises:
        BadValueError: there are none.
    """
    if isinstance(value, list):
        return value, False, []
    if not isinstance(value, Mapping):
        raise unknown("it is JSON, but no object and no list")
    if (graph := knowledge_graph.records_in(value)) is not None:
        return graph, True, _beside(value, "entities", "relations")
    if _is_usable(value):
        return [value], False, []
    named = [name for name in _WRAPPERS if isinstance(value.get(name), list)]
    lists = named or [name for name, each in value.items() if isinstance(each, list) and any(map(_has_text, each))]
    if len(lists) == 1:
        of_graph = value.get("relations")  # mem0 answers with both
        more = of_graph if isinstance(of_graph, list) and all(map(is_of_others, of_graph)) else []
        return [*value[lists[0]], *more], True, _beside(value, lists[0], *(["relations"] if more else []))
    raise unknown(f"it is JSON of an unknown form{_beginning(value)}")


def _beside(value: Mapping[str, Any], *read: str) -> list[Omitted]:
    """What an object holds beside its records: what each of its other lists does."""
    others = {name: each for name, each in value.items() if isinstance(each, list) and name not in read}
    return [Omitted(str(name)[:40]) for name, each in others.items() for _ in each]


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
