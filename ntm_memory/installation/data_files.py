"""Which files of a data folder are ours: what `install.py --uninstall --purge-data` removes, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_JOURNAL = r"(-journal|-wal|-shm)?"
_DRAFTED = r".+\.[0-9a-f]{16}\.tmp"
_STAMP = r"\d{8}T\d{6}Z-.+"
_OURS = {
    "": rf"(memory|usage)\.db(\.draft)?{_JOURNAL}|memory\.lock|matrix\.bin.*|recall(\.previous)?\.json"
    rf"|e5-checked\.json|{_DRAFTED}",
    "backups": rf"memory-{_STAMP}\.db{_JOURNAL}|failed|{_DRAFTED}",
    "damaged": _STAMP,
    "logs": r".+\.log",
    "hosts": rf"session-[0-9a-f]{{16}}\.json|(runs|read|mirrors)\.json|greeted|pending\.lock"
    rf"|pending-\d{{20}}-[0-9a-f]{{8}}\.json|{_DRAFTED}",
    "training/babi/*": rf"babi-(joint|qa\d+)\.npz|{_DRAFTED}",
    "training/*": rf"(run|core)\.npz|(learning-curve|targets-and-outputs|weightings)\.png|{_DRAFTED}",
}
"""Folder below the data folder → names of files that we write there; what lies deeper comes first."""
_DRAFT = re.compile(r"draft-.+\.tmp")


def files_of_ours(home: Path) -> list[Path]:
    """What is ours in a data folder, in an order in which it can be removed; the folder itself is not among it."""
    found: list[Path] = []
    for name, ours in _OURS.items():
        for folder in _folders(home, name):
            found += (each for each in _in(folder) if each.is_file() and re.fullmatch(ours, each.name))
            found += (each for each in _in(folder) if each.is_dir() and _DRAFT.fullmatch(each.name))
    return [*found, *([home / "config.json"] if _is_our_config(home / "config.json") else [])]


def remove_data(home: Path) -> tuple[list[Path], list[Path]]:
    """Remove what is ours, then folders that are empty by now.

    Args:
        home: the data folder.

    Returns:
        (what was removed, what is left because it is not ours).

    Raises:
        OSError: something cannot be removed.
    """
    removed = files_of_ours(home)
    for each in removed:
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink(missing_ok=True)
    beneath = [folder for name in _OURS if name for folder in _folders(home, name)]
    for folder in (*beneath, home / "training" / "babi", home / "training", home):
        with suppress(OSError):
            folder.rmdir()
    return removed, sorted(_in(home))


def _folders(home: Path, name: str) -> list[Path]:
    """The folders that a name of `_OURS` stands for."""
    return [each for each in sorted(home.glob(name)) if each.is_dir()] if name else [home]


def _in(folder: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from sorted(folder.iterdir())


def _is_our_config(file: Path) -> bool:
    try:
        settings = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(settings, dict) and set(settings) == {"ntm_memory"}
