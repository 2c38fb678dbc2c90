"""The memory matrix in one derived file beside the database: read in one go when a process starts.

The database is the truth. The file carries the sequence number up to which it agrees; rows written later are patched
in, and in any doubt everything is read anew. Losing it loses nothing. That of a large memory is not read but mapped:
`slots.mapped_slots` has its form. A small one, an encrypted one, and any on Windows, which cannot replace a file that
is mapped, has the form that is written and read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError
from ntm_memory.paths import content_of
from ntm_memory.persistence.atomic import replacing
from ntm_memory.persistence.fixed_arrays import ALIGN, CHECKSUM, LONGEST_HEAD, checksum, headed, is_whole, told_by
from ntm_memory.persistence.mapped_arrays import UNREADABLE, ArrayKind
from ntm_memory.slots.columns import SlotColumns
from ntm_memory.slots.heap import are_owned, rows_of
from ntm_memory.slots.mapped_slots import kinds_of
from ntm_memory.slots.stamp import Stamp
from ntm_memory.times.kept import MOST_KEPT

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key
    from ntm_memory.slots.live_slots import LiveSlots

FORMAT, MAPPED = "ntm-matrix-5", "ntm-matrix-mapped-1"
# the order of the file: everything small first, so that the keys begin on a boundary
_TYPES: dict[str, str] = {
    "row": "<i8",
    "namespace": "<i8",
    "session": "<i8",
    "address": "<i8",
    "position": "<i8",
    "occurred": "<f8",
    "ended": "<f8",
    "is_days": "|b1",
    "created": "<f8",
    "told": "<f8",
    "importance": "<f4",
    "retention": "<f4",
    "length": "<i8",
    "cjk": "|b1",
    "superseded": "|b1",
    "mentioned": "<f8",
    "passages": "<i8",
    "keys": "<f4",
}
COLUMNS = tuple(_TYPES)[:-2]


def kinds(dim: int) -> dict[str, ArrayKind]:
    """The arrays of a file that is mapped."""
    return kinds_of({name: _TYPES[name] for name in (*COLUMNS, "passages")}, (MOST_KEPT, 3), dim)


@dataclass(frozen=True)
class Matrix(SlotColumns):
    """Live memories of all namespaces, an entry each, in order of their database rows; `keys` has a row a passage.

    What happened is of no zone here, as `text.occurrence.Kept` has it: the file is read wherever its owner is.
    """

    row: NDArray[np.int64]
    namespace: NDArray[np.int64]
    is_days: NDArray[np.bool_]
    passages: NDArray[np.int64]
    keys: NDArray[np.float32]

    def keys_of(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """Key rows of some memories by their index here, in the order asked."""
        passages = self.passages[index]
        starts = (np.cumsum(self.passages) - self.passages)[index]
        rows: NDArray[np.float32] = self.keys[rows_of(starts, passages)]
        return rows


def build(entries: Sequence[Sequence[Any]], keys: Iterable[bytes], dim: int) -> Matrix:
    """A matrix of memories, each given as its values of `COLUMNS` and its key rows as bytes."""
    blobs = list(keys)
    columns = zip(*entries, strict=True) if entries else ((),) * len(COLUMNS)
    arrays = {name: np.array(column, dtype=_TYPES[name]) for name, column in zip(COLUMNS, columns, strict=True)}
    arrays["mentioned"] = arrays["mentioned"].reshape(-1, MOST_KEPT, 3)
    passages = np.array([len(blob) // (4 * dim) for blob in blobs], dtype=np.int64)
    return Matrix(**arrays, passages=passages, keys=np.frombuffer(b"".join(blobs), dtype="<f4").reshape(-1, dim))


def part_of(matrix: Matrix, code: int) -> Matrix:
    """The memories of one namespace."""
    mine = np.flatnonzero(matrix.namespace == code)
    if len(mine) == len(matrix.row):
        return matrix
    arrays = {name: getattr(matrix, name)[mine] for name in (*COLUMNS, "passages")}
    return Matrix(**arrays, keys=matrix.keys_of(mine))


def columns_of(matrix: Matrix) -> dict[str, NDArray[Any]]:
    """What a matrix has besides its keys."""
    return {name: array for name, array in vars(matrix).items() if name != "keys"}


def joined(blocks: Iterable[LiveSlots], dim: int) -> Matrix:
    """The memories of all namespaces, in order of their database rows."""
    parts = [
        Matrix(**{name: block.live(name) for name in (*COLUMNS, "passages")}, keys=block.keys())
        for block in blocks
        if len(block)
    ]
    if not parts:
        return build((), (), dim)
    whole = Matrix(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})
    order = np.argsort(whole.row, kind="stable")
    if (np.diff(order) > 0).all():
        return whole
    columns = {name: getattr(whole, name)[order] for name in (*COLUMNS, "passages")}
    return Matrix(**columns, keys=whole.keys_of(order))


def save(file: Path, matrix: Matrix, stamp: Stamp, key: Key | None = None) -> bool:
    """Write the file, sealed where there is a key, whole or not at all; False where it failed: no harm is done."""
    arrays = {name: np.ascontiguousarray(getattr(matrix, name), kind) for name, kind in _TYPES.items()}
    small = b"".join(array.tobytes() for name, array in arrays.items() if name != "keys")
    small += b"\0" * (-len(small) % ALIGN)
    keys = arrays["keys"].tobytes()
    shapes = {name: array.shape for name, array in arrays.items()}
    parts = [headed({"format": FORMAT, **vars(stamp), "shapes": shapes}), small, keys]
    parts.append(checksum(parts))
    try:
        if key is not None:
            from ntm_memory.privacy.sealing import seal

            parts = [seal(b"".join(parts), key, FORMAT)]
        with replacing(file, durable=False) as out:
            out.writelines(parts)
    except (OSError, BadValueError, OverflowError):
        return False
    return True


def load(file: Path, now: Stamp, key: Key | None = None) -> tuple[Matrix, Stamp] | None:
    """The matrix of the file, or None where it is missing, damaged, foreign or not of the database's past."""
    try:
        whole, head, at, stamp = _opened(file, key)
        if not stamp.may_become(now):
            return None
        arrays = {}
        for name, kind in _TYPES.items():
            at += -at % ALIGN if name == "keys" else 0
            shape = tuple(head["shapes"][name])
            size = int(np.prod(shape)) * np.dtype(kind).itemsize
            arrays[name] = whole[at : at + size].view(kind).reshape(shape)
            at += size
        whole_file = at == len(whole) - CHECKSUM and are_owned(arrays["passages"], len(arrays["keys"]))
        whole_file = whole_file and arrays["mentioned"].shape == (len(arrays["row"]), MOST_KEPT, 3)
        return (Matrix(**arrays), stamp) if whole_file else None
    except UNREADABLE:
        return None


def stamp_of(file: Path, now: Stamp, key: Key | None = None) -> Stamp | None:
    """Of which state the file says to be, unless that is not of the database's past; its arrays are not looked at."""
    try:
        if key is not None:  # sealed as a whole
            stamp = _opened(file, key)[-1]
        else:
            stamp = _stamp(told_by(np.frombuffer(content_of(file, LONGEST_HEAD), dtype=np.uint8), FORMAT)[0])
        return stamp if stamp.may_become(now) else None
    except UNREADABLE:
        return None


def is_of_another_past(file: Path, now: Stamp, key: Key | None = None) -> bool:
    """Whether a file is undamaged and not of the database's past: left by a crash or a copy, believed by nobody."""
    try:
        return not _opened(file, key)[-1].may_become(now)
    except UNREADABLE:
        return False


def _opened(file: Path, key: Key | None) -> tuple[NDArray[np.uint8], Mapping[str, Any], int, Stamp]:
    """(the bytes of a file, its header, where the arrays begin, its stamp); what is wrong is one of `UNREADABLE`."""
    whole = np.frombuffer(content_of(file), dtype=np.uint8)
    if key is not None:
        from ntm_memory.privacy.sealing import unseal

        whole = np.frombuffer(unseal(whole.tobytes(), key, FORMAT), dtype=np.uint8)
    if not is_whole(whole):
        raise ValueError("damaged")
    head, end = told_by(whole, FORMAT)
    return whole, head, end, _stamp(head)


def _stamp(head: Mapping[str, Any]) -> Stamp:
    return Stamp(*(head[name] for name in ("uuid", "seq", "purges", "dim", "token")))


def remove(file: Path) -> None:
    """Remove the file and what interrupted writers left of it.

    Raises:
        OSError: one of them is still there (on Windows, while another process reads it).
    """
    for each in (file, *file.parent.glob(file.name + ".*")):
        each.unlink(missing_ok=True)
