"""Encrypting a memory, decrypting it, giving it another key: a verified copy takes the file's place in one step.

Whatever interrupts it, `memory.db` is the old file or the new one. The key of the new one is kept before its file takes
the old one's place, the key of the old one is forgotten after.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ntm_memory.codes.files import derived_files
from ntm_memory.errors import BadValueError, StoreKeyError, one_of
from ntm_memory.persistence.faults import faults
from ntm_memory.persistence.wiping import blank, wipe
from ntm_memory.persistence.writer_lock import WriterLock
from ntm_memory.privacy import cipher
from ntm_memory.privacy.encrypted_copy import copy_verified
from ntm_memory.privacy.keys import (
    ENVIRONMENT,
    KEYRING,
    NEXT_VARIABLE,
    VARIABLE,
    Key,
    find_key,
    forget_key,
    new_key,
    secret_in,
)
from ntm_memory.recovery.keyed import bring_backups_under, key_in_force
from ntm_memory.store.usage import carry_over

ENCRYPT, DECRYPT, REKEY, FORGET_KEY = ACTIONS = ("encrypt", "decrypt", "rekey", "forget-key")
_OVERWRITTEN = "overwritten in place; a file system, an SSD, a snapshot or a backup may keep copies of its own"
_LEFT = "not overwritten: the blocks of the old file are free, and hold them until they are used again"
_FORGOTTEN = "without a copy of the key that you kept, nobody can read this memory or its encrypted backups again"


def carry_out(path: Path, action: str, lock_seconds: float, *, dry_run: bool = False) -> dict[str, Any]:
    """Change whether and with which key a memory is encrypted.

    Args:
        path: the database file, which this process has not open.
        action: `encrypt` and `decrypt`, which change nothing where it is so already; `rekey`; `forget-key`.
        lock_seconds: how long to wait for other processes.
        dry_run: say what would happen.

    Returns:
        action, dry_run, changed; key, where it is from then on; old_bytes, what became of those of the old file.

    Raises:
        BadValueError: unknown action, or one that makes no sense for this memory.
        StoreKeyError: a key is missing, wrong or cannot be kept; nothing was changed.
        StoreError: or one of its kinds; nothing was changed.
    """
    one_of("the action", action, ACTIONS)
    with faults(path):
        salt = cipher.salt_of(path)
    old = None if salt is None else find_key(salt)
    answer = {"action": action, "dry_run": dry_run, "changed": True, "key": old.source if old else None}
    if action in (REKEY, FORGET_KEY) and old is None:
        raise BadValueError("this memory is not encrypted", "run: status.py --encrypt")
    if (action == ENCRYPT and old is not None) or (action == DECRYPT and old is None):
        if not dry_run and path.exists():  # backups that an interrupted one left
            answer |= _of_backups(path, old, key_in_force(path), lock_seconds)
        return answer | {"changed": False}
    if action == FORGET_KEY and old is not None:
        return answer | _forget(old, dry_run)
    source = _next_source(action, old)
    if not dry_run:
        answer |= _convert(path, old, _next_key(action, source), lock_seconds)
    return answer | {"key": source}


def _forget(old: Key, dry_run: bool) -> dict[str, Any]:
    if old.source == ENVIRONMENT:
        raise BadValueError(f"the key is in {VARIABLE}, which is yours to remove", "remove it there")
    if not dry_run:
        forget_key(old)
    return {"key": None, "note": _FORGOTTEN}


def _next_source(action: str, old: Key | None) -> str | None:
    """Where the next key is kept: where the old one is, else in the environment if it has one."""
    if action == DECRYPT:
        return None
    if old is None:
        return ENVIRONMENT if secret_in(VARIABLE) is not None else KEYRING
    told = secret_in(NEXT_VARIABLE)
    if old.source == ENVIRONMENT and told is None:
        raise StoreKeyError(f"the key is in {VARIABLE}, and {NEXT_VARIABLE} has none to follow it", "set it")
    if told == old.secret:
        raise BadValueError(f"{NEXT_VARIABLE} holds the key that the memory has", "make another one")
    return old.source


def _next_key(action: str, source: str | None) -> Key | None:
    if source is None:
        return None
    return new_key(secret_in(NEXT_VARIABLE if action == REKEY else VARIABLE), source)


def _convert(path: Path, old: Key | None, new: Key | None, lock_seconds: float) -> dict[str, Any]:
    """Put a copy under another key, or none, into the place of a memory and of each backup.

    Returns:
        old_bytes, what became of the old file's; warnings, where backups are as they were.
    """
    try:
        with faults(path), _only_writer(path, lock_seconds):
            old_bytes = _replace(path, old, new, lock_seconds)
    except BaseException:
        if new is not None and new.source == KEYRING and cipher.salt_of(path) != new.salt:
            forget_key(new)
        raise
    told = _of_backups(path, old, new, lock_seconds)
    if old is not None and old.source == KEYRING and not told:  # else they could not be read again
        forget_key(old)
    return {"old_bytes": old_bytes} | told


def _of_backups(path: Path, old: Key | None, new: Key | None, lock_seconds: float) -> dict[str, Any]:
    left = ", ".join(bring_backups_under(path.parent, old, new, lock_seconds))
    return {"warnings": [f"these backups are as they were, under another key or none: {left}"]} if left else {}


def _replace(path: Path, old: Key | None, new: Key | None, lock_seconds: float) -> str:
    draft = cipher.new_draft(path)
    usage, matrix = path.with_name("usage.db"), path.with_name("matrix.bin")
    try:
        with copy_verified(path, old, draft, new, lock_seconds) as source:
            _wipe_all(matrix)
            carry_over(usage, old, new)
            wipe(path.with_name("sync.db"))  # it is made anew from the logs
            if os.name == "nt":
                source.close()
                os.replace(draft, path)
                told = _LEFT
            else:
                told = _replace_and_blank(draft, path)
    finally:
        wipe(draft)
    # another process may have written them again before it noticed that its file was replaced
    _wipe_all(matrix)
    if (cipher.salt_of(usage) is None) != (new is None):
        wipe(usage)
    return told


def _replace_and_blank(draft: Path, path: Path) -> str:
    """Swap the files while the old one is still locked, and blank it when no name leads to it any more."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.replace(draft, path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        with suppress(OSError):  # the new file is in place: this is said, and no error
            blank(handle)
            return _OVERWRITTEN
        return _LEFT
    finally:
        os.close(handle)


def _wipe_all(matrix: Path) -> None:
    for each in (matrix, *matrix.parent.glob(matrix.name + ".*"), *derived_files(matrix.parent)):
        wipe(each)


@contextmanager
def _only_writer(path: Path, lock_seconds: float) -> Iterator[None]:
    lock = WriterLock(path.with_suffix(".lock"), lock_seconds)
    lock.acquire()
    try:
        yield
    finally:
        lock.close()
