"""The tables of a memory file."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import tzinfo
from functools import lru_cache

from ntm_memory.errors import StoreCorruptError, StoreFromFutureError
from ntm_memory.persistence.faults import MEND
from ntm_memory.persistence.table_shapes import differences
from ntm_memory.privacy import audit, tombstones
from ntm_memory.store.ledger import new_meta
from ntm_memory.text.folding import folded_key, text_hash
from ntm_memory.text.occurrence import middle, span
from ntm_memory.times.kept import kept_times

VERSION, APPLICATION_ID = 4, 0x4E544D31  # "NTM1"
_REVISED = """
CREATE INDEX memories_revised ON memories(superseded_by) WHERE superseded_by IS NOT NULL;
"""
# each said so, that an index finds it; the first: what can be restored, the next: what may stand out, with a key or not
GONE = "(state <> 'live' OR strength < 1)"
_STANDING = "state = 'live' AND superseded_by IS NULL AND trust <> 'tool' AND (kind IS NULL OR kind <> 'episode')"
STANDING = {"named": f"{_STANDING} AND key IS NOT NULL", "unnamed": f"{_STANDING} AND key IS NULL"}
TAGGED, ALIKE = "state = 'live' AND tags <> '[]'", "substr(words, 1, 48)"
_INDEXES = f"""
CREATE INDEX memories_gone ON memories(namespace, folded_key, position, state) WHERE {GONE};
CREATE INDEX memories_changed ON memories(namespace, position) WHERE state = 'live' AND version > 1;
CREATE INDEX memories_worded ON memories(namespace, {ALIKE}) WHERE state = 'live';
CREATE INDEX memories_unfolded ON memories(folded_key)
    WHERE state = 'live' AND key IS NOT NULL AND folded_key IS NULL;
CREATE INDEX memories_sourced ON memories(namespace, source, state) WHERE state = 'live' AND source IS NOT NULL;
CREATE INDEX memories_tagged ON memories(namespace, tags, address, state) WHERE {TAGGED};
""" + "".join(
    f"""
CREATE INDEX memories_important_{name} ON memories(namespace, importance DESC, position) WHERE {which};
CREATE INDEX memories_fresh_{name} ON memories(namespace, updated_at DESC, position) WHERE {which};
"""
    for name, which in STANDING.items()
)
LATER = {name: made for made, name in re.findall(r"(CREATE INDEX (\w+)[^;]*);", _REVISED + _INDEXES)}
"""Index → what makes it: those without which files of this version are sound, since there was a time before them."""
_LISTED = """
CREATE INDEX memories_listed ON memories(namespace, position, importance, occurred_at, created_at, updated_at, kind,
    session, tags, folded_key, state) WHERE state = 'live';
"""
TABLES = (
    """
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
    words TEXT NOT NULL,
    length INTEGER NOT NULL,
    cjk INTEGER NOT NULL,
    keys BLOB NOT NULL,
    hash INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    folded_key TEXT,
    text_hash INTEGER,
    trust TEXT NOT NULL DEFAULT 'agent' CHECK (trust IN ('tool', 'import', 'agent', 'person')),
    mentions TEXT
);
CREATE UNIQUE INDEX memories_address ON memories(address) WHERE address IS NOT NULL;
CREATE UNIQUE INDEX memories_key ON memories(namespace, key) WHERE key IS NOT NULL AND state = 'live';
CREATE UNIQUE INDEX memories_folded_key ON memories(namespace, folded_key)
    WHERE folded_key IS NOT NULL AND state = 'live';
CREATE INDEX memories_text ON memories(text_hash);
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
    words TEXT NOT NULL,
    length INTEGER NOT NULL,
    cjk INTEGER NOT NULL,
    keys BLOB NOT NULL,
    crc INTEGER NOT NULL,
    trust TEXT NOT NULL DEFAULT 'agent' CHECK (trust IN ('tool', 'import', 'agent', 'person')),
    PRIMARY KEY (id, version)
);
CREATE TABLE links (id TEXT NOT NULL, target TEXT NOT NULL, weight REAL NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (id, target)) WITHOUT ROWID;
CREATE INDEX links_target ON links(target);
CREATE TABLE free (address INTEGER PRIMARY KEY);
CREATE TABLE feedback (row INTEGER PRIMARY KEY, query TEXT NOT NULL, namespace TEXT NOT NULL, used TEXT NOT NULL,
    unused TEXT NOT NULL, at TEXT NOT NULL, previous TEXT NOT NULL DEFAULT '[]');
CREATE TABLE new_keys (id TEXT NOT NULL, version INTEGER NOT NULL, hash INTEGER NOT NULL, keys BLOB NOT NULL,
    PRIMARY KEY (id, version));
"""
    + _REVISED
    + _LISTED
    + tombstones.TABLE
    + audit.TABLE
)

FOLDED = ("folded_key", "text_hash", "mentions")
"""Columns that follow from others: by which key and text are found however they are spelled, times that it tells."""
_MENTION = """
UPDATE memories SET mentions = mentions_of(CAST(content AS BLOB), CAST(coalesce(occurred_at, updated_at) AS BLOB));
"""
_FOLD = """
DROP INDEX IF EXISTS memories_folded_key;
UPDATE memories SET text_hash = text_hash_of(CAST(content AS BLOB)),
    folded_key = folded_key_of(CAST(key AS BLOB));
UPDATE memories SET folded_key = NULL WHERE state = 'live' AND key IS NOT NULL AND row NOT IN
    (SELECT min(row) FROM memories WHERE state = 'live' AND key IS NOT NULL GROUP BY namespace, folded_key);
CREATE UNIQUE INDEX memories_folded_key ON memories(namespace, folded_key)
    WHERE folded_key IS NOT NULL AND state = 'live';
"""
NAMES = tuple(re.findall(r"CREATE TABLE (\w+)", TABLES))
_TRUST = """trust TEXT NOT NULL DEFAULT 'agent' CHECK (trust IN ('tool', 'import', 'agent', 'person'))"""
UPGRADES = {
    1: "ALTER TABLE feedback ADD COLUMN previous TEXT NOT NULL DEFAULT '[]'",
    2: f"""
CREATE TABLE new_keys (id TEXT NOT NULL, version INTEGER NOT NULL, hash INTEGER NOT NULL, keys BLOB NOT NULL,
    PRIMARY KEY (id, version));
ALTER TABLE memories ADD COLUMN folded_key TEXT;
ALTER TABLE memories ADD COLUMN text_hash INTEGER;
ALTER TABLE memories ADD COLUMN {_TRUST};
ALTER TABLE versions ADD COLUMN {_TRUST};
CREATE INDEX memories_trust ON memories(namespace, trust, address) WHERE state = 'live';
"""
    + _FOLD
    + """
DROP INDEX IF EXISTS memories_hash;
CREATE INDEX memories_text ON memories(text_hash);
"""
    + tombstones.TABLE
    + audit.TABLE,
    3: "ALTER TABLE memories ADD COLUMN mentions TEXT;\n" + _MENTION + _LISTED,
}
"""Version → statements that make the next one of it; where several live keys fold to one, the oldest one has it."""
_DAYS = 4096
"""So many different times are remembered as stretches: of many memories the day alone is known."""
_DONE = ("duplicate column name", "already exists")


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
    there = {name for (name,) in sql.execute("SELECT name FROM sqlite_master").fetchall()}
    if {"meta", "names", "memories"} <= there:
        raise StoreCorruptError("the head of this file is damaged: its tables are those of a memory", MEND)
    if there:
        raise StoreCorruptError("this SQLite file belongs to another program", "choose another folder with --home")
    return 0


def faults_of(sql: sqlite3.Connection) -> list[str]:
    """What in a file is not as this version makes it: tables, columns, indexes, triggers; one line each.

    Nothing is said of another version's file, of what others put beside our tables, nor of the index that a file of
    before has not: see `lacks_indexes`.

    Raises:
        sqlite3.DatabaseError: SQLite can make nothing of them.
    """
    numbers = [sql.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    return differences(sql, TABLES + _INDEXES, LATER) if numbers == [APPLICATION_ID, VERSION] else []


def refuse_damaged(sql: sqlite3.Connection) -> None:
    """Refuse a file whose tables are not as this version makes them.

    Raises:
        StoreCorruptError: naming the first that is not.
        sqlite3.DatabaseError: SQLite can make nothing of them.
    """
    wrong = faults_of(sql)
    if wrong:
        raise StoreCorruptError(f"the file is damaged: {wrong[0]}", MEND)


def add_functions(sql: sqlite3.Connection, zone: tzinfo | None = None) -> None:
    """What statements may call: key and text as they are compared, times that a text tells, when something happened."""
    for name, of in (("folded_key_of", folded_key), ("text_hash_of", text_hash)):
        sql.create_function(name, 1, _of_bytes(of))
    sql.create_function("mentions_of", 2, lambda content, moment: _mentions_of(content, moment, zone))
    sql.create_function("began", 1, lru_cache(_DAYS)(lambda when: (span_of(when, zone) or (0.0, 0.0))[0]))


def fold_anew(sql: sqlite3.Connection, zone: tzinfo | None = None) -> None:
    """Make the columns `FOLDED` from the others, inside a transaction."""
    add_functions(sql, zone)
    _run(sql, _FOLD + _MENTION)


def bring_up(sql: sqlite3.Connection) -> None:
    """Make the tables, or bring those of an older version up to date, all or none; the caller holds the writer lock."""
    sql.execute("BEGIN IMMEDIATE")
    try:
        found = version_of(sql)
        if not found:
            _create(sql)
        for version in range(found or VERSION, VERSION):
            _run(sql, UPGRADES[version], again=True)
        sql.execute(f"PRAGMA user_version = {VERSION}")
        sql.execute("COMMIT")
    except BaseException:
        if sql.in_transaction:
            sql.execute("ROLLBACK")
        raise


def lacks_indexes(sql: sqlite3.Connection) -> set[str]:
    """Which of `LATER` a file has not; any program of this version can do without them."""
    return LATER.keys() - {name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}


def make_indexes(sql: sqlite3.Connection) -> None:
    """Make those, inside a transaction, that nobody has made meanwhile."""
    for name in sorted(lacks_indexes(sql)):
        sql.execute(LATER[name])


def span_of(when: str, zone: tzinfo | None) -> tuple[float, float] | None:
    """From when until when something happened, as a column says; of a damaged one None."""
    try:
        return span(when, zone)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None


def _create(sql: sqlite3.Connection) -> None:
    _run(sql, TABLES + _INDEXES)
    sql.executemany("INSERT INTO meta VALUES (?, ?)", new_meta().items())
    sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _of_bytes(of: Callable[[str], str | int]) -> Callable[[str | bytes | None], str | int | None]:
    """A function of a text as one of its bytes too: a damaged row must not keep the others from being brought up."""

    def call(text: str | bytes | None) -> str | int | None:
        return None if text is None else of(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)

    return call


def _mentions_of(content: bytes, moment: bytes, zone: tzinfo | None) -> str | None:
    """The times that a text tells; of a damaged row none."""
    try:
        return kept_times(content.decode("utf-8", "replace"), middle(moment.decode(), zone), zone)
    except (ValueError, OverflowError, AttributeError):
        return None


def _run(sql: sqlite3.Connection, statements: str, *, again: bool = False) -> None:
    """Not `executescript`, which commits what was open before; `again`: what is there already may be there."""
    for statement in filter(str.strip, statements.split(";\n")):
        try:
            sql.execute(statement)
        except sqlite3.OperationalError as error:
            if not again or not any(sign in str(error) for sign in _DONE):
                raise
