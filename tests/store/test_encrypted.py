"""An encrypted store fulfils the same contract as a plain one, and its files tell nothing without the key."""

from __future__ import annotations

import pytest

from ntm_memory.errors import StoreKeyError
from ntm_memory.privacy import cipher
from ntm_memory.privacy.keys import VARIABLE
from ntm_memory.store import connection
from ntm_memory.store.sqlite import SQLiteStore

from .drafts import EMBEDDER, Clock, draft, making, with_embedder
from .engine_contract import EngineContract
from .test_purge import SECRET, fill, traces

pytest.importorskip("sqlcipher3", reason="needs the extra `encrypt`")
pytest.importorskip("cryptography", reason="needs the extra `encrypt`")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv(VARIABLE, "5a" * 32)


@pytest.fixture(params=["rollback", "wal"])
def make_store(request, tmp_path, clock, monkeypatch):
    monkeypatch.setattr(connection, "wal_is_safe", lambda *of: request.param == "wal")

    def open_one(path):
        store = SQLiteStore(path, clock=clock, encrypt=True)
        assert store.encrypted
        store._engine.sql.execute("PRAGMA synchronous = OFF")  # durability has tests of its own
        return store

    with making(open_one, lambda fresh: tmp_path / ("fresh.db" if fresh else "memory.db")) as make:
        yield make


@pytest.fixture
def store(make_store):
    return with_embedder(make_store())


class TestEncrypted(EngineContract):
    pass


def test_no_file_holds_a_trace_even_while_it_is_open(make_store, tmp_path, monkeypatch):
    monkeypatch.setattr("ntm_memory.store.live_matrix.LAG", 0)
    store = make_store()
    _, secret = fill(store)
    store.note_reads([secret.address])
    assert traces(tmp_path) == []
    store.close()
    assert (tmp_path / "matrix.bin").exists() and (tmp_path / "usage.db").exists() and traces(tmp_path) == []
    store = make_store()
    assert store.get(secret.id).content == SECRET and store.check() == []
    assert len(store.memory_matrix("default")) == 301 and store.get(secret.id).reads == 1
    assert store.focus("default", "s").last == {secret.id: 1.0}


def test_the_sealed_matrix_is_used_and_one_that_was_changed_is_not(make_store, tmp_path, monkeypatch):
    monkeypatch.setattr("ntm_memory.store.live_matrix.LAG", 0)
    store = make_store()
    fill(store)
    store.close()
    matrix, reads = tmp_path / "matrix.bin", []
    real = connection.Connection

    class Counting(real):
        def __init__(self, *told, **options):
            super().__init__(*told, **options)
            self.sql.set_trace_callback(
                lambda query: reads.append(query) if "FROM memories WHERE row > -1 ORDER" in query else None
            )

    monkeypatch.setattr("ntm_memory.store.engine.Connection", Counting)
    store = make_store()
    assert len(store.memory_matrix("default")) == 301 and reads == []
    store.close()
    changed = bytearray(matrix.read_bytes())
    changed[len(changed) // 2] ^= 1
    matrix.write_bytes(changed)
    store = make_store()
    assert len(store.memory_matrix("default")) == 301 and len(reads) == 1


def test_another_key_is_refused_and_nothing_is_touched(make_store, tmp_path, monkeypatch):
    fill(make_store())
    make_store().close()
    before = {file: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    for secret, said in (("5b" * 32, "does not open"), (None, "neither")):
        monkeypatch.setenv(VARIABLE, secret or "")
        with pytest.raises(StoreKeyError, match=said):
            SQLiteStore(tmp_path / "memory.db")
    assert {file: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()} == before


def test_a_new_store_without_a_key_is_not_made_plain(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(StoreKeyError, match="no keyring"):
        SQLiteStore(tmp_path / "memory.db", encrypt=True)
    assert not (tmp_path / "memory.db").read_bytes()


def test_a_plain_store_stays_plain_until_it_is_converted(tmp_path):
    SQLiteStore(tmp_path / "memory.db").close()
    store = SQLiteStore(tmp_path / "memory.db", encrypt=True)
    assert not store.encrypted
    store.close()


def test_who_has_a_file_open_that_was_replaced_is_told(make_store, tmp_path):
    store = make_store()
    store.set_embedder(EMBEDDER)
    kept = store.add(*draft("some text"))
    path = tmp_path / "memory.db"
    other = tmp_path / "other.db"
    other.write_bytes(path.read_bytes())
    other.replace(path)
    for act in (lambda: store.add(*draft("other text")), lambda: store.get(kept.id), lambda: store.count()):
        with pytest.raises(connection.StoreError, match="replaced"):
            act()


def test_salts_name_files(make_store, tmp_path):
    make_store().close()
    make_store(fresh=True).close()
    assert cipher.salt_of(tmp_path / "memory.db") != cipher.salt_of(tmp_path / "fresh.db")
