"""What holds a file's records: JSON, an object a line, a table, Markdown. Item, or seen by name and beginning."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from ntm_memory.errors import BadValueError
from ntm_memory.importers.items import KNOWN

CONTAINERS = ("json", "jsonl", "markdown", "csv")
_ENDINGS = {
    ".json": "json", ".af": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".md": "markdown", ".markdown": "markdown",
    ".csv": "csv", ".tsv": "csv",
}  # fmt: skip

_MOST_BROKEN = 100
_NOT_SPACE = re.compile(r"\S")


def container_of(text: str, name: str = "", told: str | None = None) -> str:
    """One of `CONTAINERS`.

    Args:
        text: what is in it.
        name: of the file; its ending counts.
        told: which one it is said to be; None: nothing was said.

    Raises:
        BadValueError: there is none of that name.
    """
    if told is not None and told not in CONTAINERS:
        raise BadValueError(f"unknown form {told!r}", f"forms are: {', '.join(CONTAINERS)}")
    seen = told or _ENDINGS.get(PurePath(name).suffix.lower())
    return seen or ("json" if _begins_as_json(text) else "markdown")


def _begins_as_json(text: str) -> bool:
    """Whether a text is meant as JSON: it is, or its first line is, or it begins as only JSON does."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    return begins_with_object(text) or text.lstrip().startswith("{") or loaded(text) is not None


def begins_with_object(text: str) -> bool:
    """Whether the first line that is not blank is a whole JSON object, and there are more lines."""
    first, _, rest = text.lstrip().partition("\n")
    return bool(rest.strip()) and isinstance(loaded(first), dict)


def values_in(text: str) -> Iterator[tuple[int, Any]]:
    """JSON values that follow each other, each over as many lines as it likes: (its first line, the value).

    Where one is broken an error stands in its place, and the next line that begins with `{` goes on.
    """
    decoder, at, line, broken = json.JSONDecoder(), 0, 1, 0
    while (begin := _after_space(text, at)) < len(text):
        line += text.count("\n", at, begin)
        try:
            value, end = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError) as error:
            broken += 1
            yield line, BadValueError(f"not JSON: {error}", KNOWN)
            end = text.find("\n{", begin) + 1 or len(text)
            end = len(text) if broken == _MOST_BROKEN else end
        else:
            yield line, value
        line += text.count("\n", begin, end)
        at = end


def _after_space(text: str, at: int) -> int:
    found = _NOT_SPACE.search(text, at)
    return found.start() if found else len(text)


def loaded(text: str) -> Any:
    """A JSON value; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def whole(text: str) -> Any:
    """The JSON value of a whole text; one that was written as a text of JSON (as some .af files are) is read again.

    Raises:
        BadValueError: it is not JSON.
    """
    try:
        value = json.loads(text)
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError) as error:
        raise BadValueError(f"the file is not JSON: {error}", KNOWN) from error
