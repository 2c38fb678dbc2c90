"""mem0: what `get_all` answers and its exports hold, `{"results": […]}`, a list, or an object a line.

An object has `memory` (older ones `text`), `created_at`, `metadata`, `categories`.
Source: https://docs.mem0.ai/cookbooks/essentials/exporting-memories, https://docs.mem0.ai/api-reference/memory/get-memories
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ntm_memory.importers.items import Telling, first_text, labels_of, tags_of, text_of, time_of

_FIELDS = frozenset(
    {
        "id", "text", "hash", "metadata", "categories", "tags", "created_at", "updated_at", "user_id", "agent_id",
        "app_id", "run_id", "actor_id", "role", "score", "immutable", "expiration_date", "organization", "owner",
        "input",
    }
)  # fmt: skip
"""What an object may have whose text is in `text`: any list of objects has that name somewhere."""


def tellings(record: Mapping[str, Any]) -> list[Telling] | None:
    """What a memory says; None: it is none of mem0's."""
    said = first_text(record, "memory", "text")
    is_known = text_of(record.get("memory")) or set(record) <= _FIELDS
    if not said or not is_known or "content" in record:
        return None
    return [
        {
            "content": said,
            "tags": [*tags_of(record.get("categories"), record.get("tags")), *labels_of(record.get("metadata"))],
            "occurred_at": time_of(record.get("created_at")),
        }
    ]
