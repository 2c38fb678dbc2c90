"""The live memories of all namespaces in one file that a process maps: heaps as they are, and who is live in them.

Each namespace is a part of the file. What is written later is appended to its heap; where memories were rewritten or
removed, which entries are live stands in one of two lists, of which the one is written anew that counts in no head.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.persistence.mapped_arrays import ArrayKind, ArrayPart, MappedArrays
from ntm_memory.persistence.mapped_writing import Pieces, extend_arrays, write_arrays
from ntm_memory.slots.growable import Growable
from ntm_memory.slots.heap import Heap, Spans, are_given_once, are_owned, rows_of
from ntm_memory.slots.live_slots import LiveSlots
from ntm_memory.slots.snapshot import Reads

DEAD = 4
"""The file is written anew when one entry in so many is dead."""
_ROOM, _LEAST_ROOM = 8, 64
_CHUNK = 4096
_LISTS = ("live 1", "live 2")
_ROWS = {"live 1": "row 1", "live 2": "row 2"}


def kinds_of(columns: Mapping[str, str], mentions: tuple[int, ...], dim: int) -> dict[str, ArrayKind]:
    """The arrays of a namespace.

    Args:
        columns: name → dtype of what a memory has one of.
        mentions: shape of what `mentioned` has of each.
        dim: width of the keys.
    """
    made = {name: ArrayKind(kind, mentions if name == "mentioned" else (), "entries") for name, kind in columns.items()}
    made |= {"first": ArrayKind("<i8", (), "entries")}
    made |= {"keys": ArrayKind("<f4", (dim,), "rows"), "owner": ArrayKind("<i8", (), "rows")}
    return made | {name: ArrayKind("<i8", (), one) for one in _LISTS for name in (one, _ROWS[one])}


class MappedSlots:
    """The file, open.

    Args:
        arrays: of it.
        spans: see `Heap`.
        reads: see `LiveSlots`.
        to_extend: whether heaps stay those of the file, so that `extend` can write what was added to them.

    Attributes:
        blocks: namespace code → its memories.

    Raises:
        ValueError: a list of who is live is damaged, or was written to meanwhile.
    """

    def __init__(self, arrays: MappedArrays, spans: Spans, reads: Reads, *, to_extend: bool = False) -> None:
        self.arrays = arrays
        self.blocks = {
            int(part.told["code"]): _block(arrays, number, spans, reads, to_extend)
            for number, part in enumerate(arrays.head.parts)
        }
        self._before = {code: (block.heap, block.trunk) for code, block in self.blocks.items()}

    @property
    def told(self) -> Mapping[str, Any]:
        """What its writer said of it."""
        return self.arrays.head.told

    def extend(self, file: Path, format: str, told: Mapping[str, Any]) -> bool:
        """Write what was added to its blocks; False: there is no room for it, or too much of it is dead."""
        dead = sum(len(block.heap) - len(block) for block in self.blocks.values())
        if dead * DEAD > sum(len(block.heap) for block in self.blocks.values()):
            return False
        before = {int(part.told["code"]): part for part in self.arrays.head.parts}
        parts = []
        for code, block in self.blocks.items():
            if code in before:
                heap, trunk = self._before[code]
                assert block.heap is heap, "opened to be extended"
                parts.append(_grown(before[code], block, is_appended=block.trunk is trunk))
            else:
                parts.append(_whole(code, block))
        if any(part.used[each] > part.room[each] for part, _ in parts for each in part.used):
            return False
        extend_arrays(file, format, self.arrays, told, parts)
        return True


def is_sound(arrays: MappedArrays, addresses: int) -> bool:
    """Whether a file is all that was written, and could have been: all of it is read for that, and none believed.

    Args:
        arrays: of it.
        addresses: slots that were given away are 0…addresses−1.
    """
    if not arrays.is_whole():
        return False
    blocks = MappedSlots(arrays, _untold, _unread, to_extend=True).blocks.values()
    if not all(_is_consistent(block) for block in blocks):
        return False
    given, rows = (
        np.concatenate([block.live(name) for block in blocks] or [np.empty(0, dtype=np.int64)])
        for name in ("address", "row")
    )
    return are_given_once(given, addresses) and len(np.unique(rows)) == len(rows)


def _untold(*told: NDArray[Any]) -> tuple[NDArray[np.float64], ...]:
    return told


def _unread(address: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.zeros_like(address)


def write_slots(
    file: Path, format: str, kinds: Mapping[str, ArrayKind], told: Mapping[str, Any], blocks: Mapping[int, LiveSlots]
) -> None:
    """Write the live memories of blocks; see `persistence.mapped_writing.write_arrays`."""
    write_arrays(file, format, kinds, told, [_whole(code, block) for code, block in blocks.items() if len(block)])


def _block(arrays: MappedArrays, number: int, spans: Spans, reads: Reads, to_extend: bool) -> LiveSlots:
    part = arrays.head.parts[number]
    grown = {
        name: Growable(arrays.array(number, name), part.used[kind.along])
        for name, kind in arrays.kinds.items()
        if kind.along not in _LISTS
    }
    keys, first, owner = (grown.pop(name) for name in ("keys", "first", "owner"))
    heap, one = Heap(grown, keys, first, owner, spans), part.told["list"]
    entries = rows = None
    if one is not None:  # copied, and looked at: the next writer but one writes over it
        entries, rows = (Growable(arrays.copied(number, name)) for name in (one, _ROWS[one]))
    rise = {"by_row": bool(part.told["by_row"]), "by_address": bool(part.told["by_address"])}
    return LiveSlots(heap, entries, reads, rows=rows, **rise, compacts=not to_extend)


def _is_consistent(block: LiveSlots) -> bool:
    """Whether entries own the key rows there are, one after the other, and the live ones are in order of writing."""
    heap, listed = block.heap, block.listed()
    passages, rows = heap.kept("passages", len(heap)), heap.rows
    if not are_owned(passages, rows) or not np.array_equal(heap.first(len(heap)), np.cumsum(passages) - passages):
        return False
    if not np.array_equal(heap.owner(rows), np.repeat(np.arange(len(heap)), passages)):
        return False
    if listed is not None:
        entries, numbers = listed
        if len(entries) and not (0 <= entries.min() and entries.max() < len(heap)):
            return False
        if not np.array_equal(heap.kept("row", len(heap))[entries], numbers):
            return False
    rise = tuple(bool((np.diff(block.live(name)) > 0).all()) for name in ("row", "address", "position"))
    return rise == (*block.rise(), True)


def _told(code: int, block: LiveSlots, one: str | None) -> dict[str, Any]:
    by_row, by_address = block.rise()
    return {"code": code, "list": one, "by_row": by_row, "by_address": by_address}


def _whole(code: int, block: LiveSlots) -> tuple[ArrayPart, Pieces]:
    """The live memories of a namespace as a part of a file, in order of writing."""
    heap, listed = block.heap, block.listed()
    entries = np.arange(len(heap)) if listed is None else listed[0]
    passages = heap.kept("passages", len(heap))[entries]
    used = {"entries": len(entries), "rows": int(passages.sum()), **dict.fromkeys(_LISTS, 0)}
    room = {name: number + number // _ROOM + _LEAST_ROOM for name, number in used.items()}
    room |= dict.fromkeys(_LISTS, room["entries"])
    pieces = {name: (0, _pieces(heap.kept(name, len(heap)), entries)) for name in heap.names}
    rows = entries if heap.rows == len(heap) else rows_of(heap.first(len(heap))[entries], passages)
    pieces["keys"] = (0, _pieces(heap.keys(heap.rows), rows))
    pieces["first"] = (0, iter([np.cumsum(passages) - passages]))
    pieces["owner"] = (0, iter([np.repeat(np.arange(len(entries)), passages)]))
    return ArrayPart(_told(code, block, None), used, room), pieces


def _pieces(array: NDArray[Any], index: NDArray[np.int64]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(index), _CHUNK):
        yield array[index[start : start + _CHUNK]]


def _grown(before: ArrayPart, block: LiveSlots, *, is_appended: bool) -> tuple[ArrayPart, Pieces]:
    """What is new of a namespace since it was written."""
    heap, listed, one = block.heap, block.listed(), before.told["list"]
    used = {**before.used, "entries": len(heap), "rows": heap.rows}
    entries, rows = before.used["entries"], before.used["rows"]
    pieces: dict[str, tuple[int, list[NDArray[Any]]]] = {}
    if entries < len(heap):
        pieces = {name: (entries, [heap.kept(name, len(heap))[entries:]]) for name in heap.names}
        pieces["first"] = (entries, [heap.first(len(heap))[entries:]])
        pieces["keys"] = (rows, [heap.keys(heap.rows)[rows:]])
        pieces["owner"] = (rows, [heap.owner(heap.rows)[rows:]])
    if listed is not None:
        start = used[one] if is_appended else 0
        one = one if is_appended else _LISTS[one == _LISTS[0]]
        used[one] = len(listed[0])
        pieces |= {name: (start, [numbers[start:]]) for name, numbers in zip((one, _ROWS[one]), listed, strict=True)}
    return ArrayPart(_told(int(before.told["code"]), block, one), used, before.room), pieces
