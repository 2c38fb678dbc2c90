"""Records ↔ rows of the tables `memories` and `versions`."""

from __future__ import annotations

import json
import math
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError, StoreCorruptError
from ntm_memory.privacy.trust import USUAL
from ntm_memory.store.postings import encode_words
from ntm_memory.store.records import Encoding, Link, Memory, MemoryInput, Version
from ntm_memory.text.folding import folded_key, text_hash
from ntm_memory.text.iso_time import to_iso, unix_seconds
from ntm_memory.text.occurrence import Kept, kept

_KINDS: dict[str, Callable[[Any], Any]] = {
    "id": str, "address": int, "namespace": int, "session": int, "position": int, "key": str, "content": str,
    "importance": float, "tags": str, "source": str, "created_at": str, "occurred_at": str, "updated_at": str,
    "version": int, "strength": float, "state": str, "ended_at": str, "kind": str, "superseded_by": str, "words": str,
    "length": int, "cjk": int, "keys": bytes, "hash": int, "folded_key": str, "text_hash": int, "trust": str,
    "mentions": str,
}  # fmt: skip
COLUMNS = (*_KINDS, "crc", "seq")
VERSION_COLUMNS = (
    "id", "version", "content", "key", "importance", "tags", "occurred_at", "valid_from", "valid_to", "words", "length",
    "cjk", "keys", "trust", "crc",
)  # fmt: skip
_MOST_PASSAGES = 64
_NORM_OFF = 2e-3
"""How far the square of a key's length may be from 1."""
_FOLDED = ("folded_key", "text_hash", "mentions")
# the folded ones follow from what is checked; what rows of version 2 have not must not change their checksum
_CHECKED = tuple(name for name in _KINDS if name not in ("namespace", "session", "keys", "trust", *_FOLDED))
_VERSION_CHECKED = tuple(name for name in VERSION_COLUMNS if name not in ("keys", "trust", "crc"))
Names = Callable[[int], str]
Row = Mapping[str, Any] | sqlite3.Row


def to_fields(told: MemoryInput, encoding: Encoding, dim: int | None) -> dict[str, Any]:
    """The columns that a telling fills, but for the codes of namespace and session.

    Raises:
        BadValueError: the keys have another shape than (P ≥ 1, dim).
    """
    return {
        "key": told.key,
        "content": told.content,
        "importance": told.importance,
        "tags": to_tags(told.tags),
        "source": told.source,
        "occurred_at": told.occurred_at,
        "kind": told.kind,
        "trust": told.trust,
        **found_by(told.content, encoding, dim),
    }


def found_by(content: str, encoding: Encoding, dim: int | None) -> dict[str, Any]:
    """The columns by which a text is found.

    Raises:
        BadValueError: the keys have another shape than (P ≥ 1, dim).
    """
    return {
        "words": encode_words(encoding.words),
        "length": len(encoding.words),
        "cjk": encoding.cjk,
        "keys": from_keys(encoding.keys, dim),
        "hash": content_hash(content),
        "text_hash": text_hash(content),
    }


def normalised(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns as SQLite gives them back, so that a checksum is the same before and after."""
    return {
        name: kind(fields[name]) if fields[name] is not None else None
        for name, kind in _KINDS.items()
        if name in fields
    }


def to_memory(row: Row, names: Names, reads: tuple[int, float], links: tuple[Link, ...]) -> Memory:
    """The record of a row, with its counters and links.

    Raises:
        StoreCorruptError: the row is not what was written.
    """
    wrong = what_is_wrong(row, names)
    if wrong is not None:
        raise StoreCorruptError(f"memory {row['id']!s:.100} is damaged: {wrong}", "run: status.py --repair")
    return Memory(
        id=row["id"],
        address=row["address"],
        namespace=names(row["namespace"]),
        session=None if row["session"] is None else names(row["session"]),
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
        retention=row["strength"],
        state=row["state"],
        kind=row["kind"],
        superseded_by=row["superseded_by"],
        reads=reads[0],
        last_read_at=to_iso(reads[1]) if reads[0] else None,
        links=links,
        trust=row["trust"],
    )


def to_version(row: Row) -> Version:
    """The older version of a row of the table `versions`.

    Raises:
        StoreCorruptError: the row is not what was written.
    """
    wrong = what_is_wrong_with_version(row)
    if wrong is not None:
        named = f"version {row['version']!s:.100} of memory {row['id']!s:.100}"
        raise StoreCorruptError(f"{named} is damaged: {wrong}", "run: status.py --repair")
    fields = {name: row[name] for name in Version.__dataclass_fields__}
    return Version(**fields | {"tags": tuple(json.loads(row["tags"]))})


def checksum(row: Row, names: Names) -> int:
    """CRC32 over everything that a row of `memories` says, namespace and session by name."""
    said = [row[name] for name in _CHECKED]
    said += ["" if row[name] is None else names(row[name]) for name in ("namespace", "session")]
    said += _said_of_trust(row)
    return zlib.crc32(row["keys"], zlib.crc32(repr(said).encode()))


def version_checksum(row: Row) -> int:
    """CRC32 over everything that a row of `versions` says."""
    said = [row[name] for name in _VERSION_CHECKED] + _said_of_trust(row)
    return zlib.crc32(row["keys"], zlib.crc32(repr(said).encode()))


def _said_of_trust(row: Row) -> list[str]:
    """Nothing for the usual level: so what was written before there was any keeps its checksum."""
    return [] if row["trust"] == USUAL else [row["trust"]]


def what_is_wrong(row: Row, names: Names) -> str | None:
    """Why a row of `memories` cannot be vouched for; None where it is what was written."""
    if any(row[name] is not None and not names(row[name]) for name in ("namespace", "session")):
        return "its namespace or session has no name"  # to the checksum the same as none
    return _wrong(row, lambda: checksum(row, names))


def what_is_wrong_with_version(row: Row) -> str | None:
    """Why a row of `versions` cannot be vouched for; None where it is what was written."""
    return _wrong(row, lambda: version_checksum(row))


def _wrong(row: Row, seal: Callable[[], int]) -> str | None:
    try:
        if seal() != row["crc"]:
            return "its checksum differs"
        if not isinstance(json.loads(row["tags"]), list):
            return "its tags are no list"
    except (TypeError, ValueError, RecursionError) as error:  # NULL, bytes for a text, no JSON
        return f"a value is not of its kind ({type(error).__name__})"
    return None


def fetch(sql: sqlite3.Connection, query: str, arguments: Sequence[Any] = ()) -> list[Any]:
    """The rows of a query; where a text is no UTF-8, its bytes stand as lone surrogates, and no checksum agrees."""
    try:
        return sql.execute(query, arguments).fetchall()
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
    with any_text(sql):
        return sql.execute(query, arguments).fetchall()


@contextmanager
def any_text(sql: sqlite3.Connection) -> Iterator[None]:
    """Bytes that are no UTF-8 are read as lone surrogates, by which they are known, instead of stopping a query."""
    sql.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        sql.text_factory = str


def width_of(blobs: Sequence[bytes]) -> int | None:
    """The width at which all key rows of these BLOBs have length 1; None where there is none."""
    common = 0
    for blob in blobs:
        common = math.gcd(common, len(blob))
    widths = (common // 4 // parts for parts in range(1, _MOST_PASSAGES + 1) if common and common % (4 * parts) == 0)
    for dim in widths:
        if all(are_unit(to_keys(blob, dim)) for blob in blobs):
            return dim
    return None


def content_hash(content: str) -> int:
    """63 bits of a text, part of what a row is sealed by."""
    text = content.encode()
    return zlib.crc32(text) << 31 ^ zlib.adler32(text[::-1])


def to_keys(blob: bytes, dim: int) -> NDArray[np.float32]:
    """(P, dim) key rows of a BLOB."""
    return np.frombuffer(blob, dtype="<f4").reshape(-1, dim)


def from_keys(keys: NDArray[np.float32], dim: int | None) -> bytes:
    """The BLOB of key rows.

    Raises:
        BadValueError: they are not (P ≥ 1, dim) vectors of length 1.
    """
    rows = np.ascontiguousarray(keys, dtype="<f4")
    if rows.ndim != 2 or not rows.size or (dim is not None and rows.shape[1] != dim):
        raise BadValueError(
            f"keys have shape {rows.shape}, expected (passages, {dim or 'width'})", "was the embedder changed?"
        )
    if not are_unit(rows):
        raise BadValueError("keys are not finite vectors of length 1", "the embedder failed on this text")
    return rows.tobytes()


def are_unit(rows: NDArray[np.float32]) -> bool:
    """Whether all (P, dim) rows are finite vectors of length 1."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("pd,pd->p", rows, rows, dtype=np.float64)
    return bool((np.abs(squares - 1) <= _NORM_OFF).all())


def to_tags(tags: Iterable[str]) -> str:
    """Tags as the column keeps them."""
    return json.dumps(list(tags), ensure_ascii=False)


def tags_in(text: Any) -> frozenset[str]:
    """The tags of a column; none of one that is damaged."""
    try:
        return frozenset(json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return frozenset()


def has_tags(told: Iterable[str], text: Any) -> bool:
    """Whether a column has all of some tags, however they are spelled: as keys are compared."""
    return {*map(folded_key, told)} <= {folded_key(tag) for tag in tags_in(text) if isinstance(tag, str)}


def to_seconds(iso: str | None) -> float:
    """The column of a time as unix seconds, NaN for none."""
    return np.nan if iso is None else unix_seconds(iso)


def to_kept(iso: str | None) -> Kept:
    """The column `occurred_at` as numbers, NaN for none."""
    return Kept(np.nan, np.nan, False) if iso is None else kept(iso)


def placed(columns: Sequence[str]) -> str:
    """Named placeholders of columns."""
    return ", ".join(":" + name for name in columns)
