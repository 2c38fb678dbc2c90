"""The derived file of a store: a small one is read, a large one is mapped, and in any doubt neither is believed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ntm_memory.errors import BadValueError
from ntm_memory.persistence.mapped_arrays import CAN_MAP, UNREADABLE, FileHead, heads_of, open_arrays
from ntm_memory.slots import matrix_file as sidecar
from ntm_memory.slots.columns import LARGE
from ntm_memory.slots.heap import Spans, are_given_once
from ntm_memory.slots.live_slots import LiveSlots
from ntm_memory.slots.mapped_slots import MappedSlots, is_sound, write_slots
from ntm_memory.slots.matrix_file import MAPPED, Matrix
from ntm_memory.slots.snapshot import Reads
from ntm_memory.slots.stamp import Stamp

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key


class Begun:
    """What a process begins with.

    Args:
        blocks: namespace code → its memories.
        stamp: of which state they are.
        mapped: the file that they lie in.
    """

    def __init__(self, blocks: dict[int, LiveSlots], stamp: Stamp, mapped: MappedSlots | None = None) -> None:
        self.blocks = blocks
        self.stamp = stamp
        self.mapped = mapped

    def is_there(self) -> bool:
        """Whether nobody cut off the file that they lie in."""
        return self.mapped is None or self.mapped.arrays.is_there()

    def is_whole(self) -> bool:
        """Whether all that they lie in is what was written; all of it is read for that."""
        return self.mapped is None or (self.is_there() and self.mapped.arrays.is_whole())


class DerivedMatrix:
    """The file, whatever its form.

    Args:
        path: where it is, or will be.
        key: of the store; None: the file is plain.
        spans: see `slots.heap.Heap`.
        reads: see `slots.live_slots.LiveSlots`.
    """

    def __init__(self, path: Path, key: Key | None, spans: Spans, reads: Reads) -> None:
        self.path = path
        self._key = key
        self._spans = spans
        self._reads = reads
        self._read_whole: FileHead | None = None
        self._is_outgrown = False

    @property
    def is_to_write(self) -> bool:
        """Whether all of it had to be read, and that need not be again: a copy is noted, an outgrown form replaced."""
        return self._read_whole is not None or self._is_outgrown

    def is_large(self, given: int) -> bool:
        """Whether it is or becomes one that is mapped, so many slots having been given away."""
        return CAN_MAP and self._key is None and given > LARGE

    def begun(self, now: Stamp, given: int, *, wholly: bool = False) -> Begun | None:
        """What it holds; None where it is missing or not to be believed.

        Args:
            now: the database's state.
            given: slots that were given away are 0…given−1.
            wholly: all of it is to be looked at, whoever wrote it.
        """
        opened = self.opened(now, given, wholly=wholly)
        if opened is not None:
            return opened
        loaded = self._loaded(now, given)
        self._is_outgrown = loaded is not None and self.is_large(given)
        return None if loaded is None else self.begun_of(*loaded)

    def opened(self, now: Stamp, given: int, *, wholly: bool = False, to_extend: bool = False) -> Begun | None:
        """The file mapped; None where it is not of that form, or not to be believed; see `begun`."""
        if self._key is not None or not CAN_MAP:
            return None
        with suppress(*UNREADABLE):
            kinds = sidecar.kinds(now.dim)
            arrays = open_arrays(self.path, MAPPED, kinds, lambda told: Stamp(**told).may_become(now))
            if wholly or not (arrays.is_noted or arrays.head == self._read_whole):
                if not is_sound(arrays, given):
                    return None
                self._read_whole = None if arrays.is_noted else arrays.head
            slots = MappedSlots(arrays, self._spans, self._reads, to_extend=to_extend)
            return Begun(slots.blocks, Stamp(**slots.told), slots)
        return None

    def begun_of(self, matrix: Matrix, stamp: Stamp) -> Begun:
        """The memories of a matrix."""
        codes = np.unique(matrix.namespace).tolist()
        return Begun({code: self.block(sidecar.part_of(matrix, code)) for code in codes}, stamp)

    def block(self, matrix: Matrix) -> LiveSlots:
        """The memories of one namespace."""
        return LiveSlots.of(sidecar.columns_of(matrix), matrix.keys, self._spans, self._reads)

    def write(self, blocks: Mapping[int, LiveSlots], stamp: Stamp, given: int) -> bool:
        """Write all memories, whole or not at all; False where it failed: no harm is done."""
        if not self.is_large(given):
            return sidecar.save(self.path, sidecar.joined(blocks.values(), stamp.dim), stamp, self._key)
        with suppress(*UNREADABLE, BadValueError):
            write_slots(self.path, MAPPED, sidecar.kinds(stamp.dim), vars(stamp), blocks)
            self._read_whole, self._is_outgrown = None, False
            return True
        return False

    def extend(self, opened: Begun, stamp: Stamp) -> bool:
        """Write what was added to the blocks that it was opened with; False where it is to be written anew."""
        with suppress(*UNREADABLE):
            if opened.mapped is not None and opened.mapped.extend(self.path, MAPPED, vars(stamp)):
                self._read_whole = None
                return True
        return False

    def stamp(self, now: Stamp) -> Stamp | None:
        """Of which state it says to be, unless that is not of the database's past; its arrays are not looked at."""
        with suppress(*UNREADABLE):
            stamps = (Stamp(**head.told) for head in heads_of(self.path, MAPPED))
            return next((stamp for stamp in stamps if stamp.may_become(now)), None)
        return sidecar.stamp_of(self.path, now, self._key)

    def is_nobodys(self, now: Stamp) -> bool:
        """Whether it is missing, or undamaged and not of the database's past: left by a crash, believed by nobody."""
        with suppress(*UNREADABLE):
            heads = heads_of(self.path, MAPPED)
            return bool(heads) and not any(Stamp(**head.told).may_become(now) for head in heads)
        return not self.path.exists() or sidecar.is_of_another_past(self.path, now, self._key)

    def refuse(self, now: Stamp) -> None:
        """Remove what is not believed now, so that it is not later, when the database has grown past it.

        But not what another process writes of a state that this one does not see yet: by its token it is told apart
        from whatever the database becomes instead.
        """
        with suppress(*UNREADABLE):
            if any(now.may_go_on(Stamp(**head.told)) for head in heads_of(self.path, MAPPED)):
                return
        with suppress(OSError):
            self.remove()

    def remove(self) -> None:
        """Remove it.

        Raises:
            OSError: it is still there.
        """
        self._read_whole, self._is_outgrown = None, False
        sidecar.remove(self.path)

    def _loaded(self, now: Stamp, given: int) -> tuple[Matrix, Stamp] | None:
        """What a small one holds; None where it has slots that were never given away: a checksum is no seal.

        Believed, they would ask for all the RAM there is, or give one memory's attention to another.
        """
        loaded = sidecar.load(self.path, now, self._key)
        if loaded is None:
            return None
        row, address = loaded[0].row, loaded[0].address
        return loaded if (np.diff(row) > 0).all() and are_given_once(address, given) else None
