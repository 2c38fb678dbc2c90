"""Small JSON files in `hosts/` of the data folder: what hooks and hosts note for themselves, no text of anybody."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from ntm_memory.paths import content_of, ensure_private_dir
from ntm_memory.persistence.atomic import replace_text

FOLDER = "hosts"


def read_note(home: Path, name: str) -> Any:
    """What a file says; None where it is missing or unreadable."""
    with suppress(OSError, ValueError, RecursionError):
        return json.loads(content_of(home / FOLDER / name).decode())
    return None


def write_note(home: Path, name: str, value: Any, *, durable: bool = False) -> None:
    """Write a file anew.

    Args:
        home: the data folder.
        name: of the file.
        value: ready for JSON.
        durable: whether it is waited for until it is on the disk; what may be lost is not.

    Raises:
        OSError: it cannot be written.
        NTMMemoryError: the folder cannot be made, or there is something that is no file.
    """
    ensure_private_dir(home / FOLDER)
    replace_text(home / FOLDER / name, json.dumps(value, ensure_ascii=False), durable=durable)
