"""The memory matrix in one derived file beside the database: mapped into memory when a process starts.

The database is the truth. The file carries the sequence number up to which it agrees; rows written later are patched in, and
in any doubt everything is read anew. Losing it loses nothing.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FORMAT = "ntm-matrix-1"
_ALIGN = 64


@dataclass(frozen=True)
class Matrix:
    """Live memories of all namespaces, one entry a memory, in order of their database rows; `keys` has one row a passage."""

    row: NDArray[np.int64]
    namespace: NDArray[np.int64]
    session: NDArray[np.int64]
    address: NDArray[np.int64]
    position: NDArray[np.int64]
    occurred: NDArray[np.float64]
    created: NDArray[np.float64]
    importance: NDArray[np.float32]
    strength: NDArray[np.float32]
    length: NDArray[np.int64]
    cjk: NDArray[np.bool_]
    superseded: NDArray[np.bool_]
    passages: NDArray[np.int64]
    keys: NDArray[np.float32]


_TYPES: dict[str, str] = {
    "row": "<i8",
    "namespace": "<i8",
    "session": "<i8",
    "address": "<i8",
    "position": "<i8",
    "occurred": "<f8",
    "created": "<f8",
    "importance": "<f4",
    "strength": "<f4",
    "length": "<i8",
    "cjk": "|b1",
    "superseded": "|b1",
    "passages": "<i8",
    "keys": "<f4",
}


def build(columns: dict[str, list[object]], keys: list[bytes], dim: int) -> Matrix:
    """A matrix of columns as lists (all but `passages`, `keys`) and each memory's key rows as bytes."""
    arrays = {name: np.array(values, dtype=_TYPES[name]) for name, values in columns.items()}
    passages = np.array([len(blob) // (4 * dim) for blob in keys], dtype=np.int64)
    flat = np.frombuffer(b"".join(keys), dtype="<f4").reshape(-1, dim)
    return Matrix(**arrays, passages=passages, keys=flat)


def patch(old: Matrix, changed: NDArray[np.int64], new: Matrix) -> Matrix:
    """`old` with the database rows `changed` taken out and the entries of `new` (those still live) put in, in order."""
    kept = ~np.isin(old.row, changed)
    order = np.argsort(np.concatenate([old.row[kept], new.row]), kind="stable")
    joined = {}
    for field in fields(Matrix):
        if field.name != "keys":
            a, b = getattr(old, field.name)[kept], getattr(new, field.name)
            joined[field.name] = np.concatenate([a, b])[order]
    if kept.all() and (np.diff(order) > 0).all():
        keys = np.concatenate([old.keys, new.keys])
    else:
        rows = np.concatenate([old.keys[np.repeat(kept, old.passages)], new.keys])
        before = np.concatenate([old.passages[kept], new.passages])
        starts = np.cumsum(before) - before
        keys = rows[np.concatenate([np.arange(starts[i], starts[i] + before[i]) for i in order] or [[]]).astype(int)]
    return Matrix(**joined, keys=keys)


def save(file: Path, matrix: Matrix, uuid: str, seq: int) -> None:
    """Write the file, whole or not at all. A failure is no failure: the file is derived."""
    arrays = {f.name: np.ascontiguousarray(getattr(matrix, f.name), _TYPES[f.name]) for f in fields(Matrix)}
    small = b"".join(array.tobytes() for name, array in arrays.items() if name != "keys")
    head = {
        "format": FORMAT,
        "uuid": uuid,
        "seq": seq,
        "shapes": {name: array.shape for name, array in arrays.items()},
        "crc": zlib.crc32(arrays["keys"].data, zlib.crc32(small)) if arrays["keys"].size else zlib.crc32(small),
    }
    header = json.dumps(head).encode()
    header += b" " * (-(len(header) + 1) % _ALIGN) + b"\n"
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(header + small + b"\0" * (-len(small) % _ALIGN))
            out.write(arrays["keys"].data)
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)


def load(file: Path, uuid: str, seq: int, *, verify: bool = False) -> tuple[Matrix, int] | None:
    """(matrix, sequence number) of the file, or None where it is missing, foreign, torn or from the future.

    Args:
        uuid: the database's.
        seq: the database's; the file must not be ahead.
        verify: also compare the checksum, which reads the whole file.
    """
    try:
        with file.open("rb") as raw:
            header = raw.readline(1 << 20)
        head = json.loads(header)
        shapes = {name: tuple(shape) for name, shape in head["shapes"].items()}
        if head["format"] != FORMAT or head["uuid"] != uuid or head["seq"] > seq or set(shapes) != set(_TYPES):
            return None
        mapped = np.memmap(file, dtype=np.uint8, mode="r")
        arrays, at = {}, len(header)
        for name, kind in _TYPES.items():
            at += -at % _ALIGN if name == "keys" else 0
            size = int(np.prod(shapes[name])) * np.dtype(kind).itemsize
            if at + size > len(mapped):
                return None
            arrays[name] = mapped[at : at + size].view(kind).reshape(shapes[name]).view(np.ndarray)
            at += size
        if at != len(mapped) or (verify and _checksum(arrays) != head["crc"]):
            return None
        return Matrix(**arrays), int(head["seq"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _checksum(arrays: dict[str, NDArray[np.generic]]) -> int:
    small = b"".join(array.tobytes() for name, array in arrays.items() if name != "keys")
    return zlib.crc32(arrays["keys"].tobytes(), zlib.crc32(small))
