"""Writes files of arrays that are mapped, whole or behind what is there; see `persistence.mapped_arrays`."""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ntm_memory.persistence.atomic import replacing
from ntm_memory.persistence.mapped_arrays import (
    PREAMBLE,
    ArrayKind,
    ArrayPart,
    FileHead,
    MappedArrays,
    begin_of,
    bytes_of,
    crc_of,
    heads_in,
    places_of,
)

_PAGE = 4096
_TICK = 2 * 10**9
"""Nanoseconds: times of change are noted as whole ticks, which every file system keeps."""

Pieces = Mapping[str, tuple[int, Iterable[NDArray[Any]]]]
"""What is to be written of a part: array → (from which row on, rows in order, piece after piece)."""


def write_arrays(
    file: Path,
    format: str,
    kinds: Mapping[str, ArrayKind],
    told: Mapping[str, Any],
    parts: Sequence[tuple[ArrayPart, Pieces]],
) -> None:
    """Write a file whole or not at all, piece by piece: no array is held in memory for it.

    Raises:
        OSError: it cannot be written.
        BadValueError: there is something that is no regular file.
    """
    head = FileHead(told, tuple(part for part, _ in parts))
    slot = _PAGE * -(-(2 * len(_line(head, kinds)) + _PAGE) // _PAGE)
    preamble = json.dumps({"format": format, "head": slot}).encode()
    with replacing(file) as out:
        out.write(preamble.ljust(PREAMBLE - 1) + b"\n")
        _put(out, head, kinds, [pieces for _, pieces in parts], begin_of(slot), slot)


def extend_arrays(
    file: Path,
    format: str,
    opened: MappedArrays,
    told: Mapping[str, Any],
    parts: Sequence[tuple[ArrayPart, Pieces]],
) -> None:
    """Write rows behind those that count, or anew where nothing counts yet, and say so in the head.

    Args:
        file: which; only one process at a time may do so.
        format: its name.
        opened: the same file, as it is; one of its heads stays as it was.
        told: what the caller says of it now.
        parts: those of before in their order, with what is new of each, and new ones behind them.

    Raises:
        OSError: or another of `UNREADABLE`: it cannot be written, is another file by now, or there is no room.
    """
    with file.open("r+b") as out:
        heads, begin = heads_in(out, format)
        if os.fstat(out.fileno()).st_ino != opened.inode or opened.head not in heads:
            raise ValueError("another file by now")
        if any(part.used[length] > part.room[length] for part, _ in parts for length in part.used):
            raise ValueError("no room")
        kept = (part.crc for part in opened.head.parts)
        whole = [replace(part, crc=next(kept, {})) for part, _ in parts]
        head = FileHead(told, tuple(whole), heads[0].generation + 1, slot=1 - opened.head.slot)
        _put(out, head, opened.kinds, [pieces for _, pieces in parts], begin, (begin - PREAMBLE) // 2)


def _put(
    out: BinaryIO, head: FileHead, kinds: Mapping[str, ArrayKind], pieces: Sequence[Pieces], begin: int, slot: int
) -> None:
    """Write rows, wait until they are on the disk, write the head, and note which file it is."""
    before = os.fstat(out.fileno())
    places, end = places_of(head.parts, kinds, begin)
    parts = []
    for part, where, new in zip(head.parts, places, pieces, strict=True):
        crc = {name: part.crc.get(name, 0) for name in kinds}
        for name, (start, arrays) in new.items():
            out.seek(where[name] + start * kinds[name].bytes)
            crc[name] = crc[name] if start else 0
            for array in arrays:
                rows = np.ascontiguousarray(array, kinds[name].dtype)
                crc[name] = crc_of(rows, crc[name])
                out.write(bytes_of(rows))
        parts.append(replace(part, crc=crc))
    out.flush()
    out.truncate(max(end, before.st_size))
    _dated(out, before.st_mtime_ns)  # of the head that still counts, nothing was touched
    os.fsync(out.fileno())
    tick = time.time_ns() // _TICK * _TICK  # whoever else writes later leaves another time, to the nanosecond
    line = _line(replace(head, parts=tuple(parts), noted=(before.st_ino, tick)), kinds)
    if len(line) > slot:
        raise ValueError("the head has no room")
    out.seek(PREAMBLE + head.slot * slot)
    out.write(line)
    out.flush()
    _dated(out, tick)
    os.fsync(out.fileno())


def _dated(out: BinaryIO, moment: int) -> None:
    os.utime(out.fileno(), ns=(moment, moment))


def _line(head: FileHead, kinds: Mapping[str, ArrayKind]) -> bytes:
    parts = [[part.told, part.used, part.room, [part.crc.get(name, 0) for name in kinds]] for part in head.parts]
    told = {"told": head.told, "generation": head.generation, "noted": head.noted, "arrays": [*kinds], "parts": parts}
    line = json.dumps(told).encode()
    return b"%08x " % zlib.crc32(line) + line + b"\n"
