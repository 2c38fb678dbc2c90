"""Modules of the package out of one archive, where a host takes few files of a skill.

They are taken for the files that they were: data beside them is found, bytecode is cached, tracebacks name them. Parses
and runs on Python 3.7 or newer.
"""

from __future__ import annotations

import os
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any, Dict, Sequence  # noqa: UP035 - Python 3.7 reads this file
from zipimport import zipimporter

ARCHIVE = "code.zip"
INDEX = "names.txt"
"""In the archive: its modules, a line each."""


class Finder:
    """Finds modules of a package in the archive in its folder.

    Args:
        package: the package's folder; the archive's names begin with the folder's own.
    """

    def __init__(self, package: Path) -> None:
        self._root = str(package.parent)
        self._name = package.name
        self._archive = zipimporter(str(package / ARCHIVE))
        self._made = os.stat(str(package / ARCHIVE)).st_mtime
        self._modules = frozenset(self._archive.get_data(INDEX).decode().split("\n"))

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """What Python asks for each module that is imported."""
        if name.partition(".")[0] != self._name:
            return None
        inside = name.replace(".", "/")
        for file, is_package in ((f"{inside}/__init__.py", True), (f"{inside}.py", False)):
            if file in self._modules:
                place = os.path.join(self._root, *file.split("/"))
                within = [os.path.dirname(place)] if is_package else None
                loader = _Loader(name, place, self)
                return spec_from_file_location(name, place, loader=loader, submodule_search_locations=within)
        return None

    def source(self, place: str) -> bytes:
        """The text of a module that stands in the archive."""
        return self._archive.get_data(os.path.relpath(place, self._root))

    def stats(self) -> Dict[str, Any]:  # noqa: UP006
        """What cached bytecode is checked against: the archive's time. Sizes differ, so none is told."""
        return {"mtime": self._made, "size": None}


class _Loader(SourceFileLoader):
    def __init__(self, name: str, place: str, finder: Finder) -> None:
        super().__init__(name, place)
        self._finder = finder

    def path_stats(self, path: str) -> Dict[str, Any]:  # noqa: UP006
        return self._finder.stats()

    def get_data(self, path: str) -> bytes:
        return self._finder.source(path) if path == self.path else super().get_data(path)
