"""mcp-memory-service, and other programs whose objects have a `content`: `{"export_metadata": …, "memories": […]}`.

An object has `content`, `content_hash`, `tags`, `memory_type`, `metadata`, `created_at` (seconds since 1970) and
`created_at_iso`. Source: https://github.com/doobidoo/mcp-memory-service (src/mcp_memory_service/sync).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.importers.items import Told, labels_of, share_of, tags_of, text_of, titled, used_text, used_time

_NOT_OURS = frozenset(
    {"content_hash", "created_at", "created_at_iso", "updated_at", "memory_type", "metadata", "timestamp"}
)
"""Fields that our own form does not have, and that tell another program's."""
_TEXTS = ("content", "memory", "text", "note", "fact")
_TIMES = ("occurred_at", "when", "created_at_iso", "created_at", "createdAt", "timestamp", "date")


def tellings(record: Mapping[str, Any], *, within: bool = False) -> list[Told] | None:
    """What an object says; None: it is no other program's. What it calls a key, a namespace and so on is a tag.

    Args:
        record: the object.
        within: whether the file is known to be another program's; then any object with a text will do.
    """
    names = [name for name in (_TEXTS if within else _TEXTS[:1]) if text_of(record.get(name))]
    if not names or not (within or _NOT_OURS & set(record)):
        return None
    title, of_title = used_text(record, "title")
    kind, of_kind = used_text(record, "memory_type", "kind", "type")
    time, of_time = used_time(record, *_TIMES)
    weight = share_of(record.get("importance"))
    used = {names[0], "tags", "categories", *of_title, *of_kind, *of_time, *([] if weight is None else ["importance"])}
    metadata = record.get("metadata")
    is_object = isinstance(metadata, Mapping)
    tags, left = labels_of(record, used | {"metadata"} if is_object else used)
    inner, inner_left = labels_of(metadata, (), "field metadata.")
    telling = {
        "content": titled(title, text_of(record[names[0]])),
        "tags": [*tags_of(record.get("tags"), record.get("categories")), *inner, *tags],
        "kind": kind,
        "importance": weight,
        "occurred_at": time,
    }
    return [telling, *left, *inner_left]
