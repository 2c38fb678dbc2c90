"""A folder of notes: its Markdown and text files, those below it too; other files are told, hidden ones are not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from ntm_memory.errors import BadValueError
from ntm_memory.importers import markdown
from ntm_memory.importers.decoding import decoded
from ntm_memory.importers.items import KNOWN, Item
from ntm_memory.importers.omissions import Omitted

_ENDINGS = (".md", ".markdown", ".txt")


def items_in(folder: Path) -> Iterator[Item]:
    """What the files of a folder tell, one after the other; one that cannot be read is an error in its place.

    Raises:
        BadValueError: it has no such files.
    """
    unread: list[OSError] = []
    files = sorted(_files(folder, unread))
    if not any(map(_is_note, files)):
        raise BadValueError(f"{folder} cannot be read: a folder without files {', '.join(_ENDINGS)}", KNOWN)
    told = (item for file in files for item in _of_file(file, file.relative_to(folder).as_posix()))
    return chain(told, (_unread(Path(error.filename).relative_to(folder).as_posix(), error) for error in unread))


def _is_note(file: Path) -> bool:
    return file.name.lower().endswith(_ENDINGS)


def _files(folder: Path, unread: list[OSError]) -> Iterator[Path]:
    """The files that are not hidden; of the folders that cannot be read the errors are put into `unread`."""
    for where, below, names in os.walk(folder, onerror=unread.append):
        below[:] = [each for each in below if not each.startswith(".")]
        files = (Path(where, name) for name in names if not name.startswith("."))
        yield from (file for file in files if os.path.isfile(file))  # no pipe, which would be waited for


def _of_file(file: Path, name: str) -> Iterator[Item]:
    if not _is_note(file):
        yield Item(0, Omitted("file that is no note"), name)
        return
    try:
        for item in markdown.items_in(decoded(file.read_bytes(), name), name):
            yield item._replace(file=name)
    except OSError as error:
        yield _unread(name, error)
    except BadValueError as error:
        yield Item(1, error, name)


def _unread(name: str, error: OSError) -> Item:
    return Item(1, BadValueError(f"it cannot be read: {error.strerror}", "look at its permissions"), name)
