"""Records read from the bytes of a SQLite file, without its tables: for a file whose pages SQLite cannot follow.

A cell of a b-tree page is: how long the record is, in a table its row number, then the record: a header of serial
types, then the values; what does not fit into the page goes on in a chain of overflow pages. (SQLite's file format,
sqlite.org/fileformat2.html, sections 1.6 and 2.1.) Whether a record found like this is true, its own checksum must say.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

_LEAF, _INNER, _INDEX_LEAF, _INDEX_INNER = 0x0D, 0x05, 0x0A, 0x02
_LONGEST = 1 << 28
_WHOLE = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_MOST_TYPES = 64


def pages_missing(data: bytes) -> tuple[int, int]:
    """(pages that are missing at the end of a plain database, pages that it had), by its header; (0, 0): not told."""
    told, size = int.from_bytes(data[28:32], "big"), int.from_bytes(data[16:18], "big")
    size = 65536 if size == 1 else size
    # the header counts only where whoever wrote it last knew of the count (sqlite.org/fileformat2.html, 1.3.7)
    if not told or data[24:28] != data[92:96] or size < 512 or size & (size - 1):
        return 0, 0
    return max(0, told - len(data) // size), told


class Record(NamedTuple):
    """What stands in a cell of `size` bytes; `rowid` is None in an index, and in a table without row numbers.

    `at` is where in the file the cell begins, `overflow` where the pages begin in which it goes on.
    """

    rowid: int | None
    values: tuple[Any, ...]
    size: int
    at: int
    overflow: tuple[int, ...]


class Pages:
    """The pages of a file.

    Args:
        data: the file.
    """

    def __init__(self, data: bytes) -> None:
        told = int.from_bytes(data[16:18], "big")
        told = 65536 if told == 1 else told
        sound = 512 <= told <= 65536 and told & (told - 1) == 0
        self._size = told if sound else 4096
        # an encrypted file sets bytes of each page apart, others do not
        self._usable = self._size - (data[20] if sound and data[20] <= 128 else 0)
        self._data = data
        self._overflow: set[int] = set()

    def records(self) -> Iterator[Record]:
        """Every record that a cell or anything that reads like one holds; some are found twice, some were never one."""
        doubtful = []
        for start in range(0, len(self._data), self._size):
            found = self._listed(start, start + 100 if start == 0 else start)
            yield from found[0]
            if not found[1]:
                doubtful.append(start)
        for start in doubtful:
            page = self._data[start : start + self._usable]
            if start not in self._overflow and page.strip(b"\0"):
                for at in range(start, start + len(page) - 3):
                    cells = (self._cell(at, start, in_table=in_table) for in_table in (True, False))
                    yield from filter(None, cells)

    def _listed(self, start: int, head: int) -> tuple[list[Record], bool]:
        """(records of the page's own list of cells, whether these and what is free fill the page exactly)."""
        kind = self._data[head] if head < len(self._data) else 0
        if kind == _INNER:
            return [], True
        if kind not in (_LEAF, _INDEX_LEAF, _INDEX_INNER):
            return [], False
        left = 4 if kind == _INDEX_INNER else 0  # the number of the page below
        free, count, content = struct.unpack(">HHH", self._data[head + 1 : head + 7].ljust(6, b"\0"))
        places = head + 8 + left
        if places + 2 * count > start + self._usable or places + 2 * count > len(self._data):
            return [], False
        offsets = struct.unpack(f">{count}H", self._data[places : places + 2 * count])
        cells = [self._cell(start + at + left, start, in_table=kind == _LEAF) for at in offsets]
        found = [cell for cell in cells if cell is not None]
        used = sum(max(4, cell.size + left) for cell in found) + self._data[head + 7] + self._free(start, free)
        return found, len(found) == count and used == self._usable - (content or 65536)

    def _free(self, page: int, at: int) -> int:
        """Bytes of the page's list of free blocks."""
        total = 0
        while 0 < at < self._usable - 3:
            following, size = struct.unpack(">HH", self._data[page + at : page + at + 4].ljust(4, b"\0"))
            total += size
            if 0 < following <= at:
                return -1
            at = following
        return total

    def _cell(self, at: int, page: int, *, in_table: bool) -> Record | None:
        first, end = at, min(page + self._usable, len(self._data))
        length, at = self._varint(at, end)
        rowid: int | None = None
        if in_table:
            rowid, at = self._varint(at, end)
        if not 2 <= length < _LONGEST or at >= end:
            return None
        types, begin = self._types(at, end, length)
        if types is None:
            return None
        local = self._local(length, in_table)
        payload, chain = self._payload(at, end, length, local)
        if payload is None:
            return None
        size = at - first + local + (4 if local < length else 0)
        return Record(rowid, tuple(_values(payload, begin - at, types)), size, first, chain)

    def _types(self, at: int, end: int, length: int) -> tuple[list[int] | None, int]:
        """(serial types, where the values begin) of a record whose header lies inside the page."""
        header, here = self._varint(at, end)
        stop = at + header
        if not 2 <= header <= length or stop > end:
            return None, at
        types, total = list[int](), header
        while here < stop and len(types) < _MOST_TYPES:
            kind, here = self._varint(here, stop)
            if kind in (10, 11) or here > stop:
                return None, at
            types.append(kind)
            total += _width(kind)
        return (types, stop) if here == stop and total == length else (None, at)

    def _local(self, length: int, in_table: bool) -> int:
        """How many bytes of a record stand in its own page."""
        usable = self._usable
        most = usable - 35 if in_table else (usable - 12) * 64 // 255 - 23
        if length <= most:
            return length
        least = (usable - 12) * 32 // 255 - 23
        kept = least + (length - least) % (usable - 4)
        return kept if kept <= most else least

    def _payload(self, at: int, end: int, length: int, local: int) -> tuple[bytes | None, tuple[int, ...]]:
        """(the record, its overflow pages); no record where the chain is broken."""
        if at + local + (4 if local < length else 0) > end:
            return None, ()
        parts, got, chain = [self._data[at : at + local]], local, list[int]()
        following = int.from_bytes(self._data[at + local : at + local + 4], "big") if local < length else 0
        while got < length:
            start = (following - 1) * self._size
            if following < 2 or start >= len(self._data) or start in chain:
                return None, ()
            chain.append(start)
            parts.append(self._data[start + 4 : start + min(self._usable, 4 + length - got)])
            got += len(parts[-1])
            following = int.from_bytes(self._data[start : start + 4], "big")
        if got != length:
            return None, ()
        self._overflow.update(chain)
        return b"".join(parts), tuple(chain)

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        """(number, where it ends); a number that does not end inside is 0."""
        value = 0
        for step in range(9):
            if at + step >= end:
                return 0, end + 1
            byte = self._data[at + step]
            if step == 8:
                value = value << 8 | byte
                return value - (1 << 64) if value >> 63 else value, at + 9
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value, at + step + 1
        return 0, end + 1


def _width(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    return {**_WHOLE, 7: 8}.get(kind, 0)


def _values(payload: bytes, at: int, types: list[int]) -> Iterator[Any]:
    for kind in types:
        part = payload[at : at + _width(kind)]
        at += len(part)
        if kind == 0:
            yield None
        elif kind in _WHOLE:
            yield int.from_bytes(part, "big", signed=True)
        elif kind == 7:
            yield struct.unpack(">d", part)[0]
        elif kind in (8, 9):
            yield kind - 8
        else:
            yield part.decode("utf-8", "surrogateescape") if kind % 2 else part
