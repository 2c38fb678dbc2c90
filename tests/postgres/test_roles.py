"""A role that may read one namespace: it finds what is there, and sees no row, word or name of another one."""

from __future__ import annotations

import pytest
from store.contract import contents, found
from store.drafts import EMBEDDER, draft

from ntm_memory.errors import BadValueError, NotFoundError, StoreError
from ntm_memory.postgres import open_server_store, schema
from ntm_memory.postgres.roles import reader_statements
from ntm_memory.store.records import Link

ROLE = "reader_of_one"


@pytest.fixture
def told(store, clock):
    """Memories of two namespaces, changed, linked, erased, retracted."""
    mine = [store.add(*draft(f"mine {n}", namespace="shared", session="s1", key=f"k{n}")) for n in range(4)]
    other = [store.add(*draft(f"secret {n}", namespace="hidden", session="private talk")) for n in range(4)]
    for memory, space in ((mine[0], "shared"), (other[0], "hidden")):
        clock.tick()
        store.rewrite(memory.id, *draft(f"{memory.content} changed", namespace=space))
    store.link(mine[1].id, [Link(mine[2].id, 0.5, "explicit")])
    store.link(other[1].id, [Link(other[2].id, 0.5, "explicit")])
    store.retract([other[3].id])
    store.set_retention(other[3].id, 0)
    store.note_reads([mine[0].address, other[0].address])
    return mine, other


@pytest.fixture
def reader(store, told, server, url_of, tmp_path):
    server.sql(f"DROP ROLE IF EXISTS {ROLE}; CREATE ROLE {ROLE} LOGIN;")
    server.sql(";".join(reader_statements(store, ROLE, ["shared"])))
    opened = open_server_store(url_of().replace("postgres:@", f"{ROLE}@"), tmp_path / "reader", create=False)
    yield opened
    opened.close()
    server.sql(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE};")


def test_it_reads_what_it_may(reader, told):
    mine, _ = told
    assert contents(reader, "shared") == ["mine 0 changed", "mine 1", "mine 2", "mine 3"]
    assert found(reader, "mine", "shared") == {text: 1 for text in contents(reader, "shared")}
    assert [each.content for each in reader.history(mine[0].id)] == ["mine 0"]
    assert reader.get(mine[1].id).links == (Link(mine[2].id, 0.5, "explicit"),)
    assert reader.get(mine[0].id).reads == 1 and reader.sessions("shared").keys() == {"s1"}
    assert reader.find_key("shared", "K2").id == mine[2].id and reader.check() == []


def test_it_sees_nothing_of_another_namespace(reader, told):
    _, other = told
    assert reader.namespaces() == {"shared": 4} and reader.count(state="erased") == 0
    assert contents(reader, "hidden") == [] and found(reader, "secret", "hidden") == {}
    assert reader.get_many([each.address for each in other]) == []
    for memory in other:
        with pytest.raises(NotFoundError):
            reader.get(memory.id)
    assert all(entry.namespace == "shared" for entry in reader.audit(100))
    assert reader.tombstones() == [] and reader.focus("hidden", "private talk") == ({}, {})


def test_no_table_shows_it_a_word_of_another_namespace(reader, told):
    _, other = told
    for table, columns in schema.COLUMNS_OF.items():
        rows = reader._engine.server.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
        for secret in ("secret", "hidden", "private talk", *(each.id for each in other)):
            assert secret not in repr(rows), (table, secret)


def test_it_writes_nothing(reader, store, told):
    mine, _ = told
    for call in (
        lambda: reader.add(*draft("new", namespace="shared")),
        lambda: reader.set_retention(mine[1].id, 0),
        lambda: reader.purge([mine[1].id]),
        lambda: reader.note("smuggled"),
    ):
        with pytest.raises(StoreError) as caught:
            call()
        assert "may not" in caught.value.message and "roles" in caught.value.hint
    reader.note_reads([mine[1].address])  # not worth an error
    assert store.get(mine[1].id).reads == 0 and store.count() == 7


def test_nothing_is_granted_to_who_sees_all(store, told, server):
    with pytest.raises(BadValueError, match="owns the tables"):
        reader_statements(store, "postgres", ["shared"])
    server.sql("CREATE ROLE above_all LOGIN BYPASSRLS;")
    try:
        with pytest.raises(BadValueError, match="above"):
            reader_statements(store, "above_all", ["shared"])
    finally:
        server.sql("DROP ROLE above_all;")


@pytest.mark.parametrize("how", ["", "WITH INHERIT FALSE"])
@pytest.mark.parametrize("above", ["owner_of_tables", "above_all"])
def test_nothing_is_granted_to_a_member_of_who_sees_all(server, url_of, tmp_path, above, how):
    server.sql("CREATE ROLE owner_of_tables LOGIN; CREATE ROLE above_all BYPASSRLS; CREATE ROLE member LOGIN;")
    schema = url_of().rpartition("=")[2]
    server.sql(f"CREATE SCHEMA {schema} AUTHORIZATION owner_of_tables")
    store = open_server_store(url_of().replace("postgres:@", "owner_of_tables@"), tmp_path / "owner")
    try:
        store.set_embedder(EMBEDDER)
        store.add(*draft("one", namespace="shared"))
        assert reader_statements(store, "member", ["shared"])
        server.sql(f"GRANT {above} TO member {how}")
        with pytest.raises(BadValueError, match=f"is a member of {above}"):
            reader_statements(store, "member", ["shared"])
    finally:
        store.close()
        server.sql("DROP OWNED BY owner_of_tables CASCADE; DROP ROLE member; DROP ROLE above_all;")
        server.sql("DROP ROLE owner_of_tables;")


def test_a_role_and_a_schema_may_be_called_like_a_word_of_sql(server, tmp_path):
    url = server.url("select")
    kept = open_server_store(url, tmp_path / "owner")
    kept.set_embedder(EMBEDDER)
    kept.add(*draft("one", namespace="shared"))
    assert kept.check() == [] and kept.info()["bytes"] > 0
    server.sql('CREATE ROLE "user" LOGIN;')
    try:
        server.sql(";".join(reader_statements(kept, "user", ["shared"])))
        opened = open_server_store(url.replace("postgres:@", "user@"), tmp_path / "reader", create=False)
        assert contents(opened, "shared") == ["one"]
        opened.close()
    finally:
        kept.close()
        server.sql('DROP OWNED BY "user"; DROP ROLE "user"; DROP SCHEMA "select" CASCADE;')


def test_a_role_and_a_namespace_must_be_there(store, told):
    with pytest.raises(BadValueError):
        reader_statements(store, "x; DROP TABLE memories", ["shared"])
    for names in (["nowhere"], []):
        with pytest.raises(NotFoundError):
            reader_statements(store, ROLE, names)
