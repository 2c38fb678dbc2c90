"""The tables of a memory file."""

from __future__ import annotations

import os
import sqlite3

from ntm_memory.errors import StoreCorruptError, StoreFromFutureError

VERSION = 3
APPLICATION_ID = 0x4E544D31  # "NTM1"
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE names (code INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, written INTEGER NOT NULL DEFAULT 0);
CREATE TABLE memories (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    address INTEGER,
    namespace INTEGER NOT NULL,
    session INTEGER,
    position INTEGER NOT NULL,
    key TEXT,
    content TEXT NOT NULL,
    importance REAL NOT NULL,
    tags TEXT NOT NULL,
    source TEXT,
    created_at TEXT NOT NULL,
    occurred_at TEXT,
    updated_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    strength REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'archived', 'erased')),
    ended_at TEXT,
    kind TEXT,
    superseded_by TEXT,
    trust TEXT NOT NULL DEFAULT 'agent' CHECK (trust IN ('tool', 'import', 'agent', 'person')),
    words TEXT NOT NULL,
    length INTEGER NOT NULL,
    cjk INTEGER NOT NULL,
    keys BLOB NOT NULL,
    hash INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    seq INTEGER NOT NULL
);
CREATE UNIQUE INDEX memories_address ON memories(address) WHERE address IS NOT NULL;
CREATE UNIQUE INDEX memories_key ON memories(namespace, key) WHERE key IS NOT NULL AND state = 'live';
CREATE INDEX memories_hash ON memories(hash);
CREATE INDEX memories_seq ON memories(seq);
CREATE INDEX memories_position ON memories(namespace, position);
CREATE INDEX memories_trust ON memories(namespace, trust, address) WHERE state = 'live';
CREATE TABLE versions (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    content TEXT NOT NULL,
    key TEXT,
    importance REAL NOT NULL,
    tags TEXT NOT NULL,
    occurred_at TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL,
    trust TEXT NOT NULL DEFAULT 'agent' CHECK (trust IN ('tool', 'import', 'agent', 'person')),
    words TEXT NOT NULL,
    length INTEGER NOT NULL,
    cjk INTEGER NOT NULL,
    keys BLOB NOT NULL,
    crc INTEGER NOT NULL,
    PRIMARY KEY (id, version)
);
CREATE TABLE links (id TEXT NOT NULL, target TEXT NOT NULL, weight REAL NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (id, target)) WITHOUT ROWID;
CREATE INDEX links_target ON links(target);
CREATE TABLE free (address INTEGER PRIMARY KEY);
CREATE TABLE feedback (row INTEGER PRIMARY KEY, query TEXT NOT NULL, namespace TEXT NOT NULL, used TEXT NOT NULL,
    unused TEXT NOT NULL, at TEXT NOT NULL, previous TEXT NOT NULL DEFAULT '[]');
"""

_TRUST = """trust TEXT NOT NULL DEFAULT 'agent' CHECK (trust IN ('tool', 'import', 'agent', 'person'))"""
UPGRADES = {
    1: "ALTER TABLE feedback ADD COLUMN previous TEXT NOT NULL DEFAULT '[]'",
    2: f"""ALTER TABLE memories ADD COLUMN {_TRUST};
ALTER TABLE versions ADD COLUMN {_TRUST};
CREATE INDEX memories_trust ON memories(namespace, trust, address) WHERE state = 'live'""",
}
"""Version → statements that make the next one of it."""


def version_of(sql: sqlite3.Connection) -> int:
    """Version of our tables in the file; 0 for an empty file.

    Raises:
        StoreFromFutureError: a newer version of this package wrote it.
        StoreCorruptError: another program's database.
    """
    (version,) = sql.execute("PRAGMA user_version").fetchone()
    (application,) = sql.execute("PRAGMA application_id").fetchone()
    if application == APPLICATION_ID and version > VERSION:
        raise StoreFromFutureError(
            f"this memory has schema version {version}, this program knows {VERSION}", "update ntm-memory-system"
        )
    if application == APPLICATION_ID and version:
        return int(version)
    if sql.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreCorruptError("this SQLite file belongs to another program", "choose another folder with --home")
    return 0


def bring_up(sql: sqlite3.Connection) -> None:
    """Make the tables, or bring those of an older version up to date, all or none; the caller holds the writer lock."""
    sql.execute("BEGIN IMMEDIATE")
    try:
        found = version_of(sql)
        if not found:
            _create(sql)
        for version in range(found or VERSION, VERSION):
            _run(sql, UPGRADES[version])
        sql.execute(f"PRAGMA user_version = {VERSION}")
        sql.execute("COMMIT")
    except BaseException:
        if sql.in_transaction:
            sql.execute("ROLLBACK")
        raise


def _create(sql: sqlite3.Connection) -> None:
    _run(sql, TABLES)
    meta = {"uuid": os.urandom(16).hex(), "seq": "0", "next_address": "0", "purges": "0"}
    sql.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _run(sql: sqlite3.Connection, statements: str) -> None:
    """Not `executescript`, which commits what was open before."""
    for statement in filter(str.strip, statements.split(";\n")):
        sql.execute(statement)


def new_id() -> str:
    """A short printable name without look-alike characters, e.g. `m_8k2f7q1x9d`; one of 6·10¹⁴."""
    # not the module secrets: it costs every cold start several milliseconds
    return "m_" + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in os.urandom(10))
