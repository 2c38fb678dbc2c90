"""A memory on a server of our own, as one in a file is moved there."""

from __future__ import annotations

import shutil
from pathlib import Path

from ntm_memory.moving import move

from .own_server import OwnServer


def moved_home(server: OwnServer, home: Path, copy: Path) -> Path:
    """A copy of a folder whose memory stands on the server, vacuumed and analysed; the folder stays as it is.

    Args:
        server: it runs.
        home: the folder.
        copy: where; its name is the schema's, a hyphen is none.
    """
    shutil.copytree(home, copy)
    move(copy, server.url(copy.name.replace("-", "_")), dry_run=False)
    server.sql("VACUUM ANALYZE")
    return copy
