"""SQLCipher behind the interface of `sqlite3`: the same calls, and errors that whoever expects `sqlite3`'s catches."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, cast

from sqlcipher3 import dbapi2

from ntm_memory.privacy.cipher import telling_of_damage

Row = dbapi2.Row
_UNREADABLE = "database disk image is malformed: a page cannot be decrypted"


def connect(path: Path, **options: Any) -> sqlite3.Connection:
    """Open a file; without a key told later it is read as a plain one."""
    sql = dbapi2.connect(path, factory=_Connection, **options)
    sql.execute("PRAGMA cipher_log_level = NONE")  # else a wrong key is written to stderr
    return cast(sqlite3.Connection, sql)


def _with_standard_errors(method: Callable[..., Any]) -> Callable[..., Any]:
    @telling_of_damage
    @wraps(method)
    def call(*arguments: Any, **options: Any) -> Any:
        try:
            return method(*arguments, **options)
        except dbapi2.Error as error:
            kind: type[sqlite3.Error] = getattr(sqlite3, type(error).__name__, sqlite3.DatabaseError)
            raise kind(*error.args) from error
        except MemoryError as error:  # so it says that a page's HMAC differs
            raise sqlite3.DatabaseError(_UNREADABLE) from error

    return call


class _Cursor(dbapi2.Cursor):  # type: ignore[misc]
    """Errors of a query may come when it is made or when its rows are read."""

    execute = _with_standard_errors(dbapi2.Cursor.execute)
    executemany = _with_standard_errors(dbapi2.Cursor.executemany)
    executescript = _with_standard_errors(dbapi2.Cursor.executescript)
    fetchone = _with_standard_errors(dbapi2.Cursor.fetchone)
    fetchmany = _with_standard_errors(dbapi2.Cursor.fetchmany)
    fetchall = _with_standard_errors(dbapi2.Cursor.fetchall)
    __next__ = _with_standard_errors(dbapi2.Cursor.__next__)


class _Connection(dbapi2.Connection):  # type: ignore[misc]
    commit = _with_standard_errors(dbapi2.Connection.commit)
    rollback = _with_standard_errors(dbapi2.Connection.rollback)
    close = _with_standard_errors(dbapi2.Connection.close)
    backup = _with_standard_errors(dbapi2.Connection.backup)
    execute = _with_standard_errors(dbapi2.Connection.execute)
    executemany = _with_standard_errors(dbapi2.Connection.executemany)
    executescript = _with_standard_errors(dbapi2.Connection.executescript)
    __exit__ = _with_standard_errors(dbapi2.Connection.__exit__)

    @property
    @_with_standard_errors
    def in_transaction(self) -> bool:
        return bool(super().in_transaction)

    @_with_standard_errors
    def cursor(self, factory: type[Any] = _Cursor) -> Any:
        return super().cursor(factory)
