"""Which SQLite files are encrypted, and opening them: one that is not never touches SQLCipher.

SQLCipher encrypts each page of a file, its journal and its write-ahead log with AES-256 and authenticates it with
HMAC-SHA512 (https://www.zetetic.net/sqlcipher/design/).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntm_memory.errors import NotSetUpError, StoreKeyError
from ntm_memory.paths import setup_hint
from ntm_memory.persistence.wiping import wipe
from ntm_memory.privacy import SALT_BYTES

if TYPE_CHECKING:
    from types import ModuleType

    from ntm_memory.privacy.keys import Key

EXTRA = "encrypt"
PAGE = 4096
_UNREADABLE = "malformed database schema: a name in it is no UTF-8"
_PLAIN_HEAD = b"SQLite format 3\0"
# what tells 16 random bytes from those of a plain file with some damage, or of a file that was blanked
_MOST_ALIKE, _LEAST_DIFFERENT = 3, 8


def telling_of_damage(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a connection or cursor that says of every damage that it is one.

    Where SQLite's message quotes the damaged file, or a column's name stands in it, Python cannot decode that.

    Args:
        method: it; called, a `UnicodeDecodeError` of its becomes a `sqlite3.DatabaseError`.
    """

    @wraps(method)
    def call(*arguments: Any, **options: Any) -> Any:
        try:
            return method(*arguments, **options)
        except UnicodeDecodeError as error:
            raise sqlite3.DatabaseError(_UNREADABLE) from error

    return call


class PlainConnection(sqlite3.Connection):
    """A connection that says of every damage that it is one; see `sqlite3.Connection`."""

    execute = telling_of_damage(sqlite3.Connection.execute)
    executemany = telling_of_damage(sqlite3.Connection.executemany)


def salt_of(path: Path) -> bytes | None:
    """The salt at the beginning of an encrypted database; None where the file is no such thing.

    An encrypted file looks like random bytes in whole pages, so anything that looks otherwise is something else.
    """
    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(SALT_BYTES)
        size = os.fstat(file.fileno()).st_size
    random = len(set(head)) >= _LEAST_DIFFERENT and not _is_alike(head)
    return head if random and size % PAGE == 0 else None


def head_of(path: Path) -> bytes:
    """The first bytes of a file, where an encrypted one has its salt; fewer where there are no more."""
    try:
        if path.exists() and not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(SALT_BYTES)
    except FileNotFoundError:
        return b""


def is_plain(path: Path) -> bool:
    """Whether a file begins as a plain database does, some damage allowed."""
    return _is_alike(head_of(path))


def _is_alike(head: bytes) -> bool:
    return sum(one == other for one, other in zip(head, _PLAIN_HEAD, strict=False)) > _MOST_ALIKE


def connect(path: Path | str, key: Key | None, **options: Any) -> sqlite3.Connection:
    """Open a database, encrypted where there is a key; `sqlite3`'s own interface and errors in both cases.

    Args:
        path: the file, or with `uri=True` its address; a new one is made with the key's salt.
        key: None: a plain file.
        options: as `sqlite3.connect` takes them.

    Raises:
        NotSetUpError: SQLCipher is not installed.
    """
    if key is not None:
        return with_key(driver().connect(path, **options), key)
    return sqlite3.connect(path, factory=PlainConnection, **options)


def make(path: Path) -> None:
    """Put an empty encrypted database into the place of an empty file, whole or not at all.

    Raises:
        StoreKeyError: there is no place to keep its key.
    """
    from ntm_memory.privacy.keys import ENVIRONMENT, KEYRING, VARIABLE, new_key, secret_in  # seldom needed

    secret = secret_in(VARIABLE)
    key = new_key(secret, KEYRING if secret is None else ENVIRONMENT)
    draft = new_draft(path)
    sql = connect(draft, key, isolation_level=None)
    try:
        # any write makes the first page, which holds the salt
        sql.executescript("PRAGMA user_version = 1; PRAGMA user_version = 0")
    finally:
        sql.close()
    os.replace(draft, path)


def draft_of(path: Path) -> Path:
    """The name under which a file is made that is to take another's place."""
    return path.with_name(path.name + ".draft")


def new_draft(path: Path) -> Path:
    """An empty draft that only its owner can read; the caller has the writer lock, so an older one is nobody's."""
    draft = draft_of(path)
    wipe(draft)
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    return draft


def with_key(sql: sqlite3.Connection, key: Key) -> sqlite3.Connection:
    """Tell an open connection its key; nothing is read yet, so a wrong one is noticed later."""
    sql.execute(f'PRAGMA key = "{key.raw}"')
    sql.execute(f"PRAGMA cipher_page_size = {PAGE}")
    return sql


def row_factory(key: Key | None) -> Any:
    """The rows of the library that opens a file with this key."""
    return sqlite3.Row if key is None else driver().Row


def engine(sql: sqlite3.Connection, key: Key | None) -> str:
    """The library that opens a file with this key, and its version."""
    if key is None:
        return f"SQLite {sqlite3.sqlite_version}"
    (version,) = sql.execute("PRAGMA cipher_version").fetchone()
    return f"SQLCipher {version}, SQLite {driver().dbapi2.sqlite_version}"


def own_sqlite_version(key: Key | None) -> tuple[tuple[int, ...], ...]:
    """Version of the SQLite that SQLCipher brings along, for a file with a key; empty for a plain one."""
    return () if key is None else (tuple(driver().dbapi2.sqlite_version_info),)


def refuse_wrong(path: Path, sql: sqlite3.Connection, key: Key | None) -> None:
    """Read the first page.

    Raises:
        StoreKeyError: the key does not open the file.
    """
    try:
        sql.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        if key is None or "not a database" not in str(error):
            raise
        from ntm_memory.privacy.keys import ENVIRONMENT, VARIABLE

        where = VARIABLE if key.source == ENVIRONMENT else "the system's keyring"
        raise StoreKeyError(
            f"the key in {where} does not open {path}: it is another one's, or the file's head is damaged",
            "give the key that it was encrypted with; nothing was changed",
        ) from error


def driver() -> ModuleType:
    """The module that opens encrypted files.

    Raises:
        NotSetUpError: its library is not installed.
    """
    try:
        from ntm_memory.privacy import sqlcipher
    except ImportError as error:
        raise NotSetUpError("encrypted memories need the library sqlcipher3", setup_hint(EXTRA)) from error
    return sqlcipher
