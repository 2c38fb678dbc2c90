"""Arrays of fixed length in one derived file that is mapped, not read: to open it costs the same however long they are.

A line of JSON with the arrays' shapes comes first, then each array on a boundary, last a checksum of all. Where the
file cannot be mapped it is read whole: one that is sealed, one that the system could not replace then, and any where
the file system maps nothing.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ntm_memory.paths import opened_regular
from ntm_memory.persistence.atomic import replacing
from ntm_memory.persistence.mapped_arrays import bytes_of

FORMAT = "ntm-arrays-1"
ALIGN = 64
"""Bytes between the boundaries on which arrays begin."""
CHECKSUM = 4
"""Bytes of the checksum at the end."""
LONGEST_HEAD = 1 << 16
"""Bytes among which the first line ends."""
_BLOCK = 1 << 24
_KINDS = frozenset({"<i8", "<i4", "<u8", "<u4", "|u1", "<f8", "<f4"})
Arrays = Mapping[str, NDArray[Any]]
Sealing = Callable[[bytes], bytes]


@dataclass(frozen=True)
class ArrayFile:
    """What a file holds.

    Args:
        head: what its writer told of it.
        arrays: by name, read-only.
    """

    head: Mapping[str, Any]
    arrays: Arrays


def identity_of(status: os.stat_result) -> str:
    """Size, time of the last write and number of a file: another one, or one that was written to, has another."""
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
    parts: list[Any] = [headed({"format": FORMAT, "head": head, "arrays": shapes})]
    for array in kept.values():
        parts += [bytes_of(array), b"\0" * (-array.nbytes % ALIGN)]
    parts.append(checksum(parts))
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
        OSError, ValueError or another of `mapped_arrays.UNREADABLE`: it is not there, damaged or of another format.
    """
    with opened_regular(file) as opened:
        identity = identity_of(os.fstat(opened.fileno()))
        mapped = _mapped(opened) if unseal is None else None
        content = (unseal or bytes)(opened.read()) if mapped is None else mapped
    is_checked = mapped is not None and identity == believed
    return ArrayFile(*_parted(np.frombuffer(content, dtype=np.uint8), is_checked=is_checked))


def headed(told: Mapping[str, Any]) -> bytes:
    """What is told of a file as its first line, behind which is a boundary."""
    line = json.dumps(told).encode()
    return line + b" " * (-(len(line) + 1) % ALIGN) + b"\n"


def told_by(whole: NDArray[np.uint8], format: str) -> tuple[Mapping[str, Any], int]:
    """(what the first line of a file tells, where its arrays begin).

    Args:
        whole: the file's bytes, or the first `LONGEST_HEAD` of them.
        format: its name, which the line must tell.

    Raises:
        ValueError, KeyError or another of `mapped_arrays.UNREADABLE`: there is no such line.
    """
    end = whole[:LONGEST_HEAD].tobytes().index(b"\n") + 1
    told: Mapping[str, Any] = json.loads(whole[:end].tobytes())
    if told["format"] != format:
        raise ValueError("another format")
    return told, end


def checksum(parts: Iterable[Any]) -> bytes:
    """CRC32 of the parts of a file, one after the other, as its last bytes."""
    crc = 0
    for part in parts:
        crc = zlib.crc32(part, crc)
    return crc.to_bytes(CHECKSUM, "little")


def is_whole(whole: NDArray[np.uint8]) -> bool:
    """Whether the last bytes of a file are the checksum of the others."""
    content = whole[:-CHECKSUM]
    blocks = (content[start : start + _BLOCK].data for start in range(0, len(content), _BLOCK))
    return checksum(blocks) == whole[-CHECKSUM:].tobytes()


def _mapped(opened: BinaryIO) -> mmap.mmap | None:
    """All of a file, mapped; None where it is to be read."""
    if os.name != "nt":
        with suppress(OSError):  # a file system that maps nothing
            return mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    return None


def _parted(whole: NDArray[np.uint8], *, is_checked: bool) -> tuple[Mapping[str, Any], Arrays]:
    """(the head, the arrays) of the bytes of a file."""
    told, at = told_by(whole, FORMAT)
    arrays = {}
    for name, (kind, *shape) in told["arrays"].items():
        if kind not in _KINDS or not all(isinstance(length, int) and length >= 0 for length in shape):
            raise ValueError("no array")
        size = int(np.prod(shape, dtype=object)) * np.dtype(kind).itemsize
        if at + size > len(whole):
            raise ValueError("cut off")
        arrays[name] = whole[at : at + size].view(kind).reshape(shape)
        at += size + -size % ALIGN
    if at + CHECKSUM != len(whole) or not (is_checked or is_whole(whole)):
        raise ValueError("damaged")
    return told["head"], arrays
