"""Records ↔ rows of the table `memories`."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.store.records import Link, Memory, Version

COLUMNS = (
    "id", "address", "namespace", "session", "position", "key", "content", "importance", "tags", "source", "created_at",
    "occurred_at", "updated_at", "version", "strength", "state", "ended_at", "kind", "superseded_by", "words", "length",
    "cjk", "keys", "hash", "crc", "seq",
)  # fmt: skip
_CHECKED = tuple(name for name in COLUMNS if name not in ("crc", "seq"))


def to_memory(
    row: Mapping[str, Any], names: Mapping[int, str], reads: tuple[int, float], links: tuple[Link, ...]
) -> Memory:
    """The record of a row, with its counters and links."""
    return Memory(
        id=row["id"],
        address=row["address"],
        namespace=names[row["namespace"]],
        session=None if row["session"] is None else names[row["session"]],
        position=row["position"],
        key=row["key"],
        content=row["content"],
        importance=row["importance"],
        tags=tuple(json.loads(row["tags"])),
        source=row["source"],
        created_at=row["created_at"],
        occurred_at=row["occurred_at"],
        updated_at=row["updated_at"],
        version=row["version"],
        strength=row["strength"],
        state=row["state"],
        kind=row["kind"],
        superseded_by=row["superseded_by"],
        reads=reads[0],
        last_read_at=to_iso(reads[1]) if reads[0] else None,
        links=links,
    )


def to_version(row: Mapping[str, Any]) -> Version:
    """The older version of a row of the table `versions`."""
    fields = {name: row[name] for name in Version.__dataclass_fields__}
    return Version(**fields | {"tags": tuple(json.loads(row["tags"]))})


def checksum(row: Mapping[str, Any]) -> int:
    """CRC32 over everything of a row but the checksum itself and the sequence number."""
    return zlib.crc32(repr([row[name] for name in _CHECKED]).encode())


def content_hash(content: str) -> int:
    """63 bits of a text, to find equal contents by index."""
    return zlib.crc32(content.encode()) << 31 ^ zlib.adler32(content.encode()[::-1])


def to_keys(blob: bytes, dim: int) -> NDArray[np.float32]:
    """(P, dim) key rows of a BLOB."""
    return np.frombuffer(blob, dtype="<f4").reshape(-1, dim)


def from_keys(keys: NDArray[np.float32]) -> bytes:
    """The BLOB of key rows."""
    return np.ascontiguousarray(keys, dtype="<f4").tobytes()


def to_iso(seconds: float) -> str:
    """Unix seconds as ISO 8601 in UTC with microseconds."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def to_seconds(iso: str | None) -> float:
    """ISO 8601 as unix seconds, NaN for none."""
    return np.nan if iso is None else datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp()
