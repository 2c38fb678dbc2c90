"""The last runs of hooks and what each cost, in a small file that may be lost; it holds no text of anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ntm_memory.errors import NTMMemoryError
from ntm_memory.paths import ensure_private_dir
from ntm_memory.persistence.atomic import replace_text

FOLDER = "hosts"
"""In the data folder: what hooks note for themselves."""
FILE = "runs.json"
MOST = 10


def last_runs(home: Path) -> list[dict[str, Any]]:
    """The last runs, the newest first."""
    with suppress(OSError, ValueError, RecursionError):
        runs = json.loads((home / FOLDER / FILE).read_text(encoding="utf-8"))
        if isinstance(runs, list) and all(isinstance(run, dict) for run in runs):
            return runs[:MOST]
    return []


def note_run(home: Path, run: Mapping[str, Any]) -> None:
    """Put a run before those noted; what cannot be written is not noted."""
    with suppress(OSError, NTMMemoryError):
        ensure_private_dir(home / FOLDER)
        runs = [dict(run), *last_runs(home)][:MOST]
        replace_text(home / FOLDER / FILE, json.dumps(runs, ensure_ascii=False), durable=False)
