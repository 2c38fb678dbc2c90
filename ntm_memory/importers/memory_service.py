"""mcp-memory-service, and other programs whose objects have a `content`: `{"export_metadata": …, "memories": […]}`.

An object has `content`, `content_hash`, `tags`, `memory_type`, `metadata`, `created_at` (seconds since 1970) and
`created_at_iso`. Source: https://github.com/doobidoo/mcp-memory-service (src/mcp_memory_service/sync).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.importers.items import Telling, first_text, labels_of, share_of, tags_of, text_of, time_of

_NOT_OURS = frozenset(
    {"content_hash", "created_at", "created_at_iso", "updated_at", "memory_type", "metadata", "timestamp", "date"}
)
"""Fields that our own form does not have, and that tell another program's."""


def tellings(record: Mapping[str, Any], *, within: bool = False) -> list[Telling] | None:
    """What an object says; None: it is no other program's.

    Args:
        record: the object.
        within: whether the file is known to be another program's; then any object with a text will do.
    """
    said = first_text(record, "content", "memory", "text", "note") if within else text_of(record.get("content"))
    if not said or not (within or _NOT_OURS & set(record)):
        return None
    times = ("occurred_at", "when", "created_at_iso", "created_at", "timestamp", "date")
    return [
        {
            "content": said,
            "tags": [*tags_of(record.get("tags"), record.get("categories")), *labels_of(record.get("metadata"))],
            "kind": first_text(record, "memory_type", "kind", "type"),
            "importance": share_of(record.get("importance")),
            "occurred_at": time_of(*(record.get(name) for name in times)),
        }
    ]
