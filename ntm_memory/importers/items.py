"""One thing that a file tells, and the fields of other tools as a memory has them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date, datetime, timezone
from functools import lru_cache
from typing import Any, NamedTuple

from ntm_memory.errors import BadValueError, NTMMemoryError
from ntm_memory.importers.omissions import Omitted
from ntm_memory.privacy.secrets import find_secrets
from ntm_memory.text.iso_time import is_period, to_whole_seconds

Telling = dict[str, Any]
Told = Telling | Omitted
"""What comes of a record: something to be told, or what of it is left out."""
KNOWN = (
    "import.py reads what export.py wrote, memories of MCP's memory server, mem0, mcp-memory-service, Claude"
    " (memories.json), Letta (.af), Markdown, text, CSV, and JSON (an object, a list, or an object a line) with the"
    " fields content (required), key, importance, tags, source, session, namespace, kind or type, occurred_at or when"
    " (2026-05-08T13:56:00Z)"
)
"""The hint where a form is not known."""
_MOST_OF_SOURCE = 400
_MOST_OF_TAG = 200
_MOST_OF_NAME = 40
_MOST_OF_TIME = 60
_SECONDS = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
_TWO_MOMENTS = (1e9, 1.7e9 + 1e6)
"""What says "yesterday" or leaves the year out is another time at each."""
_LONG = {"year": len("2026"), "month": len("2026-05"), "day": len("2026-05-08")}
"""Characters of a moment that tell what was told: a day has no hour, and no zone."""
_MOST_TAGS = 50
_MOST_SECONDS = 10**11
"""The year 5138; what is more counts milliseconds."""
_OF_PROGRAMS = frozenset(
    {
        "id", "uuid", "hash", "content_hash", "embedding", "embeddings", "vector", "score", "similarity", "distance",
        "similarity_score", "created_at", "created_at_iso", "updated_at", "updated_at_iso", "updatedAt", "timestamp",
        "permalink", "cssclass", "cssclasses",
    }
)  # fmt: skip
"""What programs keep books with: it would be another tag for each memory, and tells nothing."""


class Item(NamedTuple):
    """One thing that a file tells.

    Args:
        line: where it stands, from 1; in a list of JSON its number.
        telling: a record that can be told, why it is none, or what is left out here; line 0: it is a whole file.
        file: which file, where several were read.
    """

    line: int
    telling: Mapping[str, Any] | NTMMemoryError | Omitted
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


def used_text(record: Mapping[str, Any], *names: str) -> tuple[str, set[str]]:
    """(the first of some fields that holds a text or a number, its name); ("", none) where none does."""
    for name in names:
        value = record.get(name)
        is_shown = isinstance(value, (str, int, float, date)) and not isinstance(value, bool)
        if is_shown and (text := _shown(value).strip()):
            return text, {name}
    return "", set()


def used_time(record: Mapping[str, Any], *names: str) -> tuple[str | None, set[str]]:
    """(the first of some fields that is a time, its name); (None, none) where none is.

    Beside what `time_of` reads, seconds since 1970 in digits and dates as people and spreadsheets write them.
    """
    for name in names:
        value = record.get(name)
        if time := time_of(value) or (_written_time(value.strip()) if isinstance(value, str) else None):
            return time, {name}
    return None, set()


@lru_cache(4096)  # rows of a table tell few days
def _written_time(text: str) -> str | None:
    """A time in words or digits, if it is the same whenever it is read."""
    if _SECONDS.fullmatch(text):
        return time_of(float(text))
    if len(text) > _MOST_OF_TIME or not any(each.isdigit() for each in text):
        return None
    from ntm_memory.times.typed import read_time  # takes a while; most files have ISO 8601

    found = [read_time(text, now, timezone.utc) for now in _TWO_MOMENTS]
    starts = {each.start for each in found if each is not None and each.direction == "on"}
    told = time_of(*starts) if len(starts) == 1 and None not in found else None
    return None if told is None or found[0] is None else told[: _LONG.get(found[0].precision)]


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


def labels_of(fields: Any, used: Collection[str] = (), within: str = "field ") -> tuple[list[str], list[Omitted]]:
    """What further fields say: in short as tags `name:value`; what is too long, secret, or a list is left out.

    Args:
        fields: an object; anything else has none.
        used: names of those that were read otherwise.
        within: what their names are told with.

    Returns:
        (tags, what is left out).
    """
    tags, left = list[str](), list[Omitted]()
    for name, value in fields.items() if isinstance(fields, Mapping) else ():
        if name in used or value in (None, "", [], {}):
            continue
        tag = "" if name in _OF_PROGRAMS else _label(name, value)
        if tag and len(tags) < _MOST_TAGS:
            tags.append(tag)
        elif not isinstance(value, str) or value.strip():
            left.append(Omitted(f"{within}{str(name)[:_MOST_OF_NAME]}"))
    return tags, left


def _label(name: Any, value: Any) -> str:
    """A field as a tag; empty where it can be none."""
    said = " ".join(_shown(value).split()) if isinstance(value, (str, int, float, date)) else ""
    tag = f"{' '.join(str(name).split())}:{said}"
    return tag if said and len(tag) <= _MOST_OF_TAG and not find_secrets(tag).secrets else ""


def titled(title: str, text: str) -> str:
    """A text below its title, which is told once."""
    return text if not title or text.casefold().startswith(title.casefold()) else f"{title}: {text}"


def time_of(*values: Any) -> str | None:
    """The first value that is a time (ISO 8601, or seconds or milliseconds since 1970) as one; None where none is.

    A day, a month or a year stays one: it has no zone.
    """
    for value in values:
        with suppress(ValueError, OverflowError, OSError):
            if isinstance(value, (str, date)):
                text = value.strip() if isinstance(value, str) else value.isoformat()
                return text if is_period(text) else to_whole_seconds(text)
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
