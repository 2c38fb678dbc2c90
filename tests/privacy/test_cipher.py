"""Telling encrypted files from others, and SQLCipher behind sqlite3's interface."""

from __future__ import annotations

import os
import sqlite3
import sys

import pytest

from ntm_memory.errors import NotSetUpError, StoreKeyError
from ntm_memory.privacy import cipher
from ntm_memory.privacy.keys import ENVIRONMENT, Key

pytest.importorskip("sqlcipher3", reason="needs the extra `encrypt`")
KEY = Key(b"k" * 32, bytes(range(100, 116)), ENVIRONMENT)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "some.db"


def filled(path, key):
    sql = cipher.connect(path, key, isolation_level=None)
    sql.execute("CREATE TABLE t (x)")
    sql.execute("INSERT INTO t VALUES ('zorkmid')")
    return sql


def test_an_encrypted_file_is_known_by_its_salt(path):
    filled(path, KEY).close()
    assert cipher.salt_of(path) == KEY.salt and b"zorkmid" not in path.read_bytes()
    assert cipher.connect(path, KEY).execute("SELECT x FROM t").fetchall() == [("zorkmid",)]


@pytest.mark.parametrize(
    "content",
    [b"", bytes(8192), b"SQLite format 3\0" + b"\7" * 4080, b"SQL\0te forma\xff 3\0" + bytes(4080)]
    + [b"not a database " * 500, os.urandom(4095)],
    ids=["empty", "blanked", "plain", "plain, damaged", "text", "no whole page"],
)
def test_other_files_are_not_taken_for_encrypted(path, content):
    path.write_bytes(content)
    assert cipher.salt_of(path) is None


def test_a_plain_file_needs_no_library(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlcipher3", None)
    monkeypatch.delitem(sys.modules, "ntm_memory.privacy.sqlcipher", raising=False)
    monkeypatch.delattr("ntm_memory.privacy.sqlcipher", raising=False)
    filled(path, None).close()
    assert cipher.row_factory(None) is sqlite3.Row
    with pytest.raises(NotSetUpError, match="sqlcipher3"):
        cipher.connect(path, KEY)


def test_a_wrong_key_is_one_clear_error_and_silent(path, capfd):
    filled(path, KEY).close()
    before = path.read_bytes()
    wrong = cipher.connect(path, Key(b"w" * 32, KEY.salt, ENVIRONMENT))
    with pytest.raises(StoreKeyError, match="NTM_MEMORY_KEY"):
        cipher.refuse_wrong(path, wrong, KEY)
    wrong.close()
    assert path.read_bytes() == before and capfd.readouterr() == ("", "")


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "encrypted"])
def test_errors_are_those_of_sqlite3(path, key):
    sql = filled(path, key)
    with pytest.raises(sqlite3.OperationalError):
        sql.execute("SELECT nothing")
    with pytest.raises(sqlite3.IntegrityError):
        sql.executescript("CREATE TABLE u (x UNIQUE); INSERT INTO u VALUES (1), (1)")
    with pytest.raises(sqlite3.OperationalError):
        list(sql.execute("SELECT json(x) FROM t"))
    sql.close()
    with pytest.raises(sqlite3.ProgrammingError):
        sql.execute("SELECT 1")


def test_an_online_backup_keeps_the_key_and_the_salt(path, tmp_path):
    sql, copy = filled(path, KEY), tmp_path / "copy.db"
    target = cipher.connect(copy, KEY)
    sql.backup(target)
    target.close()
    assert cipher.salt_of(copy) == KEY.salt and b"zorkmid" not in copy.read_bytes()
    assert cipher.connect(copy, KEY).execute("SELECT x FROM t").fetchall() == [("zorkmid",)]


def test_damage_is_found_by_the_reader(path):
    sql = filled(path, KEY)
    sql.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 100)
    sql.close()
    content = bytearray(path.read_bytes())
    content[3 * cipher.PAGE + 50] ^= 1
    path.write_bytes(content)
    with pytest.raises(sqlite3.DatabaseError):
        cipher.connect(path, KEY).execute("SELECT * FROM t").fetchall()


def test_a_draft_of_a_stranger_is_not_written_to(path, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"precious")
    cipher.draft_of(path).symlink_to(other)
    with pytest.raises(OSError):
        cipher.new_draft(path)
    assert other.read_bytes() == b"precious"
