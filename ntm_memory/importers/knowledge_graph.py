"""The memory server of the Model Context Protocol: entities with observations, and relations between them.

A file of its own has an object a line, `{"type": "entity", "name", "entityType", "observations": […]}` and
`{"type": "relation", "from", "to", "relationType"}`; its tool `read_graph` answers `{"entities", "relations"}`.
Source: https://github.com/modelcontextprotocol/servers/tree/main/src/memory (README.md, index.ts). Forks write
observations as objects with `content` and a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.importers.items import Telling, first_text, tags_of, text_of, time_of


def records_in(value: Any) -> list[Any] | None:
    """Entities and relations of a whole graph; None: it is none."""
    if not isinstance(value, Mapping) or not isinstance(value.get("entities"), list):
        return None
    relations = value.get("relations")
    return [*value["entities"], *(relations if isinstance(relations, list) else [])]


def tellings(record: Mapping[str, Any]) -> list[Telling] | None:
    """One for each observation, or one for a relation; None: it is neither entity nor relation."""
    name, observations = text_of(record.get("name")), record.get("observations")
    if name and (isinstance(observations, list) or "entityType" in record):
        return _of_entity(name, record, observations if isinstance(observations, list) else [])
    ends = [text_of(record.get(each)) for each in ("from", "relationType", "to")]
    if all(ends):
        return [{"content": " ".join([ends[0], ends[1].replace("_", " "), ends[2]]), "occurred_at": _time(record)}]
    return None


def _of_entity(name: str, record: Mapping[str, Any], observations: list[Any]) -> list[Telling]:
    type_ = text_of(record.get("entityType"))
    tags, found = tags_of([type_]), list[Telling]()
    for each in observations:
        said = first_text(each, "content", "text") if isinstance(each, Mapping) else text_of(each)
        when = _time(each) if isinstance(each, Mapping) else None
        found += [{"content": f"{name}: {said}", "tags": tags, "occurred_at": when or _time(record)}] if said else []
    return found or [{"content": f"{name}: {type_}" if type_ else name, "tags": tags, "occurred_at": _time(record)}]


def _time(record: Mapping[str, Any]) -> str | None:
    return time_of(record.get("timestamp"), record.get("createdAt"))
