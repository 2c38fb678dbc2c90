"""SQLite's and the system's errors in our own words."""

from __future__ import annotations

import errno
import math
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ntm_memory.errors import (
    BadValueError,
    DiskFullError,
    StoreCorruptError,
    StoreError,
    StoreLockedError,
    hint_of_writing,
)
from ntm_memory.paths import unusual

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNDONE = frozenset({"SQLITE_IOERR_WRITE", "SQLITE_IOERR_TRUNCATE"})
"""Where a COMMIT fails so, pages could not be written that come before the step that makes them count."""
_LITTLE = 1 << 20
_FILES = ("", "-journal", "-wal")
_DISK_FULL = (
    "there is no room on the disk; nothing was written",
    "free some space, or raise the limit of file sizes (ulimit -f), and try again",
)
_DAMAGE = ("malformed", "not a database", "corrupt", "no such table", "no such column", "no such index", "constructor")
MEND = "run: status.py --repair; or take all that is undamaged with export.py --salvage PATH"
_MAY_BE_WRITTEN = "it may be written all the same: look whether it is there before you do it again"
_CHECK_FOLDER = "check the folder's owner, permissions and free space"


@contextmanager
def faults(path: Path, *, at_commit: bool = False) -> Iterator[None]:
    """Translate what goes wrong inside; only the store's own code may stand in it, never the caller's.

    Args:
        path: the file.
        at_commit: inside is a COMMIT alone. Where the disk fails in it, even the last step may have failed, the flush
            of the folder after everything was written: then nobody knows whether it is written.

    Raises:
        DiskFullError, StoreLockedError, StoreCorruptError: what SQLite calls full, busy or locked, malformed.
        StoreError: everything else of the file or the database.
        BadValueError: a text holds half of a surrogate pair, or a number has more than 64 bits.
    """
    try:
        yield
    except sqlite3.Error as error:
        if at_commit and "I/O error" in str(error):
            if getattr(error, "sqlite_errorname", "") not in _UNDONE:
                raise StoreError(f"{path}: the disk failed at the end of writing", _MAY_BE_WRITTEN) from error
            if not _little_room(path):
                raise StoreError(f"{path}: the disk failed; nothing was written", _CHECK_FOLDER) from error
        raise _translated(path, error) from error
    except (UnicodeDecodeError, IndexError) as error:
        # a name in the tables' statements is no UTF-8, or a column is called otherwise than it was
        raise StoreCorruptError(f"{path} is damaged: its tables are not as they were made", MEND) from error
    except OverflowError as error:
        raise BadValueError("a number is too large for this memory", f"give one below {2**63}") from error
    except UnicodeEncodeError as error:
        raise BadValueError(f"a text cannot be stored: {error.reason}", "remove lone surrogates") from error
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise DiskFullError(*_DISK_FULL) from error
        hint = hint_of_writing(error.errno, _CHECK_FOLDER)
        raise StoreError(f"{path} cannot be used: {error.strerror or error}", hint) from error


def refuse_unusual(path: Path) -> None:
    """Refuse a database where a folder, pipe, device or dead link stands in the place of one of its files.

    SQLite says nothing of which one, and waits for a pipe without an end.

    Raises:
        StoreError: naming it.
    """
    for file in (path, *(Path(f"{path}{ending}") for ending in ("-wal", "-shm", "-journal"))):
        try:
            what = unusual((file.stat() if file.exists() else file.lstat()).st_mode)
        except OSError:  # nothing is there, or what opens it says why not
            continue
        if what is not None:
            raise StoreError(f"{file} is {what} where a file of the memory belongs", "move it away and try again")


def _translated(path: Path, error: sqlite3.Error) -> StoreError:
    # the names of error codes came with Python 3.11: the texts are all that 3.10 has
    text = str(error)
    if isinstance(error, sqlite3.ProgrammingError):
        if "thread" in text:
            return StoreError(f"{path} is used from another thread than opened it", "open a store for each thread")
        return StoreError(f"{path} is closed" if "closed" in text else f"{path}: {text}")
    if "is full" in text or ("I/O error" in text and _little_room(path)):
        return DiskFullError(*_DISK_FULL)
    if "locked" in text or "busy" in text:
        return StoreLockedError(f"{path} is locked by another process", "try again in a moment")
    if "decode" in text:  # SQLite's own text quotes the memory
        return StoreCorruptError(f"{path} is damaged: a text in it is no UTF-8", MEND)
    if any(sign in text for sign in _DAMAGE):
        return StoreCorruptError(f"{path} is damaged: {text}", MEND)
    number = errno.EROFS if "readonly database" in text else None
    return StoreError(f"{path} cannot be used: {text}", hint_of_writing(number, _CHECK_FOLDER))


def _little_room(path: Path) -> bool:
    """Whether the disk is as good as full, or a file of the database as long as this process may make one."""
    import shutil  # slow to import, seldom needed

    try:
        sizes = [file.stat().st_size for file in (Path(f"{path}{ending}") for ending in _FILES) if file.exists()]
        return shutil.disk_usage(path.parent).free < _LITTLE or max(sizes, default=0) + _LITTLE > _longest_file()
    except OSError:
        return False


def _longest_file() -> float:
    """Bytes (`ulimit -f`)."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return math.inf
    (most, _), none = resource.getrlimit(resource.RLIMIT_FSIZE), resource.RLIM_INFINITY
    return math.inf if most == none else most
