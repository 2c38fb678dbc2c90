"""What a person or agent may tell: one record checked, one field at a time, before anything is written."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ntm_memory.entry.told_times import NOWHERE, Here, checked_when
from ntm_memory.errors import BadValueError, EchoError, NTMMemoryError, real_number, shown
from ntm_memory.privacy.trust import checked_trust
from ntm_memory.store.records import MemoryInput
from ntm_memory.text.printable import is_visible

RECALLED_TAG = '<recalled-memories from="ntm-memory-system"'
MAX_CONTENT = 1_000_000
MAX_CHARS = 10_000_000
"""Of all that one answer may hold."""
MAX_NAME = 500
MAX_TAGS = 1_000
MAX_QUERY = 8_000


@dataclass(frozen=True)
class Decision:
    """What the caller says a telling is to older memories, each by its id or key.

    Args:
        replaces: what is told is what this one says from now on.
        same_as: this one says it already.
        beside: it holds beside these.
    """

    replaces: str | None = None
    same_as: str | None = None
    beside: tuple[str, ...] = ()


UNDECIDED = Decision()
FIELDS = frozenset(MemoryInput.__dataclass_fields__)
DECISIONS = frozenset(Decision.__dataclass_fields__)
CHANGES = frozenset({"content", "importance", "tags", "new_key", "occurred_at", "source", "trust"})
ALIASES = {"when": "occurred_at", "type": "kind"}
Numbered = tuple[int, Mapping[str, Any] | NTMMemoryError]
_UNSEEN = "nothing of the {} can be seen"
_AN_ID = re.compile("m_[2-9a-z]{10}")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def told(record: Mapping[str, Any], here: Here = NOWHERE) -> MemoryInput:
    """Check a record of the fields of `MemoryInput`; only `content` is required. `decided` has the rest of it.

    Raises:
        BadValueError: unknown field, wrong type, empty or over-long content, importance outside 0–1, unreadable time.
        EchoError: the content was printed by recall.
    """
    record = {name: value for name, value in checked_fields(record).items() if value is not None}
    return MemoryInput(
        content=checked_content(record.get("content")),
        key=checked_name("key", record.get("key")),
        importance=checked_share("importance", record.get("importance", 0.5)),
        tags=checked_tags(record.get("tags", ())),
        source=checked_name("source", record.get("source")),
        session=checked_name("session", record.get("session")),
        namespace=checked_name("namespace", record.get("namespace", "default")) or "default",
        occurred_at=checked_when("occurred_at", record.get("occurred_at"), here),
        kind=checked_name("kind", record.get("kind")),
        trust=checked_trust(record.get("trust")),
    )


def decided(record: Mapping[str, Any]) -> Decision:
    """What a record says of older memories.

    Raises:
        BadValueError: a value is no id or key, or they contradict each other.
    """
    fields = checked_fields(record)
    beside = fields.get("beside")
    beside = () if beside is None else [beside] if isinstance(beside, str) else beside
    decision = Decision(
        _checked_older("replaces", fields.get("replaces")),
        _checked_older("same_as", fields.get("same_as")),
        checked_names("beside", beside),
    )
    if not decision.beside and beside:
        raise BadValueError("beside is empty", "give the id or key of a memory")
    if decision.same_as is not None and decision != Decision(same_as=decision.same_as):
        raise BadValueError("same_as stores nothing: it excludes replaces and beside", "give one of them")
    return decision


def _checked_older(field: str, value: Any) -> str | None:
    """The id or key of a memory; None means none, blank text is a mistake."""
    name = checked_name(field, value)
    if value is not None and name is None:
        raise BadValueError(f"{field} is empty", "give the id or key of a memory")
    return name


def checked_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with the fields' full names (`when` is `occurred_at`, `type` is `kind`), all of them known."""
    if not isinstance(record, Mapping):
        raise BadValueError(f"a record must be an object, not {_kind(record)}", 'e.g. {"content": "…"}')
    fields = {ALIASES.get(name, name): value for name, value in record.items()}
    known = FIELDS | DECISIONS
    unknown = sorted(set(fields) - known, key=str)
    if unknown:
        raise BadValueError(f"unknown field {shown(unknown[0])}", _about_fields(record, known))
    return fields


def _about_fields(record: Mapping[str, Any], known: Iterable[str]) -> str:
    """What to do where a record has a field that is none of ours."""
    from ntm_memory.importers.documents import is_of_others  # only where something is wrong

    if is_of_others(record):
        return "this is another program's form: import.py reads it"
    times = "occurred_at or when is an ISO 8601 time, e.g. 2026-05-08T13:56:00Z"
    return f"fields are: {', '.join(sorted(known))}; {times}"


def checked_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What an update changes: content, importance, tags, new_key, occurred_at (`when`), source or trust, one at least.

    Raises:
        BadValueError: nothing to change, or there is no such field.
    """
    given = {ALIASES.get(name, name): value for name, value in changes.items() if value is not None}
    unknown = sorted(set(given) - CHANGES)
    if unknown:
        raise BadValueError(f"unknown field {unknown[0]!r}", f"fields are: {', '.join(sorted(CHANGES))}")
    if not given:
        raise BadValueError("nothing to change", "give content, importance, tags, trust, when it happened or a new key")
    key = {"key": checked_key(given.pop("new_key"))} if "new_key" in given else {}
    return given | key


def checked_key(value: Any) -> str | None:
    """A key that is told anew: one that reads like an id would take an id's place.

    Raises:
        BadValueError: it does, or is no short text, or nothing of it can be seen.
    """
    key = checked_name("key", value)
    if value is not None and (key is None or not is_visible(key)):
        raise BadValueError(_UNSEEN.format("key"), "give a name in words, or leave the key out")
    if key is not None and _AN_ID.fullmatch(key):
        raise BadValueError(f"the key {key!r} reads like the id of a memory", "choose a name in words")
    return key


def from_json_lines(lines: Iterable[str], shared: Mapping[str, Any] | None = None) -> Iterator[Numbered]:
    """Records of JSON lines with their line numbers; blank lines are left out, a bad one is an error in its place.

    Args:
        lines: one object a line.
        shared: fields of all records that do not say otherwise.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            record = _from_json(line)
            yield number, {**(shared or {}), **record} if isinstance(record, Mapping) else record


def _from_json(line: str) -> Mapping[str, Any] | BadValueError:
    if _LONE_SURROGATES.search(line):
        return BadValueError("not UTF-8 text", "save the file as UTF-8")
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return BadValueError(f"not JSON: {error}", 'each line is one object, e.g. {"content": "…"}')
    if not isinstance(record, dict):
        return BadValueError("not a JSON object", 'each line is one object, e.g. {"content": "…"}')
    return record


def checked_content(value: Any) -> str:
    """The text in Unicode NFC, without NULs, lone surrogates, outer white space, and blocks that recall printed."""
    if not isinstance(value, str):
        raise BadValueError(f"content must be text, not {_kind(value)}", 'e.g. {"content": "Mia likes green tea"}')
    if RECALLED_TAG in value:
        value = _around_block(value)
    text = unicodedata.normalize("NFC", cleaned(value))
    if not text or not is_visible(text):
        raise BadValueError("content is empty" if not text else _UNSEEN.format("content"), "say what to remember")
    if len(text) > MAX_CONTENT:
        raise BadValueError(
            f"content has {len(text):,} characters, at most {MAX_CONTENT:,} fit", "split it: one memory, one matter"
        )
    return text


def _around_block(value: str) -> str:
    from ntm_memory.entry.fenced import around_block  # seldom needed

    rest = around_block(value)
    if rest is None:
        raise EchoError("this text was printed by recall; it is in memory already", "store only what is new")
    return rest


def checked_name(field: str, value: Any) -> str | None:
    """A short one-line text; None and blank text mean none. Numbers are taken as text."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadValueError(f"{field} must be text, not {_kind(value)}")
    try:
        text = unicodedata.normalize("NFC", " ".join(cleaned(str(value)).split()))
    except ValueError as error:  # a number of thousands of digits
        raise BadValueError(f"{field} must be a short text, not {shown(value)}") from error
    if len(text) > MAX_NAME:
        raise BadValueError(f"{field} has {len(text)} characters, at most {MAX_NAME} fit")
    return text or None


def checked_share(field: str, value: Any) -> float:
    """A number from 0 to 1."""
    return real_number(field, value, 0, 1)


def checked_switch(field: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise BadValueError(f"{field} must be true or false, not {shown(value)}")
    return value


def checked_query(value: Any, field: str = "query") -> str:
    """A question without NULs, lone surrogates, outer white space; of a huge one the first `MAX_QUERY` characters."""
    if not isinstance(value, str):
        raise BadValueError(f"{field} must be text, not {_kind(value)}")
    text = cleaned(value)
    if not text:
        raise BadValueError(f"{field} is empty", "ask something")
    return text[:MAX_QUERY]


def checked_tags(value: Any) -> tuple[str, ...]:
    """Distinct tags, sorted."""
    tags = checked_names("tags", value)
    if len(tags) > MAX_TAGS:
        raise BadValueError(f"there are {len(tags):,} tags, at most {MAX_TAGS:,} fit")
    return tags


def checked_names(field: str, value: Any) -> tuple[str, ...]:
    """Distinct short one-line texts, sorted."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise BadValueError(f"{field} must be a list of texts, not {_kind(value)}", f'e.g. "{field}": ["work"]')
    names = {checked_name(field.removesuffix("s"), name) for name in value}
    return tuple(sorted(name for name in names if name))


def cleaned(text: str) -> str:
    """The text without NULs, lone surrogates (bytes that were no UTF-8) and outer white space."""
    return _LONE_SURROGATES.sub("", text.replace("\0", "")).strip()


def _kind(value: Any) -> str:
    return {type(None): "nothing", dict: "an object", list: "a list"}.get(type(value), type(value).__name__)
