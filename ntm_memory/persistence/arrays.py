"""One file of arrays and a JSON header, checked by sha256: `.npz` without pickle, so that reading runs nothing."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import CheckpointError
from ntm_memory.persistence.atomic import replacing

FORMAT = "ntm-memory-core"
VERSION = 1
_HEADER = "header"
_LARGEST = 1 << 30
Made = TypeVar("Made")


def save_arrays(path: Path, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a file as a whole or not at all.

    Args:
        path: where; replaced if there.
        header: plain values.
        arrays: numbers only.

    Raises:
        BadValueError: there is something that is no regular file.
    """
    kept = {**header, "format": FORMAT, "version": VERSION}
    kept["sha256"] = _digest(kept, arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **{_HEADER: np.array(json.dumps(kept)), **arrays})


def load_arrays(source: Path | IO[bytes], name: str = "") -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read what `save_arrays` wrote.

    Args:
        source: a path or an open file.
        name: what to call it in errors; default: the path.

    Raises:
        CheckpointError: missing, damaged, foreign, or from a newer version.
    """
    name = name or str(source)
    try:
        if isinstance(source, Path):
            _refuse_bomb(source)
        with np.load(source, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        header = json.loads(str(arrays.pop(_HEADER)))
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no file {name}", "train one: train.py TASK") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError, MemoryError) as error:
        raise CheckpointError(f"{name} is not a checkpoint of this package, or damaged: {error}") from error
    except Exception as error:  # zlib.error, struct.error, tokenize errors of a forged array header
        raise CheckpointError(f"{name} is damaged: {error}") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise CheckpointError(f"{name} is not a checkpoint of this package")
    if not isinstance(header.get("version"), int) or header["version"] > VERSION:
        raise CheckpointError(f"{name} has the format version {header.get('version')!r}, known up to {VERSION}")
    if header.pop("sha256", None) != _digest(header, arrays):
        raise CheckpointError(f"{name} is damaged: its sha256 does not match", "take it from a backup or train again")
    return header, arrays


def made_of_shipped(file: Path, make: Callable[[Mapping[str, NDArray[Any]]], Made], fault: str) -> Made:
    """What is made of the arrays of a file that comes with the package.

    Args:
        file: an `.npz` file.
        make: takes the arrays by name; a ValueError or KeyError of it says that they are not what they should be.
        fault: what is wrong where that cannot be done, said of the file.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
            return make(arrays)
    except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{file} {fault}: {error}", "install the skill anew") from error


def _refuse_bomb(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _LARGEST:
            raise CheckpointError(f"{path} would unpack to more than {_LARGEST} bytes")


def _digest(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
