"""Memories as files: the seed's JSON (lossless), JSON lines, Markdown for people."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError, shown, why_unread
from ntm_memory.importers.front_matter import from_yaml
from ntm_memory.operations.validation import ALIASES, DECISIONS, FIELDS, told
from ntm_memory.privacy.trust import TRUST_LEVELS, USUAL, checked_trust, lower
from ntm_memory.store.records import Link, Memory, Version
from ntm_memory.text.iso_time import in_full

FORMS = ("json", "jsonl", "markdown")
FORMAT = "ntm-memory-system"
VERSION = 2
ENDINGS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".md": "markdown", ".markdown": "markdown"}
TOLD = ("content", "key", "importance", "tags", "source", "session", "namespace", "occurred_at", "kind", "trust")
_TOLD_OF_VERSION = ("content", "key", "importance", "tags", "occurred_at")
_Record = TypeVar("_Record", Memory, Version)
_ID = re.compile(r"[\w.:-]{1,100}")
_NUMBERS: dict[str, tuple[type, float, float]] = {
    "importance": (float, 0, 1),
    "retention": (float, 0, 1),
    "weight": (float, 0, 1),
    "address": (int, 0, 2**31),
    "position": (int, 0, 2**53),
    "version": (int, 1, 2**31),
    "reads": (int, 0, 2**53),
}
_OPTIONAL = frozenset({"address", "session", "key", "source", "occurred_at", "kind", "superseded_by", "last_read_at"})
_TIMES = frozenset({"created_at", "updated_at", "valid_from", "valid_to", "last_read_at"})
_RULE = "---"
_AS_EXPORTED = "make it as export.py writes it, or export it anew"
_OWN_BLOCK = re.compile(r"^---\r?\nid: m_", re.MULTILINE)


def to_record(memory: Memory, keys: NDArray[np.float32] | None, history: Iterable[Version]) -> dict[str, Any]:
    """A memory as a JSON object: everything that is known of it; its keys as float32 in base64; a seal on its texts."""
    record = asdict(memory) | {"history": [asdict(version) for version in history]}
    record["seal"] = _seal(record)
    if keys is not None:
        record["keys"] = [base64.b64encode(np.ascontiguousarray(row, "<f4").tobytes()).decode() for row in keys]
    return record


def from_record(record: Mapping[str, Any]) -> tuple[Memory, NDArray[np.float32] | None, list[Version]]:
    """What `to_record` wrote.

    Raises:
        BadValueError: a field is missing or of the wrong kind.
    """
    record = within(record, TRUST_LEVELS[-1])
    if not isinstance(record, Mapping):
        raise BadValueError(f"not a memory: {shown(record)}, expected an object", _AS_EXPORTED)
    if "strength" in record:  # its name up to version 1
        record = {"retention": record["strength"], **record}
    try:
        links = tuple(Link(**_checked(Link, link)) for link in record["links"])
        memory = Memory(**_checked(Memory, record) | {"links": links})
        history = [Version(**_checked(Version, version)) for version in record.get("history", [])]
        rows = record.get("keys")
        keys = None if rows is None else np.stack([np.frombuffer(base64.b64decode(row), "<f4") for row in rows])
    except KeyError as error:
        raise BadValueError(f"not a complete memory: {error} is missing", _AS_EXPORTED) from error
    except (TypeError, AttributeError) as error:
        raise BadValueError(f"not a complete memory: {why_unread(TypeError())}", _AS_EXPORTED) from error
    except (ValueError, OverflowError) as error:
        raise BadValueError(f"not a memory: {error}", _AS_EXPORTED) from error
    return _as_if_told(memory, TOLD), keys, _versions(memory, history)


def is_sealed(record: Mapping[str, Any]) -> bool:
    """Whether a record that `from_record` has read says just what `to_record` wrote; no proof against forgery."""
    return record.get("seal") == _seal(record)


def _seal(record: Mapping[str, Any]) -> str:
    """A checksum of a record's id and of all its texts."""
    texts = [record["content"], *(version["content"] for version in record.get("history", []))]
    return hashlib.sha256(json.dumps([record["id"], *texts]).encode()).hexdigest()[:32]


def within(record: Any, most: str) -> Any:
    """A record that claims to be trusted so far at most, its history too; what is no record stays as it is."""
    if not isinstance(record, Mapping):
        return record
    claimed = most if record.get("trust") is None else record["trust"]
    known = {"trust": lower(claimed, most) if claimed in TRUST_LEVELS else claimed}
    history = record.get("history")
    older = {"history": [within(version, most) for version in history]} if isinstance(history, list) else {}
    return {**record, **known, **older}


def _as_if_told(record: _Record, names: Sequence[str]) -> _Record:
    """A record whose fields went the way that they go when they are told."""
    checked = told({name: getattr(record, name) for name in names})
    return replace(record, **{name: getattr(checked, name) for name in names})


def _versions(memory: Memory, history: Sequence[Version]) -> list[Version]:
    """The older versions of a memory, each of it, each once, and older than it."""
    numbers = [version.version for version in history]
    if any(version.id != memory.id for version in history):
        raise BadValueError(f"the history of {memory.id} is another memory's", "export it anew")
    if len(set(numbers)) < len(numbers) or max(numbers, default=0) >= memory.version:
        raise BadValueError(f"{memory.id} is of version {memory.version}, its history of {numbers}", "export it anew")
    return [_as_if_told(version, _TOLD_OF_VERSION) for version in history]


def write_json(head: Mapping[str, Any], records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The lossless form, one memory a line."""
    start = json.dumps({"format": FORMAT, "version": VERSION, **head}, ensure_ascii=False)
    yield start[:-1] + ', "memories": ['
    for number, record in enumerate(records):
        yield (",\n" if number else "\n") + json.dumps(record, ensure_ascii=False)
    yield "\n]}\n"


def is_document(value: Any) -> bool:
    """Whether a JSON value says that `write_json` wrote it, in whatever version."""
    return isinstance(value, Mapping) and value.get("format") == FORMAT


class Document(NamedTuple):
    """What `write_json` wrote: what it says of itself, and a record for each memory."""

    head: Mapping[str, Any]
    records: list[Any]


def read_document(document: Mapping[str, Any]) -> Document:
    """What `write_json` wrote.

    Raises:
        BadValueError: it is damaged, or a newer version's.
    """
    version, memories = document.get("version"), document.get("memories")
    if type(version) is not int or version < 1 or not isinstance(memories, list):
        raise BadValueError('the file has no version or no list "memories"', "export it anew")
    if version > VERSION:
        raise BadValueError(
            f"the file is of version {shown(version)}, expected version {VERSION}", "update this program"
        )
    return Document({name: value for name, value in document.items() if name != "memories"}, memories)


def to_telling(memory: Memory) -> dict[str, Any]:
    """A memory as it could be told again: what `memorize` takes, without what is not set."""
    values = {name: getattr(memory, name) for name in TOLD} | {"tags": list(memory.tags)}
    return {name: value for name, value in values.items() if value not in (None, [])}


def write_json_lines(memories: Iterable[Memory]) -> Iterator[str]:
    """One telling a line; ids, versions and vectors are left out."""
    return (json.dumps(to_telling(memory), ensure_ascii=False) + "\n" for memory in memories)


def write_markdown(memories: Iterable[Memory]) -> Iterator[str]:
    """One block a memory: YAML between rules, then the text."""
    import yaml  # takes a while; no other form needs it

    for memory in memories:
        about = {"id": memory.id} | to_telling(memory)
        lines = str(about.pop("content")).split("\n")
        yield f"{_RULE}\n{yaml.safe_dump(about, allow_unicode=True, sort_keys=False)}{_RULE}\n"
        yield "\n".join("\\" + line if line.startswith((_RULE, "\\")) else line for line in lines) + "\n\n"


def is_markdown(text: str) -> bool:
    """Whether a text is of `write_markdown`: an id of ours at the top, or nothing but blocks of our fields."""
    if not text.lstrip().startswith(_RULE):
        return False
    if _OWN_BLOCK.search(text):
        return True
    told = [about for _, about, _ in _blocks(text)]
    heads = [_about(about) for about in told if about is not None]
    if len(heads) < len(told) or not all(isinstance(each, ValueError) or _is_ours(each) for each in heads):
        return False
    fields = [each for each in heads if isinstance(each, dict)]
    return any(fields) and (len(heads) > 1 or not set(fields[0]) <= {"tags", "type", "kind"})  # anybody's


def _is_ours(fields: Any) -> bool:
    """Whether fields of a block are of a telling."""
    known = isinstance(fields, dict) and set(fields) <= {"id", *FIELDS, *DECISIONS, *ALIASES}
    return known and isinstance(fields.get("tags"), (list, type(None)))


def read_markdown(text: str) -> Iterator[tuple[int, dict[str, Any] | BadValueError]]:
    """The tellings of `write_markdown`, ids left out, each with the number of its first line.

    A bad one is an error in its place. Text before the first rule is an error too: nothing is passed over in silence.
    """
    for line, about, body in _blocks(text):
        if line == 0:
            yield 1, BadValueError(f"text before the first block: a memory begins with a line {_RULE}")
        elif about is None:
            yield line, BadValueError(f"a memory's fields end with a line {_RULE}; there is none")
        else:
            yield line, _as_told(about, body)


def _blocks(text: str) -> Iterator[tuple[int, list[str] | None, list[str]]]:
    """(its first line, the lines between its rules, the lines below) of each block.

    What stands before the first has the line 0; the lines between are None where the second rule is missing.
    """
    if f"{_RULE}\r\n" in text:  # an editor has rewritten all line ends
        text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    rules = [number for number, line in enumerate(lines) if line.rstrip() == _RULE]
    before = lines[: rules[0] if rules else None]
    if any(line.strip() for line in before):
        yield 0, None, before
    for first, second, end in zip(rules[::2], rules[1::2], [*rules[2::2], len(lines)], strict=False):
        yield first + 1, lines[first + 1 : second], lines[second + 1 : end]
    if len(rules) % 2:
        yield rules[-1] + 1, None, lines[rules[-1] + 1 :]


def _about(lines: list[str]) -> Any:
    """What the lines between two rules say, or why they say nothing."""
    try:
        return from_yaml("\n".join(lines)) or {}
    except ValueError as error:
        return error


def _as_told(about: list[str], body: list[str]) -> dict[str, Any] | BadValueError:
    fields = _about(about)
    if isinstance(fields, ValueError):
        return BadValueError(f"not YAML between the rules: {fields}")
    if not isinstance(fields, dict):
        return BadValueError("not YAML fields between the rules")
    fields.pop("id", None)
    content = "\n".join(line[1:] if line.startswith("\\") else line for line in body)
    return fields | {"content": content.strip("\n")}


def _checked(cls: type, record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a dataclass in a JSON object, each of its type and range."""
    names = [name for name in cls.__dataclass_fields__ if name != "links"]  # type: ignore[attr-defined]
    record = {"trust": USUAL, **record}  # files of before there was any have none
    fields = {name: _value(name, record[name]) for name in names}
    if cls is Memory and fields["state"] not in ("live", "archived", "erased"):
        raise ValueError(f"state is {shown(fields['state'])}")
    if cls is Memory and (fields["retention"] == 0) != (fields["state"] == "erased"):
        raise ValueError(f"retention is {fields['retention']} and state {fields['state']}: erased means 0")
    return fields


def _value(name: str, value: Any) -> Any:
    if value is None and name in _OPTIONAL:
        return None
    if name == "tags":
        if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
            raise ValueError(f"tags are {shown(value)}, expected a list of texts")
        return tuple(value)
    if name == "trust":
        return checked_trust(value)
    if name in _NUMBERS:
        return _number(name, value)
    if not isinstance(value, str):
        raise ValueError(f"{name} is {shown(value)}")
    value.encode()  # half of a surrogate pair is no text
    if name in ("id", "target") and not _ID.fullmatch(value):
        raise ValueError(f"{name} is {shown(value)}")
    return in_full(value) if name in _TIMES else value


def _number(name: str, value: Any) -> float:
    wanted, low, high = _NUMBERS[name]
    number: float = float(value) if wanted is float and type(value) is int else value
    if type(number) is not wanted or not low <= number <= high:
        raise ValueError(f"{name} is {shown(value)}, expected {low} to {high}")
    return number + 0  # -0.0 becomes 0.0, as which the database gives it back
