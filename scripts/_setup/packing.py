"""The package's modules as one archive, see `_packed`: OpenClaw hands on skills of 256 files at most."""

from __future__ import annotations

import zipfile
from pathlib import Path

from _packed import ARCHIVE, INDEX

_EARLIEST = (1980, 1, 1, 0, 0, 0)


def pack(package: Path) -> None:
    """Put a package's modules into an archive in its folder, its data files stay where they are.

    Args:
        package: the folder of a copy; one that is packed already stays as it is.
    """
    modules = sorted(package.rglob("*.py"))
    if not modules:
        return
    names = [module.relative_to(package.parent).as_posix() for module in modules]
    with zipfile.ZipFile(package / ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, module in zip(names, modules, strict=True):
            _add(archive, name, module.read_bytes())
        _add(archive, INDEX, "\n".join(names).encode())
    for module in modules:
        module.unlink()
    for folder in sorted((path for path in package.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """The same content gives the same archive, whenever it is made."""
    about = zipfile.ZipInfo(name, _EARLIEST)
    about.compress_type = zipfile.ZIP_DEFLATED
    about.external_attr = 0o644 << 16
    archive.writestr(about, content)
