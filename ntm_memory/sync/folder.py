"""The synced folder: which files in it are logs, and which of them are this device's."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from ntm_memory.errors import ConfigError, StoreError
from ntm_memory.paths import expanded

_LOG = re.compile(r"ntm-([0-9a-z]{8})-\d{4}-\d{2}\b.*\.jsonl", re.IGNORECASE)
"""Also the copies that sync programs make: "ntm-… (conflicted copy).jsonl", "ntm-….sync-conflict-….jsonl"."""


def checked_folder(told: str, home: Path) -> Path:
    """The synced folder; it is there, and no file of the memory is in it, nor it among them.

    Args:
        told: as `sync.folder` names it.
        home: the data folder.

    Raises:
        ConfigError: it contains the data folder, or lies in it; or it names none.
        StoreError: it is not there, or cannot be used.
    """
    try:
        folder = expanded(told)
        real, own = Path(os.path.realpath(folder)), Path(os.path.realpath(home))
    except ValueError as error:
        raise ConfigError(f"sync.folder {told!r} names no folder: {error}", "give the whole path") from error
    if not folder.is_absolute():
        raise ConfigError(f"sync.folder is {told!r}, expected a whole path", "e.g. ~/Dropbox/ntm-memory")
    if real == own or real in own.parents or own in real.parents:
        raise ConfigError(
            f"sync.folder {folder} and the data folder {home} lie in each other: a sync program would tear the memory",
            "choose a folder beside it, for the logs alone",
        )
    _see_usable(folder)
    return folder


def _see_usable(folder: Path) -> None:
    named = f"{folder} (sync.folder)"
    try:
        os.scandir(folder).close()
    except FileNotFoundError as error:
        raise StoreError(f"the folder {named} is not there", "make it, or start what syncs it") from error
    except NotADirectoryError as error:
        raise StoreError(f"{named} is no folder", "name a folder; its logs are files in it") from error
    except OSError as error:
        message = f"the folder {named} cannot be used: {error.strerror or error}"
        raise StoreError(message, "check its name, owner and permissions") from error


def log_name(device: str, clock: float) -> str:
    """The name of the file that a device writes to in a month."""
    return f"ntm-{device}-{time.strftime('%Y-%m', time.gmtime(clock))}.jsonl"


def logs_in(folder: Path) -> list[Path]:
    """Every log of a folder, copies of them too, in order of their names.

    Raises:
        StoreError: the folder cannot be read.
    """
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise StoreError(f"{folder} cannot be read: {error.strerror}", "check that it is there and readable") from error
    return [folder / name for name in names if _LOG.fullmatch(name) and is_regular(folder / name)]


def own_logs(folder: Path, devices: Collection[str]) -> Iterator[Path]:
    """The logs of a folder, copies of them too, that these devices wrote."""
    for path in logs_in(folder):
        if device_of(path.name) in devices:
            yield path


def are_left(former: str, folder: Path, signatures: Mapping[str, str]) -> bool:
    """Whether some files are still as they were left in the folder of before; one that changed is written by another.

    Args:
        former: that folder.
        folder: the one that is synced now.
        signatures: name → signature of a file when it was left.
    """
    if os.path.realpath(former) == os.path.realpath(folder):
        return False
    return any(told and signature(Path(former) / name) == told for name, told in signatures.items())


def device_of(name: str) -> str:
    """Which device wrote the log of a name; empty where it is no log's."""
    found = _LOG.fullmatch(name)
    return "" if found is None else found[1].lower()


def signature(path: Path) -> str:
    """By what a file that has changed is noticed; empty where it is gone."""
    try:
        told = os.stat(path)
    except OSError:
        return ""
    return f"{told.st_size} {told.st_mtime_ns} {told.st_ino}"


def is_regular(path: Path) -> bool:
    """Whether a file is there that is one itself: no link, no pipe, no folder."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False
