"""Memories as files: the seed's JSON (lossless), JSON lines, Markdown for people."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError
from ntm_memory.store.records import Link, Memory, Version

FORMS = ("json", "jsonl", "markdown")
FORMAT = "ntm-memory-system"
VERSION = 1
ENDINGS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".md": "markdown", ".markdown": "markdown"}
_RULE = "---"


def to_record(memory: Memory, keys: NDArray[np.float32] | None, history: Iterable[Version]) -> dict[str, Any]:
    """A memory as a JSON object: everything that is known of it; its keys as float32 in base64."""
    record = asdict(memory) | {"history": [asdict(version) for version in history]}
    if keys is not None:
        record["keys"] = [base64.b64encode(np.ascontiguousarray(row, "<f4").tobytes()).decode() for row in keys]
    return record


def from_record(record: Mapping[str, Any]) -> tuple[Memory, NDArray[np.float32] | None, list[Version]]:
    """What `to_record` wrote.

    Raises:
        BadValueError: a field is missing or of the wrong kind.
    """
    try:
        fields = {name: record[name] for name in Memory.__dataclass_fields__}
        fields["tags"] = tuple(map(str, fields["tags"]))
        fields["links"] = tuple(Link(**link) for link in fields["links"])
        history = [Version(**version | {"tags": tuple(version["tags"])}) for version in record.get("history", [])]
        rows = record.get("keys")
        keys = None if rows is None else np.stack([np.frombuffer(base64.b64decode(row), "<f4") for row in rows])
        return Memory(**fields), keys, history
    except (KeyError, TypeError, ValueError) as error:
        raise BadValueError(f"not a complete memory: {type(error).__name__}: {error}", "export it anew") from error


def write_json(head: Mapping[str, Any], records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The lossless form, one memory a line."""
    start = json.dumps({"format": FORMAT, "version": VERSION, **head}, ensure_ascii=False)
    yield start[:-1] + ', "memories": ['
    for number, record in enumerate(records):
        yield (",\n" if number else "\n") + json.dumps(record, ensure_ascii=False)
    yield "\n]}\n"


def read_json(text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(head, records) of `write_json`.

    Raises:
        BadValueError: not JSON, another program's or a newer one's.
    """
    try:
        loaded = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadValueError(f"the file is not JSON: {error}", "give a file that export.py wrote") from error
    if not isinstance(loaded, dict) or not isinstance(loaded.get("memories"), list):
        raise BadValueError('the file has no list "memories"', "give a file that export.py wrote")
    if loaded.get("format") != FORMAT or loaded.get("version") != VERSION:
        found = f"{loaded.get('format')!r} version {loaded.get('version')!r}"
        raise BadValueError(
            f"the file is of format {found}, expected {FORMAT!r} version {VERSION}", "update this program"
        )
    return loaded, loaded.pop("memories")


def to_telling(memory: Memory) -> dict[str, Any]:
    """A memory as it could be told again: what `memorize` takes, without what is not set."""
    names = ("content", "key", "importance", "tags", "source", "session", "namespace", "occurred_at", "kind")
    values = {name: getattr(memory, name) for name in names} | {"tags": list(memory.tags)}
    return {name: value for name, value in values.items() if value not in (None, [])}


def write_json_lines(memories: Iterable[Memory]) -> Iterator[str]:
    """One telling a line; ids, versions and vectors are left out."""
    return (json.dumps(to_telling(memory), ensure_ascii=False) + "\n" for memory in memories)


def write_markdown(memories: Iterable[Memory]) -> Iterator[str]:
    """One block a memory: YAML between rules, then the text."""
    for memory in memories:
        about = {"id": memory.id} | to_telling(memory)
        content = about.pop("content")
        yield f"{_RULE}\n{yaml.safe_dump(about, allow_unicode=True, sort_keys=False)}{_RULE}\n"
        yield "".join("\\" + line if line.startswith((_RULE, "\\")) else line for line in _lines(content))
        yield "\n"


def read_markdown(text: str) -> Iterator[dict[str, Any] | BadValueError]:
    """The tellings of `write_markdown`, ids left out; a broken block is reported in its place."""
    about: list[str] = []
    body: list[str] = []
    part = 0  # 0 before the first block, 1 in YAML, 2 in the text
    for line in [*_lines(text), f"{_RULE}\n"]:
        if line.rstrip("\n") != _RULE:
            (about if part == 1 else body).append(line)
        elif part == 1:
            part = 2
        else:
            if part == 2:
                yield _telling("".join(about), "".join(body))
            about, body, part = [], [], 1


def _telling(about: str, body: str) -> dict[str, Any] | BadValueError:
    try:
        fields = yaml.safe_load(about) or {}
    except yaml.YAMLError as error:
        return BadValueError(f"not YAML between the rules: {error}")
    if not isinstance(fields, dict):
        return BadValueError("not YAML fields between the rules")
    fields.pop("id", None)
    lines = (line[1:] if line.startswith("\\") else line for line in _lines(body))
    return fields | {"content": "".join(lines).strip("\n")}


def _lines(text: str) -> list[str]:
    return [line + "\n" for line in text.split("\n")]
