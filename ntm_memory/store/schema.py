"""The tables of a memory file."""

from __future__ import annotations

import secrets
import sqlite3
import uuid

from ntm_memory.errors import StoreCorruptError, StoreFromFutureError

VERSION = 1
APPLICATION_ID = 0x4E544D31  # "NTM1"
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE names (code INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, written INTEGER NOT NULL DEFAULT 0);
CREATE TABLE memories (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    address INTEGER,
    namespace INTEGER NOT NULL REFERENCES names(code),
    session INTEGER REFERENCES names(code),
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
    words TEXT NOT NULL,
    length INTEGER NOT NULL,
    cjk INTEGER NOT NULL,
    keys BLOB NOT NULL,
    PRIMARY KEY (id, version)
);
CREATE TABLE links (id TEXT NOT NULL, target TEXT NOT NULL, weight REAL NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (id, target)) WITHOUT ROWID;
CREATE INDEX links_target ON links(target);
CREATE TABLE free (address INTEGER PRIMARY KEY);
CREATE TABLE feedback (row INTEGER PRIMARY KEY, query TEXT NOT NULL, namespace TEXT NOT NULL, used TEXT NOT NULL,
    unused TEXT NOT NULL, at TEXT NOT NULL);
"""
# external content: the words are kept once, in memories
WORD_INDEX = """
CREATE VIRTUAL TABLE word_index USING fts5(words, content='memories', content_rowid='row', tokenize='unicode61');
"""


def prepare(connection: sqlite3.Connection, *, word_index: bool) -> None:
    """Make the tables of a new file, or make sure that a file is one we can read.

    Raises:
        StoreFromFutureError: a newer version of this package wrote it.
        StoreCorruptError: another program's database.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if version > VERSION and application == APPLICATION_ID:
        raise StoreFromFutureError(
            f"this store has schema version {version}, this program knows {VERSION}", "update ntm-memory-system"
        )
    if version == 0 and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        _create(connection, word_index=word_index)
    elif application != APPLICATION_ID:
        raise StoreCorruptError("this SQLite file belongs to another program", "choose another folder with --home")


def new_id() -> str:
    """A short printable name without look-alike characters, e.g. `m_8k2f7q1x`."""
    return "m_" + "".join(secrets.choice(_ALPHABET) for _ in range(10))


def _create(connection: sqlite3.Connection, *, word_index: bool) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in TABLES.split(";\n") + ([WORD_INDEX] if word_index else []):
            connection.execute(statement)
        meta = {"uuid": uuid.uuid4().hex, "seq": "0", "next_address": "0"}
        connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
