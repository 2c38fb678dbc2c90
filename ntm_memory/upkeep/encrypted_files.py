"""Which files of an encrypted memory's folder can be read without the key, judged by what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ntm_memory.paths import environment_dir, weights_dir
from ntm_memory.persistence.host_notes import FOLDER
from ntm_memory.privacy import cipher
from ntm_memory.privacy.sealing import HEAD

PLAIN = "plain"
ENCRYPTED = "encrypted"
_HARMLESS = {
    "config.json": "plain: your settings",
    "recall.json": "plain: learned numbers, no text",
    "recall.previous.json": "plain: learned numbers, no text",
    "sync.json": "plain: the names of this machine's logs, no text",
    "e5-checked.json": "plain: where the embedder's weights are",
}
# they are SQLite's own: pages of a file in them are as they are in the file
_BESIDE = ("-journal", "-wal", "-shm")


def files_of(home: Path) -> dict[str, str]:
    """Each file of a data folder and of the folders in it, and how it is kept; installed programs are left out."""
    return {str(file.relative_to(home)): _how(file) for file in sorted(_files(home))}


def _files(folder: Path, depth: int = 2) -> Iterator[Path]:
    for each in folder.iterdir():
        if each.is_symlink() or each in (environment_dir(), weights_dir()):
            continue
        if each.is_file():
            yield each
        elif each.is_dir() and depth > 1:
            yield from _files(each, depth - 1)


def _how(file: Path) -> str:
    if file.parent.name == FOLDER and not file.name.startswith("pending-"):
        return "plain: what hooks note, no text"
    if file.name in _HARMLESS:
        return _HARMLESS[file.name]
    for ending in _BESIDE:
        main = file.with_name(file.name.removesuffix(ending))
        if main != file and main.is_file():
            return _how(main)
    with file.open("rb") as opened:
        head = opened.read(len(HEAD))
    if not head:
        return "empty"
    return ENCRYPTED if head == HEAD or cipher.salt_of(file) is not None else PLAIN
