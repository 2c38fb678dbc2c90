"""A file is there whole or not at all, whatever interrupts its writer.

What is written goes to a new file beside the target, under a name that nobody can guess or have put there before, and
takes the target's place in one step. A process that is killed may leave that file, `NAME.….tmp`; an exception does not.

Standard library only, and quick to import: the installer and every cold start read it.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

from ntm_memory.errors import BadValueError

PRIVATE = 0o600
_NAME_BYTES = 200
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def see_folder(target: Path, home: Path) -> None:
    """See to it that the folder of a file to be written is there: one below `home`, the data folder, is made.

    Raises:
        BadValueError: there is none; a misspelled path makes no folders.
        OSError: it cannot be made.
    """
    folder = target.absolute().parent
    if home.absolute() in folder.parents:
        for each in [*reversed(folder.parents), folder]:
            if home.absolute() in each.parents:
                each.mkdir(mode=0o700, exist_ok=True)
    elif not folder.exists():
        raise BadValueError(
            f"{target} cannot be written: there is no folder {folder}", "make it, or check its spelling"
        )


@contextmanager
def replacing(target: Path, *, mode: int = PRIVATE, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a new file that takes the target's place when the block ends without an exception.

    Args:
        target: a regular file or nothing; its folder is there.
        mode: permissions of the new file, less what the umask takes.
        durable: False: do not wait for the disk; for derived files that may be lost or torn by a power cut.

    Yields:
        a file open for writing bytes.

    Raises:
        BadValueError: the target is a folder, device, pipe, socket or symbolic link. A link is refused even where it
            leads to a file: only its owner knows whether the link or the file is meant.
        OSError: it cannot be written; the target is as it was.
    """
    _refuse_unusual(target)
    # not the module secrets or tempfile: they cost every cold start several milliseconds
    draft = target.parent / f"{_beginning(target.name)}.{os.urandom(8).hex()}.tmp"
    handle = os.open(draft, _NEW, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(handle)
        os.replace(draft, target)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    if durable:
        flush(target.parent)


@contextmanager
def replacing_text(target: Path, *, mode: int = PRIVATE, durable: bool = True) -> Iterator[TextIO]:
    """As `replacing`, open for writing UTF-8; line ends are written as they are given."""
    with replacing(target, mode=mode, durable=durable) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        try:
            yield text
        finally:
            text.detach()  # flushes, and leaves closing to the outer one


def replace_bytes(target: Path, content: bytes, *, mode: int = PRIVATE, durable: bool = True) -> None:
    """Write a whole file of bytes; see `replacing`."""
    with replacing(target, mode=mode, durable=durable) as file:
        file.write(content)


def replace_text(target: Path, content: str, *, mode: int = PRIVATE, durable: bool = True) -> None:
    """Write a whole file of UTF-8 text; see `replacing`."""
    replace_bytes(target, content.encode(), mode=mode, durable=durable)


def _beginning(name: str) -> str:
    """As much of a name as leaves room for a draft's ending: most file systems take 255 bytes."""
    return os.fsdecode(os.fsencode(name)[:_NAME_BYTES]) if len(os.fsencode(name)) > _NAME_BYTES else name


def _refuse_unusual(target: Path) -> None:
    try:
        kind = os.lstat(target).st_mode
    except FileNotFoundError:
        return
    except ValueError as error:
        raise BadValueError(f"{str(target)!r} is no path: {error}", "choose another path") from error
    if stat.S_ISLNK(kind):
        raise BadValueError(f"{target} is a symbolic link", "name the file itself, or remove the link")
    if not stat.S_ISREG(kind):
        what = "a folder" if stat.S_ISDIR(kind) else "a device, pipe or socket"
        raise BadValueError(f"{target} is {what}, expected a regular file or nothing", "choose another path")


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk, where the system can open it."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
