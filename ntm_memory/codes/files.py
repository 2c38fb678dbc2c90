"""The files in which is kept what is derived from large namespaces; standard library only."""

from __future__ import annotations

import re
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
