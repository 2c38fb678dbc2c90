"""Arrays of fixed length in one derived file that is mapped, not read: to open it costs the same however long they are.

A line of JSON with the arrays' shapes comes first, then each array on a boundary, last a checksum of all. Where the
file cannot be mapped, since it is sealed or since the system cannot replace a mapped file, it is read whole.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.paths import content_of, unusual
from ntm_memory.persistence.atomic import replacing

FORMAT = "ntm-arrays-1"
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
_ALIGN, _CHECKSUM = 64, 4
_BLOCK = 1 << 24
_LONGEST_HEAD = 1 << 16
_KINDS = frozenset({"<i8", "<i4", "<u8", "<u4", "|u1", "<f8", "<f4"})
Arrays = Mapping[str, NDArray[Any]]
Sealing = Callable[[bytes], bytes]


@dataclass(frozen=True)
class ArrayFile:
    """What a file holds.

    Args:
        head: what its writer told of it.
        arrays: by name, read-only.
        identity: which file it is; another one, or one that was written to, has another.
    """

    head: Mapping[str, Any]
    arrays: Arrays
    identity: str


def identity_of(status: os.stat_result) -> str:
    """Size, time of the last write and number of a file."""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"


def write_fixed(file: Path, head: Mapping[str, Any], arrays: Arrays, seal: Sealing | None = None) -> str:
    """Write the file whole or not at all; returns its identity.

    Args:
        file: what stood there is replaced.
        head: to be kept with the arrays; JSON.
        arrays: by name; numbers of 1, 4 or 8 bytes.
        seal: hides what is written; None: nothing does.

    Raises:
        OSError, BadValueError, OverflowError: it could not be written; what stood there is as it was.
    """
    kept = {name: np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for name, array in arrays.items()}
    shapes = {name: [array.dtype.str, *array.shape] for name, array in kept.items()}
    told = json.dumps({"format": FORMAT, "head": head, "arrays": shapes}).encode()
    parts: list[Any] = [told + b" " * (-(len(told) + 1) % _ALIGN) + b"\n"]
    for array in kept.values():
        parts += [array.reshape(-1).view(np.uint8).data, b"\0" * (-array.nbytes % _ALIGN)]
    crc = 0
    for part in parts:
        crc = zlib.crc32(part, crc)
    parts.append(crc.to_bytes(_CHECKSUM, "little"))
    if seal is not None:
        parts = [seal(b"".join(parts))]
    with replacing(file) as out:  # it waits for the disk: a file that is believed unread must not be torn
        out.writelines(parts)
        out.flush()
        status = os.fstat(out.fileno())
    return identity_of(status)


def read_fixed(file: Path, believed: str = "", unseal: Sealing | None = None) -> ArrayFile:
    """What a file holds.

    Args:
        file: as `write_fixed` wrote it.
        believed: the identity of a file that need not be checked; any other is read once, for its checksum.
        unseal: opens what was sealed; None: it is plain.

    Raises:
        OSError, ValueError or another of `UNREADABLE`: it is not there, damaged or of another format.
    """
    if unseal is not None:
        whole = np.frombuffer(unseal(content_of(file)), dtype=np.uint8)
        return ArrayFile(*_parted(whole, is_checked=False), identity="")
    if os.name == "nt":
        return ArrayFile(*_parted(np.frombuffer(content_of(file), dtype=np.uint8), is_checked=False), identity="")
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe is not waited for
    try:
        status = os.fstat(handle)
        if unusual(status.st_mode) is not None:
            raise OSError(f"{file} is no regular file")
        whole = np.frombuffer(mmap.mmap(handle, 0, access=mmap.ACCESS_READ), dtype=np.uint8)
    finally:
        os.close(handle)
    identity = identity_of(status)
    return ArrayFile(*_parted(whole, is_checked=identity == believed), identity=identity)


def _parted(whole: NDArray[np.uint8], *, is_checked: bool) -> tuple[Mapping[str, Any], Arrays]:
    """(the head, the arrays) of the bytes of a file."""
    end = whole[:_LONGEST_HEAD].tobytes().index(b"\n") + 1
    told = json.loads(whole[:end].tobytes())
    if told["format"] != FORMAT:
        raise ValueError("another format")
    arrays, at = {}, end
    for name, (kind, *shape) in told["arrays"].items():
        if kind not in _KINDS or not all(isinstance(length, int) and length >= 0 for length in shape):
            raise ValueError("no array")
        size = int(np.prod(shape, dtype=object)) * np.dtype(kind).itemsize
        if at + size > len(whole):
            raise ValueError("cut off")
        arrays[name] = whole[at : at + size].view(kind).reshape(shape)
        at += size + -size % _ALIGN
    if at + _CHECKSUM != len(whole) or not (is_checked or _is_whole(whole)):
        raise ValueError("damaged")
    return told["head"], arrays


def _is_whole(whole: NDArray[np.uint8]) -> bool:
    crc = 0
    for start in range(0, len(whole) - _CHECKSUM, _BLOCK):
        crc = zlib.crc32(whole[start : min(start + _BLOCK, len(whole) - _CHECKSUM)].data, crc)
    return crc.to_bytes(_CHECKSUM, "little") == whole[-_CHECKSUM:].tobytes()
