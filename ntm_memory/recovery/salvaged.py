"""What was read of a memory file in whatever state."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ntm_memory.store.rows import width_of

Row = dict[str, Any]


@dataclass
class Damaged:
    """A row that nobody can vouch for: what could be read of it, which checks failed, what else belongs to it."""

    table: str
    row: Row
    failed: str
    history: list[Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is called in a message."""
        if self.table == "versions":
            return f"version {self.row.get('version')!s:.20} of memory {self.row.get('id')!s:.100}"
        return f"memory {self.row.get('id')!s:.100}"


@dataclass
class Salvaged:
    """What a file holds: rows that are what was written, those that are not, and the tables that have no checksum.

    Args:
        written: how many memories were ever written, purged ones included, as far as the names of namespaces tell.
        pages: how many the file's header says there are; 0: it does not say.
        pages_missing: how many of them are not there.
        pages_damaged: the numbers of those that are not as they were written, of an encrypted file.
        listed: row → id of all memories, by the index of ids, which is not damaged with a row.
    """

    memories: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    others: dict[str, list[Row]] = field(default_factory=dict)
    damaged: list[Damaged] = field(default_factory=list)
    is_sound: bool = False
    written: int = 0
    pages: int = 0
    pages_missing: int = 0
    pages_damaged: list[int] = field(default_factory=list)
    listed: dict[Any, Any] = field(default_factory=dict)

    def name(self, code: int) -> str:
        """The namespace or session of a code."""
        return self.names.get(code, "")

    def code_of(self, name: str) -> int:
        """The code of a namespace or session, a new one where it has none yet."""
        codes = {known: code for code, known in self.names.items()}
        code = codes.get(name, max(self.names, default=0) + 1)
        self.names[code] = name
        return code

    @property
    def meta(self) -> dict[str, str]:
        """What the file says of itself."""
        rows = [row for row in self.others.get("meta", ()) if is_text(row.get("name")) and is_text(row.get("value"))]
        return {row["name"]: row["value"] for row in rows}

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be made of it: no memory was read, and nothing sound says that there was none."""
        return not self.memories and (not self.is_sound or bool(self.damaged) or "uuid" not in self.meta)

    @property
    def dim(self) -> int | None:
        """The width that the vectors have."""
        return width_of([row["keys"] for row in self.memories[:100]])

    def embedder(self) -> dict[str, Any] | None:
        """Who wrote the vectors, where that can be read and fits them."""
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            identity: dict[str, Any] = json.loads(self.meta.get("embedder", "null"))
            if identity["name"] and "revision" in identity and identity["dim"] == self.dim:
                return identity
        return None


def is_text(value: Any) -> bool:
    """Whether a value is a text, and no byte of it stands as a lone surrogate."""
    return isinstance(value, str) and not any("\ud800" <= each <= "\udfff" for each in value)
