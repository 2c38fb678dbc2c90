"""What is printed holds nothing that cannot be seen or acts on a terminal; in text each value is one line."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from ntm_memory.text.printable import escaped, in_one_line

_AS_IT_IS = frozenset({"text"})
"""What is a file's content, on its way to a file."""


def as_json(answer: Mapping[str, Any]) -> str:
    """An answer as one line of JSON without fields that hold nothing; what cannot be seen stands by its number."""
    return escaped(json.dumps(without_nulls(answer), ensure_ascii=False, allow_nan=False))


def without_nulls(answer: Mapping[str, Any]) -> dict[str, Any]:
    """A plain answer without the fields, of whatever depth, that are null; a number that is none is null."""
    plain: dict[str, Any] = _each(answer, str)
    return plain


def safe(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The same; its texts, names of fields among them, are printable and one line each."""
    plain: dict[str, Any] = _each(answer, in_one_line)
    return plain


def _each(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        plain = {
            change(str(name)): each if name in _AS_IT_IS and isinstance(each, str) else _each(each, change)
            for name, each in value.items()
        }
        return {name: each for name, each in plain.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [_each(each, change) for each in value]
    return value
