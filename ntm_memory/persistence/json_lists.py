"""Entries put into a list of a JSON document, or taken out of it, as text: all else stays byte for byte as it was.

For files that are somebody else's: writing them anew would change their order, their indentation and their numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_READ = json.JSONDecoder().raw_decode
_CLOSING = {"{": "}", "[": "]"}


@dataclass(frozen=True)
class _Part:
    """One member of an object or one entry of a list: where it starts, where its value starts, where both end."""

    name: str | None
    start: int
    value: int
    end: int


def with_entries(text: str, path: Sequence[str], entries: Sequence[str]) -> str:
    """The document with these strings at the end of a list; those that are in it stay where they are.

    Args:
        text: a JSON object.
        path: names of the members that lead to the list; what is missing of them is made.
        entries: what the list is to hold.

    Raises:
        ValueError: the text is no JSON object, or something else stands where the list or an object should be.
    """
    held = _list_at(text, path)
    missing = [entry for entry in entries if entry not in held]
    if not missing:
        return text
    at, depth = _deepest(text, path)
    if depth < len(path):
        made: Any = missing
        for name in reversed(path[depth + 1 :]):
            made = {name: made}
        return _put(text, at, made, depth, name=path[depth])
    for entry in missing:
        text = _put(text, at, entry, depth)
    return text


def without_entries(text: str, path: Sequence[str], entries: Sequence[str]) -> str:
    """The document without these strings in a list; a list, and objects on the way to it, that get empty go too.

    Raises:
        ValueError: as `with_entries`.
    """
    if not set(entries) & {entry for entry in _list_at(text, path) if isinstance(entry, str)}:
        return text
    at, _ = _deepest(text, path)
    for part in reversed(_parts(text, at)):
        if json.loads(text[part.value : part.end]) in entries:
            text = _cut(text, at, part)
    for depth in range(len(path) - 1, -1, -1):
        holder, _ = _deepest(text, path[:depth])
        emptied = _last(_parts(text, holder), path[depth])
        if emptied is None or json.loads(text[emptied.value : emptied.end]):
            break
        text = _cut(text, holder, emptied)
    return text


def _list_at(text: str, path: Sequence[str]) -> list[Any]:
    """What the list holds; nothing where there is none."""
    found = json.loads(text)
    for name in path:
        if not isinstance(found, dict):
            raise ValueError(f"an object is expected around {name!r}")
        if name not in found:
            return []
        found = found[name]
    if not isinstance(found, list):
        raise ValueError(f"a list is expected at {'.'.join(path)!r}")
    return found


def _deepest(text: str, path: Sequence[str]) -> tuple[int, int]:
    """Where the innermost container that is there begins, and how many names lead to it."""
    at = _skip(text, 0)
    for depth, name in enumerate(path):
        member = _last(_parts(text, at), name)
        if member is None:
            return at, depth
        at = member.value
    return at, len(path)


def _last(parts: Sequence[_Part], name: str) -> _Part | None:
    """A name that is given twice counts where it stands last, as every reader of JSON has it."""
    return next((part for part in reversed(parts) if part.name == name), None)


def _parts(text: str, at: int) -> list[_Part]:
    """What a container holds that begins at `at`; the text is known to be JSON."""
    parts, closing = [], _CLOSING[text[at]]
    at = _skip(text, at + 1)
    while text[at] != closing:
        start, name = at, None
        if closing == "}":
            name, at = _READ(text, at)
            at = _skip(text, _skip(text, at) + 1)
        _, end = _READ(text, at)
        parts.append(_Part(name, start, at, end))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return parts


def _put(text: str, at: int, value: Any, depth: int, name: str | None = None) -> str:
    """A value at the end of the container that begins at `at`, in the way in which the others stand there."""
    unit, end_of_line = _style(text)
    parts = _parts(text, at)
    written = json.dumps(value, ensure_ascii=False, indent=unit or None)
    indent = end_of_line + unit * (depth + 1)
    written = written.replace("\n", indent) if unit else written
    if name is not None:
        written = f"{json.dumps(name, ensure_ascii=False)}: {written}"
    if parts:
        lead = text[len(text[: parts[-1].start].rstrip(" \t\r\n")) : parts[-1].start]
        return f"{text[: parts[-1].end]},{lead}{written}{text[parts[-1].end :]}"
    closing = _skip(text, at + 1)
    if not unit:
        return text[: at + 1] + written + text[closing:]
    return text[: at + 1] + indent + written + end_of_line + unit * depth + text[closing:]


def _style(text: str) -> tuple[str, str]:
    """(one step of indentation, the end of a line); no step where a document stands in one line."""
    parts = _parts(text, _skip(text, 0))
    if parts and "\n" not in text[: parts[-1].start]:
        return "", ""
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    lead = re.search(r"\n([ \t]+)\S", text)
    return lead[1] if lead else "  ", end_of_line


def _cut(text: str, at: int, part: _Part) -> str:
    parts = _parts(text, at)
    index = parts.index(part)
    if index:
        return text[: parts[index - 1].end] + text[part.end :]
    if len(parts) > 1:
        return text[: part.start] + text[parts[1].start :]
    return text[: at + 1] + text[_skip(text, part.end) :]


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return at if space is None else space.end()
