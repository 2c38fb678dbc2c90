"""The memory server of the Model Context Protocol: entities with observations, and relations between them.

A file of its own has an object a line, `{"type": "entity", "name", "entityType", "observations": […]}` and
`{"type": "relation", "from", "to", "relationType"}`; its tool `read_graph` answers `{"entities", "relations"}`.
Source: https://github.com/modelcontextprotocol/servers/tree/main/src/memory (README.md, index.ts). Forks write
observations as objects with `content` and a time, and call the ends of a relation otherwise; so does mem0, in the
`relations` of its answers (`source`, `relationship`, `target` or `destination`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.importers.items import Told, first_text, labels_of, tags_of, text_of, used_time
from ntm_memory.importers.omissions import Omitted

_FROM = ("from", "from_entity", "source")
_RELATION = ("relationType", "relation_type", "relationship")
_TO = ("to", "to_entity", "target", "destination")
_TIMES = ("timestamp", "createdAt", "created_at")
_TYPES = ("entityType", "type", "_type")


def records_in(value: Any) -> list[Any] | None:
    """Entities and relations of a whole graph; None: it is none."""
    if not isinstance(value, Mapping) or not isinstance(value.get("entities"), list):
        return None
    relations = value.get("relations")
    return [*value["entities"], *(relations if isinstance(relations, list) else [])]


def tellings(record: Mapping[str, Any]) -> list[Told] | None:
    """One for each observation, or one for a relation; None: it is neither entity nor relation."""
    name, observations = text_of(record.get("name")), record.get("observations")
    if name and (isinstance(observations, list) or "entityType" in record):
        return _of_entity(name, record, observations if isinstance(observations, list) else [])
    ends = [next((each for each in names if text_of(record.get(each))), "") for names in (_FROM, _RELATION, _TO)]
    if not all(ends) or "content" in record:
        return None
    subject, relation, aim = (text_of(record[each]) for each in ends)
    time, of_time = used_time(record, *_TIMES)
    tags, left = labels_of(record, {*ends, *of_time, *_TYPES})
    return [{"content": " ".join([subject, relation.replace("_", " "), aim]), "tags": tags, "occurred_at": time}, *left]


def _of_entity(name: str, record: Mapping[str, Any], observations: list[Any]) -> list[Told]:
    type_ = text_of(record.get("entityType"))
    time, of_time = used_time(record, *_TIMES)
    labels, left = labels_of(record, {"name", "observations", "tags", *of_time, *_TYPES})
    tags, found = [*tags_of([type_], record.get("tags")), *labels], list[Told]()
    for each in observations:
        if isinstance(each, Mapping):
            said, (when, of_when) = first_text(each, "content", "text"), used_time(each, *_TIMES)
            more, more_left = labels_of(each, {"content", "text", *of_when}, "field observation.")
        else:
            said, when, more, more_left = text_of(each), None, list[str](), []
        found += [{"content": f"{name}: {said}", "tags": tags + more, "occurred_at": when or time}] if said else []
        found += more_left if said else [Omitted("observation without a text")]
    if not any(isinstance(each, dict) for each in found):
        found.append({"content": f"{name}: {type_}" if type_ else name, "tags": tags, "occurred_at": time})
    return [*found, *left]
