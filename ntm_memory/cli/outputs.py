"""What a door prints holds nothing that cannot be seen or acts on a terminal; in text each value is one line."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from ntm_memory.text.printable import escaped, in_one_line

_AS_IT_IS = frozenset({"text"})
"""What is a file's content, on its way to a file."""


def as_json(answer: Mapping[str, Any]) -> str:
    """An answer as one line of JSON; what cannot be seen stands in it by its number."""
    return escaped(json.dumps(_each(answer, str), ensure_ascii=False, allow_nan=False))


def safe(value: Any) -> Any:
    """A plain answer whose texts are printable and one line each; a number that is none is nothing."""
    return _each(value, in_one_line)


def _each(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {
            change(str(name)): each if name in _AS_IT_IS and isinstance(each, str) else _each(each, change)
            for name, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_each(each, change) for each in value]
    return value
