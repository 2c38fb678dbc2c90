"""What a damaged file says was in it and is not: pages by its own header, memories by its names and its index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ntm_memory.recovery.backups import best_backup

if TYPE_CHECKING:
    from ntm_memory.recovery.salvaged import Salvaged

NOTHING = "nothing in {} can be vouched for as a memory; it was left as it is"
_ELSE = "take another folder with --home, or move the file away and begin anew"


def what_is_missing(home: Path, found: Salvaged) -> list[str]:
    """One line for each thing that a file says was in it and that nothing tells of any more, and where it still is.

    Args:
        home: the data folder.
        found: what was read of the file.
    """
    gone, had = found.pages_missing, found.pages
    lines = [f"{gone} of {had} pages are missing: the file was cut off"] if gone else []
    if found.pages_damaged:
        lines.append(f"{len(found.pages_damaged)} pages are not as they were written: what was on them is lost")
    if not found.is_sound and found.written > len(found.memories) + len(found.damaged):
        lines.append(
            f"{len(found.memories)} of at most {found.written} memories were read: the file says that so many were"
            " written, purged ones included"
        )
    best = best_backup(home, but=len(found.memories)) if lines or found.damaged else None
    return [*lines, best] if best else lines


def way_out(home: Path, found: Salvaged | None = None) -> str:
    """What to do where nothing could be read."""
    lines = [] if found is None else what_is_missing(home, found)
    best = best_backup(home)
    return "; ".join(dict.fromkeys([*lines, best or _ELSE]))
