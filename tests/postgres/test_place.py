"""Rights that are missing, and schemas that are not there, are told as what they are, with what to do about it."""

from __future__ import annotations

import pytest
from opening import TINY, write_config
from store.contract import contents
from store.drafts import draft, with_embedder

from ntm_memory import NTMMemoryManager
from ntm_memory.commands import run
from ntm_memory.errors import StoreCorruptError, StoreError
from ntm_memory.installation import inside
from ntm_memory.moving import move
from ntm_memory.postgres import open_server_store

ROLE = "of_one_schema"


@pytest.fixture
def role(server):
    """A role without any right in the database but to look into it."""
    drop = f"DROP OWNED BY {ROLE} CASCADE; DROP ROLE {ROLE};"
    server.sql(f"CREATE ROLE {ROLE} LOGIN;")
    yield lambda url: url.replace("postgres:@", f"{ROLE}@")
    server.sql(drop)


@pytest.fixture
def schema(url_of):
    return url_of().rpartition("=")[2]


@pytest.fixture
def home(tmp_path):
    """A memory in a file."""
    folder = tmp_path / "memory"
    write_config(folder, **TINY, store={"backups": 0})
    with NTMMemoryManager(folder) as memory:
        memory.memorize("Mia likes green tea")
    return folder


def test_a_schema_that_was_made_for_a_role_is_enough(server, role, schema, url_of, tmp_path):
    server.sql(f"CREATE SCHEMA {schema} AUTHORIZATION {ROLE}")
    store = with_embedder(open_server_store(role(url_of()), tmp_path / "one"))
    store.add(*draft("one"))
    assert contents(store) == ["one"] and store.check() == []
    store.close()


def test_a_memory_moves_into_a_schema_that_was_made_for_its_role(server, role, schema, url_of, home):
    server.sql(f"CREATE SCHEMA {schema} AUTHORIZATION {ROLE}")
    assert move(home, role(url_of()), dry_run=True)["dry_run"]
    move(home, role(url_of()))
    with NTMMemoryManager(home) as memory:
        assert memory.status()["memories"]["live"] == 1


def test_the_right_that_is_missing_is_named(server, role, schema, url_of, home, tmp_path):
    url = role(url_of())
    for begin in (
        lambda: open_server_store(url, tmp_path / "one"),
        lambda: move(home, url),
        lambda: move(home, url, dry_run=True),
    ):
        with pytest.raises(StoreError, match=f"{ROLE} may make no schema in postgres") as caught:
            begin()
        assert caught.value.hint.endswith(f'CREATE SCHEMA "{schema}" AUTHORIZATION {ROLE}')
    server.sql(f"CREATE SCHEMA {schema}; GRANT USAGE ON SCHEMA {schema} TO {ROLE}")
    for begin in (lambda: open_server_store(url, tmp_path / "one"), lambda: move(home, url)):
        with pytest.raises(StoreError, match="may not make tables there") as caught:
            begin()
        assert f'GRANT USAGE, CREATE ON SCHEMA "{schema}" TO {ROLE}' in caught.value.hint
    assert (home / "memory.db").is_file()


def test_a_role_without_rights_hears_that_and_nothing_of_damage(store, server, role, schema, url_of, tmp_path):
    store.add(*draft("one"))
    folder = tmp_path / "without"
    write_config(folder, **TINY, store={"url": role(url_of())})
    for ask in (
        lambda: open_server_store(role(url_of()), tmp_path / "other"),
        lambda: open_server_store(role(url_of()), tmp_path / "other", create=False),
        lambda: run({"command": "status", "home": str(folder)}),
        lambda: run({"command": "recall", "home": str(folder), "query": "tea"}),
    ):
        with pytest.raises(StoreError, match="may not use this schema") as caught:
            ask()
        assert not isinstance(caught.value, StoreCorruptError) and f"grant {ROLE} --namespace" in caught.value.hint
    told = inside.report(str(folder))["memory"]["error"]
    assert "may not use this schema" in told["message"] and "grant" in told["hint"]


def test_a_right_that_is_taken_away_while_a_memory_is_open_is_told(server, role, schema, url_of, tmp_path):
    server.sql(f"CREATE SCHEMA {schema} AUTHORIZATION {ROLE}")
    store = with_embedder(open_server_store(role(url_of()), tmp_path / "one"))
    store.add(*draft("one"))
    server.sql(f"ALTER SCHEMA {schema} OWNER TO postgres; REVOKE ALL ON SCHEMA {schema} FROM {ROLE}")
    for use in (store.count, lambda: store.add(*draft("two"))):
        with pytest.raises(StoreError, match="may not use this schema"):
            use()
    server.sql(f"GRANT USAGE ON SCHEMA {schema} TO {ROLE}")
    assert contents(store) == ["one"]
    store.close()


@pytest.mark.parametrize(
    ("statement", "says"),
    [("DROP SCHEMA {} CASCADE", "the schema was dropped"), ("DROP TABLE {}.meta, {}.memories", "tables were dropped")],
)
def test_what_was_dropped_while_it_was_open_is_told_as_that(store, server, schema, statement, says):
    store.add(*draft("one"))
    server.sql(statement.replace("{}", schema))
    for use in (store.count, lambda: store.add(*draft("two"))):
        with pytest.raises(StoreError, match=says) as caught:
            use()
        assert not isinstance(caught.value, StoreCorruptError) and "pg_restore" in caught.value.hint


def test_one_table_that_is_lost_is_damage(store, server, schema):
    store.add(*draft("one"))
    server.sql(f"DROP TABLE {schema}.versions")
    with pytest.raises(StoreCorruptError, match="damaged"):
        store.history(next(iter(store.memories())).id)
