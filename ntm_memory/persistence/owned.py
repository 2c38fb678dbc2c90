"""Which places a memory keeps for itself: nothing that a caller names is written there.

Standard library only, and quick to import.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ntm_memory.errors import BadValueError
from ntm_memory.paths import environment_dir, user_config, weights_dir

# some file systems take "Memory.DB" and "memory.db." for the same name
_FILES = re.compile(
    r"(memory|usage|sync)\.db.*|(memory|sync)\.lock.*|(matrix|index-\d+)\.bin.*"
    r"|config\.json|recall(\.previous)?\.json|e5-checked\.json|sync\.json",
    re.I,
)
_COPIES = ("backups", "damaged")
_FOLDERS = (*_COPIES, "hosts", "logs")


def refuse_owned(target: Path, home: Path) -> None:
    """Refuse to write where a memory keeps its own files, however the place is spelled or linked to.

    Args:
        target: what is to be written; it may be missing.
        home: the data folder; the files of another one that lies there are refused too.

    Raises:
        BadValueError: the place is the memory's own.
    """
    try:
        real = Path(os.path.realpath(target))
        owned = any(_is_owned(place, real, home) for place in {real, Path(os.path.abspath(target))})
    except (OSError, ValueError):  # no path at all: whoever writes says so
        return
    if owned:
        hint = f"choose another one, e.g. {home / 'exports' / 'memories.json'}"
        raise BadValueError(f"{target} is where the memory keeps its own files: nothing was written", hint)


def _is_owned(place: Path, real: Path, home: Path) -> bool:
    for folder in place.parents:
        below = place.relative_to(folder).parts
        if _is_same(folder, home):
            if _is_file_of(below) or below[0].casefold() in _FOLDERS:
                return True
        elif os.path.lexists(folder / "memory.db") and (_is_file_of(below) or _is_copy(below)):
            return True
        if any(_is_same(folder, program) for program in (environment_dir(), weights_dir())):
            return True
    return any(_is_same(real, file) for file in _files(home))


def _is_file_of(below: tuple[str, ...]) -> bool:
    return len(below) == 1 and _FILES.fullmatch(below[0].rstrip(". ")) is not None


def _is_copy(below: tuple[str, ...]) -> bool:
    return len(below) == 2 and below[0].casefold() in _COPIES


def _files(home: Path) -> Iterator[Path]:
    """The files that are there, for names elsewhere that lead to them."""
    yield user_config()
    for folder in (home, *(home / name for name in _FOLDERS)):
        with suppress(OSError):
            yield from (each for each in folder.iterdir() if folder != home or _FILES.fullmatch(each.name))


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return one == other
