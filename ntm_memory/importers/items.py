"""One thing that a file tells, and the fields of other tools as a memory has them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timezone
from typing import Any, NamedTuple

from ntm_memory.errors import BadValueError, NTMMemoryError
from ntm_memory.text.iso_time import to_whole_seconds

Telling = dict[str, Any]
KNOWN = (
    "import.py reads what export.py wrote, memories of MCP's memory server, mem0, mcp-memory-service, Claude"
    " (memories.json), Letta (.af), Markdown, text, CSV, and JSON (an object, a list, or an object a line) with the"
    " fields content (required), key, importance, tags, source, session, namespace, kind or type, occurred_at or when"
    " (2026-05-08T13:56:00Z)"
)
"""The hint where a form is not known."""
_MOST_OF_SOURCE = 400
_MOST_OF_TAG = 200
_MOST_TAGS = 50
_MOST_SECONDS = 10**11
"""The year 5138; what is more counts milliseconds."""


class Item(NamedTuple):
    """One thing that a file tells.

    Args:
        line: where it stands, from 1; in a list of JSON its number.
        telling: a record that can be told, or why it is none.
        file: which file, where several were read.
    """

    line: int
    telling: Mapping[str, Any] | NTMMemoryError
    file: str = ""


def item_at(name: str, line: int, content: str, **fields: Any) -> Item:
    """A text with those of its fields that say anything; where it stands is its source.

    Args:
        name: of the file; empty: nothing is known of it.
        line: where.
        content: the text.
        fields: of a telling.
    """
    source = {"source": f"{name}:{line}"[-_MOST_OF_SOURCE:]} if name else {}
    told = {each: value for each, value in fields.items() if value not in (None, "", [])}  # a zero is told
    return Item(line, {"content": content, **source, **told})


def text_of(value: Any) -> str:
    """A text without outer white space; empty where it is none."""
    return value.strip() if isinstance(value, str) else ""


def first_text(record: Mapping[str, Any], *names: str) -> str:
    """The first of some fields that holds a text; empty where none does."""
    return next((text for name in names if (text := text_of(record.get(name)))), "")


def tags_of(*values: Any) -> list[str]:
    """Tags of lists, of texts with commas, of single numbers; what can be none is left out."""
    found: dict[str, None] = {}
    for value in values:
        parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
        for part in parts:
            if isinstance(part, (str, int, float, date)) and not isinstance(part, bool):
                tag = " ".join(_shown(part).split()).lstrip("#")
                found |= {tag: None} if 0 < len(tag) <= _MOST_OF_TAG else {}
    return list(found)[:_MOST_TAGS]


def labels_of(metadata: Any) -> list[str]:
    """What an object of further fields says in short, as tags `name:value`."""
    if not isinstance(metadata, Mapping):
        return []
    short = [(name, value) for name, value in metadata.items() if isinstance(value, (str, int, float))]
    return [tag for name, value in short[:_MOST_TAGS] for tag in _label(name, value)]


def _label(name: Any, value: str | float) -> list[str]:
    said = _shown(value)
    return [] if isinstance(value, bool) or not said.strip() else tags_of([f"{name}:{said}"])


def time_of(*values: Any) -> str | None:
    """The first value that is a time (ISO 8601, or seconds or milliseconds since 1970) as one; None where none is."""
    for value in values:
        with suppress(ValueError, OverflowError, OSError):
            if isinstance(value, (str, date)):
                return to_whole_seconds(value.strip() if isinstance(value, str) else value.isoformat())
            if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
                seconds = value / 1000 if value > _MOST_SECONDS else value
                return to_whole_seconds(datetime.fromtimestamp(seconds, timezone.utc).isoformat())
    return None


def share_of(value: Any) -> float | None:
    """A number from 0 to 1; None where it is none."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 1 else None


def unknown(what: str) -> BadValueError:
    """The error where a form is not known.

    Args:
        what: the file has or is, as the sentence goes on after its name.
    """
    return BadValueError(what, KNOWN)


def _shown(value: Any) -> str:
    try:
        return str(value)
    except ValueError:  # a number of thousands of digits
        return ""
