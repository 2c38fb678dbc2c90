"""The last runs of hooks and what each cost, in a small file that may be lost; it holds no text of anybody."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ntm_memory.errors import NTMMemoryError
from ntm_memory.persistence.host_notes import read_note, write_note

FILE = "runs.json"
MOST = 10


def last_runs(home: Path) -> list[dict[str, Any]]:
    """The last runs, the newest first."""
    runs = read_note(home, FILE)
    return runs[:MOST] if isinstance(runs, list) and all(isinstance(run, dict) for run in runs) else []


def note_run(home: Path, run: Mapping[str, Any]) -> None:
    """Put a run before those noted; what cannot be written is not noted."""
    with suppress(OSError, NTMMemoryError):
        write_note(home, FILE, [dict(run), *last_runs(home)][:MOST])
