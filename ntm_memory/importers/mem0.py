"""mem0: what `get_all` answers and its exports hold, `{"results": […]}`, a list, or an object a line.

An object has `memory` (older ones `text`), `created_at`, `metadata`, `categories`.
Source: https://docs.mem0.ai/cookbooks/essentials/exporting-memories, https://docs.mem0.ai/api-reference/memory/get-memories
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.importers.items import Told, labels_of, tags_of, text_of, used_time

_FIELDS = frozenset(
    {
        "id", "text", "hash", "metadata", "categories", "tags", "created_at", "updated_at", "user_id", "agent_id",
        "app_id", "run_id", "actor_id", "role", "score", "immutable", "expiration_date", "organization", "owner",
        "input",
    }
)  # fmt: skip
"""What an object may have whose text is in `text`: any list of objects has that name somewhere."""


def tellings(record: Mapping[str, Any]) -> list[Told] | None:
    """What a memory says, whose it is as a tag; None: it is none of mem0's."""
    name = next((name for name in ("memory", "text") if text_of(record.get(name))), None)
    is_known = name == "memory" or set(record) <= _FIELDS
    if name is None or not is_known or "content" in record:
        return None
    time, of_time = used_time(record, "created_at")
    metadata = record.get("metadata")
    read = {name, "categories", "tags", *of_time, *(["metadata"] if isinstance(metadata, Mapping) else [])}
    tags, left = labels_of(record, read)
    inner, inner_left = labels_of(metadata, (), "field metadata.")
    telling = {
        "content": text_of(record[name]),
        "tags": [*tags_of(record.get("categories"), record.get("tags")), *inner, *tags],
        "occurred_at": time,
    }
    return [telling, *left, *inner_left]
