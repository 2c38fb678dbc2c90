"""What a door prints holds nothing that cannot be seen, acts on a terminal, or is no JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ntm_memory.text.printable import printable

_AS_IT_IS = frozenset({"text"})
"""What is a file's content, on its way to a file."""


def safe(value: Any) -> Any:
    """A plain answer whose texts are printable; a number that is none is nothing."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {
            safe(name): each if name in _AS_IT_IS and isinstance(each, str) else safe(each)
            for name, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [safe(each) for each in value]
    return value
