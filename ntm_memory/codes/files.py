"""The files in which is kept what is derived from large namespaces; standard library only."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

_FILES = re.compile(r"index-\d+\.bin(\.[0-9a-f]+\.tmp)?")  # with what interrupted writers left of them


def derived_files(folder: Path) -> list[Path]:
    """The derived files of a data folder besides `matrix.bin`."""
    return sorted(file for file in folder.glob("index-*") if _FILES.fullmatch(file.name))


def remove_derived(folder: Path) -> None:
    """Remove them.

    Raises:
        OSError: one of them is still there.
    """
    for file in derived_files(folder):
        file.unlink(missing_ok=True)


def drop_derived(home: Path, *others: str) -> None:
    """Remove them, `matrix.bin` and others as far as can be: they speak of a memory that no longer stands there.

    Args:
        home: the data folder.
        others: names of files in it.
    """
    for file in (*(home / name for name in ("matrix.bin", *others)), *derived_files(home)):
        with suppress(OSError):
            file.unlink()
