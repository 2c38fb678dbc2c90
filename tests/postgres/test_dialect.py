"""The store's statements in PostgreSQL's words, and its tables: column by column those of a file."""

from __future__ import annotations

import sqlite3

import pytest

from ntm_memory.errors import StoreError
from ntm_memory.postgres import schema
from ntm_memory.postgres.address import address_of
from ntm_memory.store import schema as of_files

psycopg = pytest.importorskip("psycopg", reason="needs the extra `postgres`")
from ntm_memory.postgres.dialect import READ, UNREAD, from_kept, to_kept, translated  # noqa: E402


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT a FROM t WHERE a = ? AND b = ?", "SELECT a FROM t WHERE a = $1 AND b = $2"),
        ("DELETE FROM t WHERE a = ?1 OR b = ?1", "DELETE FROM t WHERE a = $1 OR b = $1"),
        ("SELECT '?' || ':x' || ?", "SELECT '?' || ':x' || $1"),
        ("SELECT CAST(? AS text)::bigint", "SELECT CAST($1 AS text)::bigint"),
        ("SELECT row FROM memories INDEXED BY memories_seq WHERE seq > ?", "SELECT row FROM memories WHERE seq > $1"),
        ("SELECT a FROM t WHERE b = ? AND +state = 'live'", "SELECT a FROM t WHERE b = $1 AND state = 'live'"),
        (
            "SELECT a FROM t WHERE text_hash IN (SELECT value FROM json_each(?)) AND b = ?",
            "SELECT a FROM t WHERE text_hash = ANY (ARRAY(SELECT json_array_elements_text(CAST($1 AS json))::bigint))"
            " AND b = $2",
        ),
        (
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            "INSERT INTO meta VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        ),
        (
            "INSERT OR IGNORE INTO free VALUES (?)",
            "INSERT INTO free VALUES ($1) ON CONFLICT (address) DO NOTHING",
        ),
        ("INSERT INTO names (name) VALUES (?)", "INSERT INTO names (name) VALUES ($1) RETURNING code"),
    ],
)
def test_a_statement_is_said_in_its_words(ours, theirs):
    assert translated(ours).text == theirs


def test_named_arguments_have_one_place_each():
    command = translated("UPDATE t SET a = :a, b = :b WHERE a <> :a")
    assert command.text == "UPDATE t SET a = $1, b = $2 WHERE a <> $1" and command.names == ("a", "b")


@pytest.mark.parametrize("text", ["", "plain", "\0", "\x01", "\x010", "\x011", "\0\x010\x01\x011"])
def test_each_text_comes_back(text):
    assert from_kept(to_kept(text)) == text and "\0" not in to_kept(text)


def test_no_two_texts_are_kept_alike():
    signs = ["\0", "\x01", "0", "1"]
    texts = [a + b + c for a in signs for b in signs for c in signs]
    assert len({to_kept(text) for text in texts}) == len(texts)


def test_the_tables_have_the_columns_of_a_file():
    sql = sqlite3.connect(":memory:")
    for statement in of_files.TABLES.split(";\n"):
        sql.execute(statement)
    for table in of_files.NAMES:
        columns = sql.execute(f"SELECT name, pk FROM pragma_table_info('{table}') ORDER BY cid").fetchall()
        assert schema.COLUMNS_OF[table] == tuple(name for name, _ in columns)
        key = sorted((pk, name) for name, pk in columns if pk)
        assert schema.PRIMARY_KEYS[table] == tuple(name for _, name in key)
    sql.close()


def test_each_version_has_its_step():
    assert set(schema.UPGRADES) == set(range(schema.FIRST, of_files.VERSION)) and schema.VERSION == of_files.VERSION


def test_an_address_is_taken_apart_and_shown_without_its_password():
    address = address_of("postgresql://ann:secret@db:5433/notes?schema=mia&sslmode=require")
    assert address.schema == "mia" and address.url == "postgresql://ann:secret@db:5433/notes?sslmode=require"
    assert address.label == "postgresql://ann@db:5433/notes, schema mia"
    assert address_of("postgres:///x").schema == "ntm_memory"


@pytest.mark.parametrize(
    ("url", "there"),
    [
        ("postgresql:///db?host=/run/pg&user=ann", {"dbname": "db", "host": "/run/pg", "user": "ann"}),
        ("postgresql://?service=mem", {"service": "mem"}),
        ("postgres://ann@db/x?password=a%20%2B1&options=-c%20work_mem%3D1MB&schema=s", {"password": "a +1"}),
    ],
)
def test_a_url_reaches_the_client_library_as_it_was_told(url, there):
    told = psycopg.conninfo.conninfo_to_dict(address_of(url).url)
    assert there.items() <= told.items() and "schema" not in told


@pytest.mark.parametrize("url", ["postgresql://odd:p@s/s:w#%?1@/db?host=x", "postgresql://odd:p@s@db/x", "postgres:/x"])
def test_a_password_that_is_not_escaped_is_never_printed(url):
    with pytest.raises(StoreError) as error:
        address_of(url)
    assert "p@s" not in f"{error.value} {error.value.hint}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "http://a/b",
        "postgresql://h/d?schema=A",
        "postgresql://h/d?schema=a%3Bdrop",
        "postgresql://h/d?schema=pg_x",
        "postgresql://[h/d",
    ],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(StoreError) as caught:
        address_of(url)
    assert "secret" not in str(caught.value) and caught.value.hint


@pytest.mark.parametrize("ours", ["SELECT * FROM memories WHERE id = ?", "SELECT memories.*, 1 AS one FROM memories"])
def test_a_whole_row_comes_with_what_its_record_has_besides(ours):
    text = translated(ours).text
    assert all(name in text for name in ("namespace_name", "session_name", "linked", READ)) and UNREAD not in text
    assert translated(ours).has_rows and not translated("INSERT INTO names (name) VALUES (?)").text.startswith("SELECT")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://h/d?schema=one&schema=two", "more than once"),
        ("postgresql://h/d?schema=one&sslmode=require&schema=one", "more than once"),
        (f"postgresql://h/d?schema={'a' * 64}", "of 64 characters"),
    ],
)
def test_a_schema_that_is_named_twice_or_too_long_is_told_as_that(url, says):
    assert address_of(f"postgresql://h/d?schema={'a' * 63}").schema == "a" * 63
    with pytest.raises(StoreError, match=says):
        address_of(url)
