"""What is in a namespace, the last written first, page by page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ntm_memory.errors import BadValueError, shown, whole_number
from ntm_memory.operations.validation import checked_name
from ntm_memory.store.base import RecordReader
from ntm_memory.text.excerpts import MARK

MOST = 100
LONGEST = 500
"""Characters of one memory that a list shows."""


def newest(
    store: RecordReader, *, namespace: str | None = None, limit: int = 20, cursor: str | None = None
) -> dict[str, Any]:
    """One page of the live memories of a namespace.

    Args:
        store: where they are.
        namespace: of which.
        limit: at most so many, 1–100.
        cursor: `next` of the page before; None: the first page.

    Returns:
        `memories`, each with its content cut at `LONGEST` characters; `total`, how many the namespace has; `next`, the
        cursor of the page that follows, None after the last.

    Raises:
        BadValueError: an option is not usable.
    """
    space = checked_name("namespace", namespace) or "default"
    count, before = whole_number("limit", limit, 1, MOST), _place(cursor)
    found = store.newest(space, count + 1, before)
    page = found[:count]
    return {
        "namespace": space,
        "memories": [_shown(asdict(memory)) for memory in page],
        "total": store.namespaces().get(space, 0),
        "next": str(page[-1].position) if len(found) > count else None,
    }


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not isinstance(cursor, str) or not cursor.isdecimal() or not cursor.isascii() or len(cursor) > 18:
        raise BadValueError(f"cursor is {shown(cursor)}, which no list gave", "give the one that the page before names")
    return int(cursor)


def _shown(memory: dict[str, Any]) -> dict[str, Any]:
    content = memory["content"]
    is_long = len(content) > LONGEST
    return memory | {"content": content[: LONGEST - len(MARK)] + MARK if is_long else content, "truncated": is_long}
