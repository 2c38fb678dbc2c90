"""Which key a memory file has, damaged or gone as it may be, and files brought under it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from ntm_memory.errors import NTMMemoryError, StoreKeyError
from ntm_memory.persistence.atomic import flush
from ntm_memory.persistence.wiping import blank, wipe
from ntm_memory.privacy import SALT_BYTES, cipher
from ntm_memory.recovery.encrypted_pages import opens_any_page
from ntm_memory.recovery.files import drafts_beside

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key

_WRONG = "give the key that it was encrypted with; nothing was changed"


def key_in_force(path: Path) -> Key | None:
    """The key of a memory file in whatever state; None for a plain one.

    Where its own head is lost, the files beside it tell under which salt it was: they have the same. A key is the right
    one if it authenticates a page of the file, or of one beside it where nothing of the file is left.

    Args:
        path: of the memory; it may be missing.

    Raises:
        StoreKeyError: the key is missing, or is another one.
        OSError: a file cannot be read.
    """
    if cipher.is_plain(path):
        return None
    beside = {file: salt for file in _beside(path) if (salt := cipher.salt_of(file)) is not None}
    own = cipher.head_of(path)
    salts = list(dict.fromkeys([*([own] if len(own) == SALT_BYTES else []), *beside.values()]))
    if cipher.salt_of(path) is None and not beside:
        return None
    from ntm_memory.privacy.keys import find_key  # seldom needed

    missing: StoreKeyError | None = None
    for file, salt in [*((path, salt) for salt in salts), *beside.items()]:
        try:
            key = find_key(salt)
        except StoreKeyError as error:
            missing = error
            continue
        if file.is_file() and opens_any_page(file, key):
            return key
    raise missing or StoreKeyError(f"the key at hand opens nothing of {path}", _WRONG)


def refuse_other_key(file: Path, name: str) -> None:
    """Refuse an encrypted file that the key at hand does not open.

    Raises:
        StoreKeyError: it is under another key.
    """
    salt = cipher.salt_of(file)
    if salt is not None:
        from ntm_memory.privacy.keys import find_key

        if not opens_any_page(file, find_key(salt)):
            hint = "take another one, or give its own key; nothing was changed"
            raise StoreKeyError(f"{name} is encrypted under another key than the one at hand", hint)


def bring_under(file: Path, key: Key | None, seconds: float, old: Key | None = None) -> bool:
    """Put a copy under another key, or under none, into the place of a memory file that nobody else uses.

    Args:
        file: the memory file.
        key: None: a plain one.
        seconds: how long to wait for other processes.
        old: whose secret opens the file, if it is encrypted; None: the one at hand.

    Returns:
        whether it was otherwise before.

    Raises:
        StoreKeyError: the key that the file has is missing or wrong.
        StoreError: or one of its kinds: the copy is not sound; the file is as it was.
        sqlite3.Error, OSError: it cannot be made.
    """
    salt = cipher.salt_of(file)
    if salt == (None if key is None else key.salt):
        return False
    from ntm_memory.privacy.encrypted_copy import copy_verified
    from ntm_memory.privacy.keys import Key, find_key

    has = None
    if salt is not None:
        has = find_key(salt) if old is None else Key(old.secret, salt, old.source)
    with drafts_beside(file) as drafts:
        draft = cipher.new_draft(drafts / "new.db")
        try:
            with copy_verified(file, has, draft, key, seconds):
                pass
            _replace_and_blank(draft, file)
        finally:
            wipe(draft)
    return True


def bring_backups_under(home: Path, old: Key | None, key: Key | None, seconds: float) -> list[str]:
    """Bring the backups of a memory under the key that it has now, or under none; the names of those that could not be.

    Args:
        home: the data folder.
        old: the key that the memory had; it opens backups whatever their salt.
        key: the one that it has.
        seconds: how long to wait for other processes.
    """
    failed = []
    for file in _beside(home / "memory.db")[1:]:
        try:
            bring_under(file, key, seconds, old)
        except (NTMMemoryError, sqlite3.Error, OSError):
            failed.append(file.name)
    return failed


def _replace_and_blank(draft: Path, file: Path) -> None:
    if os.name == "nt":  # a file in use cannot be replaced
        os.replace(draft, file)
        return
    handle = os.open(file, os.O_RDWR)
    try:
        os.replace(draft, file)
        blank(handle)
    finally:
        os.close(handle)
    flush(file.parent)


def _beside(path: Path) -> list[Path]:
    """The files of a data folder that were encrypted as the memory was, the newest backup first."""
    try:
        backups = sorted((path.parent / "backups").glob("*.db"), reverse=True)
    except OSError:
        backups = []
    return [path.with_name("usage.db"), *backups]
