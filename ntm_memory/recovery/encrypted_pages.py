"""Single pages of an encrypted file, for one whose other pages are damaged: the library stops at the first bad one.

A page is content, an initialisation vector and an HMAC-SHA512 over both and the page's number; the content is under
AES-256-CBC (SQLCipher 4, https://www.zetetic.net/sqlcipher/design/). A raw key is used as it is, and the HMAC's key is
derived from it. The first page begins with the salt, where a plain file has SQLite's name.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ntm_memory.errors import NotSetUpError
from ntm_memory.paths import setup_hint
from ntm_memory.persistence.table_shapes import Shape, set_right, shapes_of
from ntm_memory.privacy import SALT_BYTES
from ntm_memory.privacy.cipher import EXTRA, PAGE, connect
from ntm_memory.recovery.files import opened
from ntm_memory.store import postings, schema
from ntm_memory.store.ledger import Ledger

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key

RESERVED = 80
_IV_BYTES, _HMAC_BYTES = 16, 64
_HMAC_SALT_MASK, _HMAC_ROUNDS, _KEY_BYTES = 0x3A, 2, 32
_NO_WAL = bytes([1, 1])
_HEAD = b"SQLite format 3\0"


def opens_any_page(path: Path, key: Key) -> bool:
    """Whether a key authenticates a page of a file, so that it is the file's, whatever else is damaged."""
    secret = _hmac_key(key)
    with path.open("rb") as file:
        pages = enumerate(iter(lambda: file.read(PAGE), b""), start=1)
        return any(_is_authentic(page, number, secret) for number, page in pages)


def decrypted(data: bytes, key: Key) -> tuple[bytes, list[int]]:
    """(the file as a plain one, the numbers of the pages that are not as they were written and are blank in it).

    Args:
        data: the file.
        key: of the file.

    Raises:
        NotSetUpError: the library that decrypts is not installed.
    """
    secret, plain, damaged = _hmac_key(key), list[bytes](), list[int]()
    for number, page in _pages(data):
        if _is_authentic(page, number, secret):
            plain.append(_plain(page, number, key))
        else:
            plain.append(bytes(PAGE))
            damaged.append(number)
    return b"".join(plain), damaged


def _pages(data: bytes) -> Iterator[tuple[int, bytes]]:
    for start in range(0, len(data), PAGE):
        yield start // PAGE + 1, data[start : start + PAGE]


def _hmac_key(key: Key) -> bytes:
    salt = bytes(byte ^ _HMAC_SALT_MASK for byte in key.salt)
    return hashlib.pbkdf2_hmac("sha512", key.secret, salt, _HMAC_ROUNDS, _KEY_BYTES)


def _is_authentic(page: bytes, number: int, secret: bytes) -> bool:
    if len(page) < PAGE:
        return False
    signed = page[SALT_BYTES if number == 1 else 0 : PAGE - _HMAC_BYTES]
    told = page[PAGE - _HMAC_BYTES :]
    return hmac.compare_digest(hmac.digest(secret, signed + number.to_bytes(4, "little"), "sha512"), told)


def _plain(page: bytes, number: int, key: Key) -> bytes:
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    except ImportError as error:
        raise NotSetUpError("encrypted memories need the library cryptography", setup_hint(EXTRA)) from error
    begin, end = (SALT_BYTES if number == 1 else 0), PAGE - RESERVED
    unlock = Cipher(algorithms.AES(key.secret), modes.CBC(page[end : end + _IV_BYTES])).decryptor()
    content: bytes = unlock.update(page[begin:end]) + unlock.finalize()
    return _HEAD[:begin] + content + bytes(RESERVED)


class Readable:
    """A copy of a memory file in whatever state, that nobody else uses.

    Args:
        copy: the file.
        key: of an encrypted one; None: as its own head says.
    """

    def __init__(self, copy: Path, key: Key | None) -> None:
        self._copy = copy
        self._key = key
        if key is not None:
            with suppress(sqlite3.Error), closing(connect(copy, key, isolation_level=None)) as sql:
                sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # or what a journal takes back

    def connected(self) -> sqlite3.Connection:
        """A connection that follows the file as far as SQLite can; of an encrypted one it is never on the disk."""
        if self._key is None:
            set_tables_right(self._copy)
            return opened(self._copy, isolation_level=None)
        memory = sqlite3.connect(":memory:", isolation_level=None)
        if not hasattr(memory, "deserialize"):  # Python 3.10: as far as SQLCipher comes, which is to the first bad page
            return connect(self._copy, self._key, isolation_level=None)
        plain = bytearray(self.plain()[0])
        plain[18:20] = _NO_WAL  # in memory there is none
        memory.deserialize(bytes(plain))
        return memory

    def plain(self) -> tuple[bytes, list[int]]:
        """See `decrypted`; a plain file is as it is."""
        data = self._copy.read_bytes()
        return (data, []) if self._key is None else decrypted(data, self._key)


def set_tables_right(copy: Path) -> None:
    """Give the tables of a plain copy the statements that made them, where it says otherwise."""
    if not _is_read(copy):
        with closing(opened(copy, isolation_level=None)) as sql:
            set_right(sql, _shapes())


def _is_read(copy: Path) -> bool:
    """Whether SQLite can make sense of the tables of a file, and they are as they were made."""
    try:
        with closing(opened(copy)) as sql:
            sql.execute("SELECT 1 FROM sqlite_master").fetchone()
            return not schema.faults_of(sql)
    except sqlite3.Error:
        return False


def _shapes() -> list[Shape]:
    """What is in a new memory file."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as sql:
        schema.bring_up(sql)
        if postings.has_fts5(sql):
            postings.make_index(sql, Ledger(sql))
        return shapes_of(sql)
