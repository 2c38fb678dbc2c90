"""Growing arrays in one file that a process maps instead of reading: to open it costs the same whatever its size.

    64 bytes    the format's name and how long a head may be
    2 heads     each a line: CRC32, and JSON that tells which arrays there are, how many rows of each count, their CRC32
    arrays      part after part, each on a boundary, with room behind its rows (a hole: it takes no disk)

What is appended goes behind the rows that count, then a new head over the older one: whatever interrupts a writer,
one head is whole and speaks of rows that nobody touched. The mapping is private: a process may write into the room
behind the rows of its own.

Of a head the checksum is always looked at. Those of the arrays are not where the file is the one that its writer noted
in the head, by inode and time of its last change, after it was safe on the disk; a copied, restored or edited file is
another one, and who opens it asks `is_whole` first.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ntm_memory.paths import opened_regular

CAN_MAP = os.name != "nt" and os.utime in os.supports_fd
"""Whether a file can be mapped, and still be replaced by another process."""
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What may be raised of a file that is missing, damaged or of another format."""
PREAMBLE = 64
_ALIGN = 64


@dataclass(frozen=True)
class ArrayKind:
    """What one array of each part is: its dtype, the shape of a row, and which of the part's lengths it has."""

    dtype: str
    item: tuple[int, ...]
    along: str

    @property
    def bytes(self) -> int:
        """Of one row."""
        return int(np.prod(self.item, dtype=np.int64)) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class ArrayPart:
    """Arrays that belong together.

    Args:
        told: what the caller says of them: JSON.
        used: rows that count, of each length.
        room: rows for which there is place, of each length.
        crc: CRC32 of the rows that count, of each array.
    """

    told: Mapping[str, Any]
    used: Mapping[str, int]
    room: Mapping[str, int]
    crc: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FileHead:
    """What a file says of itself.

    Args:
        told: what the caller says of it: JSON.
        parts: its arrays.
        generation: how often something was written into it.
        noted: which file it was then, as (inode, time of its last change).
        slot: which of the two heads it is.
    """

    told: Mapping[str, Any]
    parts: tuple[ArrayPart, ...]
    generation: int = 0
    noted: tuple[int, int] = (0, 0)
    slot: int = 0


class MappedArrays:
    """A file that is open.

    Args:
        head: one of its heads.
        kinds: the arrays of each part.
        buffer: all of its bytes.
        inode: which file it is.
        is_noted: whether it is the file that its last writer left, untouched since.
        begin: where its arrays begin.
    """

    def __init__(
        self,
        head: FileHead,
        kinds: Mapping[str, ArrayKind],
        buffer: mmap.mmap | bytearray,
        inode: int,
        is_noted: bool,
        begin: int,
    ) -> None:
        self.head, self.kinds = head, kinds
        self.inode, self.is_noted = inode, is_noted
        self._buffer = buffer
        self._places, self._end = places_of(head.parts, kinds, begin)
        if self._end > len(buffer):
            raise ValueError("shorter than its head says")

    def is_there(self) -> bool:
        """Whether all of it can still be read: to read what another program cut off would end the process."""
        return not isinstance(self._buffer, mmap.mmap) or self._buffer.size() >= self._end

    def array(self, part: int, name: str) -> NDArray[Any]:
        """The rows of an array, and behind those that count its room."""
        kind, room = self.kinds[name], self.head.parts[part].room
        count = room[kind.along] * int(np.prod(kind.item, dtype=np.int64))
        flat: NDArray[Any] = np.frombuffer(self._buffer, kind.dtype, count, self._places[part][name])
        return flat.reshape(-1, *kind.item)

    def copied(self, part: int, name: str) -> NDArray[Any]:
        """A copy of the rows that count of an array.

        Raises:
            ValueError: they are not those that were written.
        """
        rows: NDArray[Any] = self.array(part, name)[: self.head.parts[part].used[self.kinds[name].along]].copy()
        if crc_of(rows) != self.head.parts[part].crc[name]:
            raise ValueError("damaged, or written to meanwhile")
        return rows

    def is_whole(self) -> bool:
        """Whether all rows that count are those that were written; all of them are read for it."""
        return all(
            crc_of(self.array(number, name)[: part.used[kind.along]]) == part.crc[name]
            for number, part in enumerate(self.head.parts)
            for name, kind in self.kinds.items()
        )


def heads_of(file: Path, format: str) -> list[FileHead]:
    """The whole heads of a file, the latest first.

    Raises:
        OSError: or another of `UNREADABLE`: there is no file, or none of this format.
    """
    with opened_regular(file) as opened:
        return heads_in(opened, format)[0]


def open_arrays(
    file: Path, format: str, kinds: Mapping[str, ArrayKind], accept: Callable[[Mapping[str, Any]], bool]
) -> MappedArrays:
    """Map a file.

    Args:
        file: which.
        format: its name.
        kinds: the arrays of each part.
        accept: told what a head tells; whether that is wanted. The latest that is wanted is taken.

    Raises:
        OSError: or another of `UNREADABLE`: missing, damaged, of another format, or nothing in it is wanted.
    """
    with opened_regular(file) as opened:
        heads, begin = heads_in(opened, format)
        head = next((head for head in heads if accept(head.told)), None)
        if head is None:
            raise ValueError("of another state")
        status = os.fstat(opened.fileno())
        buffer = _mapped(opened, status.st_size)
        # what an older head speaks of is as safe: nobody writes where it counts
        is_noted = (status.st_ino, status.st_mtime_ns) in {each.noted for each in heads}
        return MappedArrays(head, kinds, buffer, status.st_ino, is_noted, begin)


def begin_of(slot: int) -> int:
    """Where the arrays begin, behind two heads of so many bytes."""
    return PREAMBLE + 2 * slot


def places_of(
    parts: Sequence[ArrayPart], kinds: Mapping[str, ArrayKind], begin: int
) -> tuple[list[dict[str, int]], int]:
    """([where each array of each part begins], where the last one ends), in bytes from the file's begin."""
    places, at = [], begin
    for part in parts:
        if any(not 0 <= part.used[kind.along] <= part.room[kind.along] for kind in kinds.values()):
            raise ValueError("more rows than there is room for")
        where = {}
        for name, kind in kinds.items():
            where[name] = at
            at += part.room[kind.along] * kind.bytes
            at += -at % _ALIGN
        places.append(where)
    return places, at


def heads_in(opened: BinaryIO, format: str) -> tuple[list[FileHead], int]:
    """(the whole heads, the latest first; where the arrays begin)."""
    told = json.loads(opened.read(PREAMBLE))
    if told["format"] != format:
        raise ValueError("another format")
    slot = int(told["head"])
    if not 0 < slot < 1 << 30:
        raise ValueError("damaged")
    heads = []
    for number in range(2):
        opened.seek(PREAMBLE + number * slot)
        crc, _, line = opened.read(slot).partition(b"\n")[0].partition(b" ")
        if line and crc == b"%08x" % zlib.crc32(line):
            heads.append(_head(json.loads(line), number))
    return sorted(heads, key=lambda head: -head.generation), begin_of(slot)


def _head(told: Mapping[str, Any], slot: int) -> FileHead:
    names = told["arrays"]
    parts = tuple(
        ArrayPart(of, used, room, dict(zip(names, crc, strict=True))) for of, used, room, crc in told["parts"]
    )
    inode, moment = told["noted"]
    return FileHead(told["told"], parts, told["generation"], (inode, moment), slot)


def _mapped(opened: BinaryIO, size: int) -> mmap.mmap | bytearray:
    """A file's bytes: to write into for this process alone, else to read alone, else read into memory."""
    flags = getattr(mmap, "MAP_PRIVATE", 2) | getattr(mmap, "MAP_NORESERVE", 0)
    for access in (mmap.PROT_READ | mmap.PROT_WRITE, mmap.PROT_READ):  # where memory is counted, the first may fail
        with suppress(OSError):
            return mmap.mmap(opened.fileno(), size, flags=flags, prot=access)
    opened.seek(0)  # a file system that maps nothing
    return bytearray(opened.read())


def crc_of(rows: NDArray[Any], before: int = 0) -> int:
    """CRC32 of rows that stand behind others, whose is `before`."""
    return zlib.crc32(bytes_of(rows), before)


def bytes_of(rows: NDArray[Any]) -> memoryview:
    """Rows (contiguous) as they stand in memory; they are not copied."""
    return rows.reshape(-1).view(np.uint8).data
