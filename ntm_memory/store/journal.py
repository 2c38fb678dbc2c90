"""Which journal mode is safe here.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when two connections checkpoint at once, and WAL needs shared memory,
which network and sync folders do not give. A rollback journal is slower (16–24 ms a transaction against 0.5–4) and safe
everywhere.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

LOCAL_FILE_SYSTEMS = frozenset("ext2 ext3 ext4 xfs btrfs zfs f2fs tmpfs overlay bcachefs jfs reiserfs".split())


def choose_mode(folder: Path) -> str:
    """`wal` on a SQLite with the bug mended and a local file system, else `delete` (a rollback journal)."""
    return "wal" if wal_is_safe() and is_local(folder) else "delete"


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite has the WAL-reset bug mended."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def is_local(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether a folder lies on a local file system; in doubt it does not."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    where, kind = "", ""
    target = str(folder.resolve())
    for line in lines:
        _, mount, file_system, *_ = line.split(" ")
        mount = mount.replace("\\040", " ")
        inside = target == mount or target.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(where):
            where, kind = mount, file_system
    return kind in LOCAL_FILE_SYSTEMS
