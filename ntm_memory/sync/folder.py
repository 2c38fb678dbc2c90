"""The synced folder: which files in it are logs, and which of them are this device's."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from ntm_memory.errors import ConfigError, StoreError

_LOG = re.compile(r"ntm-([0-9a-z]{8})-\d{4}-\d{2}\b.*\.jsonl", re.IGNORECASE)
"""Also the copies that sync programs make: "ntm-… (conflicted copy).jsonl", "ntm-….sync-conflict-….jsonl"."""


def checked_folder(told: str, home: Path) -> Path:
    """The synced folder; it is there, and no file of the memory is in it, nor it among them.

    Args:
        told: as `sync.folder` names it.
        home: the data folder.

    Raises:
        ConfigError: it contains the data folder, or lies in it.
        StoreError: it is not there.
    """
    folder = Path(told).expanduser()
    if not folder.is_absolute():
        raise ConfigError(f"sync.folder is {told!r}, expected a whole path", "e.g. ~/Dropbox/ntm-memory")
    real, own = Path(os.path.realpath(folder)), Path(os.path.realpath(home))
    if real == own or real in own.parents or own in real.parents:
        raise ConfigError(
            f"sync.folder {folder} and the data folder {home} lie in each other: a sync program would tear the memory",
            "choose a folder beside it, for the logs alone",
        )
    if not folder.is_dir():
        raise StoreError(f"the folder {folder} (sync.folder) is not there", "make it, or start what syncs it")
    return folder


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
