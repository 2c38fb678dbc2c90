"""Keys are one key however they are spelled; those that two live memories have since before stay apart."""

from __future__ import annotations

import sqlite3

import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.store import open_store
from ntm_memory.store.rows import checksum

from .drafts import AS_VERSION_2, draft


@pytest.mark.parametrize(
    ("kept", "asked"),
    [("café-hours", "cafe\u0301-hours"), ("deploy port", "Deploy  port"), ("port:8080", "port：8080"), ("K", "k")],
)
def test_a_key_is_found_however_it_is_spelled(store, kept, asked):
    memory = store.add(*draft("x", key=kept))
    assert store.find_key("default", asked) == memory and store.find_key("default", asked).key == kept
    assert store.find_key("other", asked) is None
    with pytest.raises(BadValueError, match="has the key"):
        store.add(*draft("y", key=asked))
    assert store.rewrite(memory.id, *draft("z", key=asked)).key == asked  # its own key, spelled anew


def test_a_key_is_free_again_when_its_memory_is_gone(store):
    first = store.add(*draft("x", key="Port"))
    store.set_retention(first.id, 0)
    second = store.add(*draft("y", key="port"))
    assert store.set_retention(first.id, 1).key is None
    store.purge([second.id])
    assert store.amend(first.id, key="PORT").key == "PORT" and store.find_key("default", "port").id == first.id


def test_near_keys(store):
    for key in ("deploy-port", "deploy-ports", "other"):
        store.add(*draft(key, key=key))
    gone = store.add(*draft("gone", key="deploy.port"))
    store.set_retention(gone.id, 0)
    assert store.keys_like("default", "deploy_port") == ["deploy-port", "deploy-ports"]
    assert store.keys_like("default", "deploy-port") == ["deploy-ports"] and store.keys_like("no", "deploy-port") == []


@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 35), reason="DROP COLUMN")
def test_an_older_store_keeps_both_of_two_keys_that_fold_to_one(path, store):
    one = store.add(*draft("one", key="port"))
    two = store.add(*draft("two", key="other"))
    third = store.add(*draft("three", key="Third"))
    store.close()
    sql = sqlite3.connect(path, isolation_level=None)
    for statement in AS_VERSION_2:
        sql.execute(statement)
    sql.row_factory = sqlite3.Row
    row = dict(sql.execute("SELECT * FROM memories WHERE id = ?", (two.id,)).fetchone()) | {"key": "Port"}
    sealed = checksum(row, lambda code: "default")
    sql.execute("UPDATE memories SET key = 'Port', crc = ? WHERE id = ?", (sealed, two.id))
    sql.close()
    store = open_store(path)
    store.repair()
    assert store.check() == []
    assert [store.find_key("default", key).id for key in ("port", "Port", "PORT")] == [one.id, two.id, one.id]
    assert store.find_key("default", "third").id == third.id and store.find_content("default", "Three.") != []
    assert "'Port' and 'port'" in " ".join(store.info()["warnings"])
    assert store.set_retention(two.id, 0.5).retention == 0.5  # it can still be written
    assert store.rewrite(two.id, *draft("two more", key="Port")).key == "Port"
    with pytest.raises(BadValueError):
        store.add(*draft("x", key="PORT"))
    store.set_retention(one.id, 0)
    assert store.amend(two.id, importance=0.7).key == "Port" and store.find_key("default", "PORT").id == two.id
    assert not any("Port" in warning for warning in store.info()["warnings"]) and store.check() == []
    store.close()
