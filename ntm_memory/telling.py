"""What a person or agent may tell: one record checked, one field at a time, before anything is written."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ntm_memory.errors import BadValueError, EchoError

RECALLED_TAG = '<recalled-memories from="ntm-memory-system"'
MAX_CONTENT = 10_000_000
MAX_NAME = 500


@dataclass(frozen=True)
class Told:
    """A checked record: text cleaned, times in UTC, tags distinct and sorted."""

    content: str
    key: str | None
    importance: float
    tags: tuple[str, ...]
    source: str | None
    session: str | None
    namespace: str
    occurred_at: str | None
    kind: str | None


FIELDS = frozenset(Told.__dataclass_fields__)
ALIASES = {"when": "occurred_at", "type": "kind"}


def told(record: Mapping[str, Any]) -> Told:
    """Check a record of the fields of `Told`; only `content` is required.

    Raises:
        BadValueError: unknown field, wrong type, empty or over-long content, importance outside 0–1, unreadable time.
        EchoError: the content was printed by recall.
    """
    unknown = sorted(set(record) - FIELDS)
    if unknown:
        raise BadValueError(f"unknown field {unknown[0]!r}", f"fields are: {', '.join(sorted(FIELDS))}")
    return Told(
        content=checked_content(record.get("content")),
        key=checked_name("key", record.get("key")),
        importance=checked_share("importance", record.get("importance", 0.5)),
        tags=checked_tags(record.get("tags", ())),
        source=checked_name("source", record.get("source")),
        session=checked_name("session", record.get("session")),
        namespace=checked_name("namespace", record.get("namespace", "default")) or "default",
        occurred_at=checked_time("occurred_at", record.get("occurred_at")),
        kind=checked_name("kind", record.get("kind")),
    )


def from_json_lines(lines: Iterable[str]) -> Iterator[dict[str, Any] | BadValueError]:
    """Records of JSON lines, blank ones left out; a line that is no object is an error in its record's place."""
    for line in lines:
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            yield BadValueError(f"not JSON: {error}", 'each line is one object, e.g. {"content": "…"}')
            continue
        if not isinstance(record, dict):
            yield BadValueError("not a JSON object", 'each line is one object, e.g. {"content": "…"}')
            continue
        for short, name in ALIASES.items():
            if short in record:
                record.setdefault(name, record.pop(short))
        yield record


def checked_content(value: Any) -> str:
    """The text in Unicode NFC, without NULs, lone surrogates and outer white space."""
    if not isinstance(value, str):
        raise BadValueError(f"content must be text, not {_kind(value)}", 'e.g. {"content": "Mia likes green tea"}')
    if RECALLED_TAG in value:
        raise EchoError("this text was printed by recall; it is in memory already", "store only what is new")
    text = value.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
    text = unicodedata.normalize("NFC", text).strip()
    if not text:
        raise BadValueError("content is empty", "say what to remember")
    if len(text) > MAX_CONTENT:
        raise BadValueError(f"content has {len(text):,} characters, at most {MAX_CONTENT:,} fit", "split the text")
    return text


def checked_name(field: str, value: Any) -> str | None:
    """A short one-line text; None and blank text mean none. Numbers are taken as text."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadValueError(f"{field} must be text, not {_kind(value)}")
    text = " ".join(str(value).replace("\0", "").encode("utf-8", "ignore").decode("utf-8").split())
    if len(text) > MAX_NAME:
        raise BadValueError(f"{field} has {len(text)} characters, at most {MAX_NAME} fit")
    return unicodedata.normalize("NFC", text) or None


def checked_share(field: str, value: Any) -> float:
    """A number from 0 to 1."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not number or not 0 <= value <= 1:
        raise BadValueError(f"{field} is {value!r}, expected a number from 0 to 1")
    return float(value)


def checked_tags(value: Any) -> tuple[str, ...]:
    """Distinct tags, sorted."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise BadValueError(f"tags must be a list of texts, not {_kind(value)}", 'e.g. "tags": ["work"]')
    tags = {checked_name("tag", tag) for tag in value}
    return tuple(sorted(tag for tag in tags if tag))


def checked_time(field: str, value: Any) -> str | None:
    """An ISO 8601 time in UTC; a time without zone is taken as UTC, a date as its midnight."""
    if value is None or value == "":
        return None
    try:
        # Python 3.10 reads no "Z"
        time = datetime.fromisoformat(str(value).strip().replace("Z", "+00:00"))
        time = time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise BadValueError(f"{field} is {value!r}, expected an ISO 8601 time", "e.g. 2026-05-08T13:56:00") from error
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def _kind(value: Any) -> str:
    return {type(None): "nothing", dict: "an object", list: "a list"}.get(type(value), type(value).__name__)
