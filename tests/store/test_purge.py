"""After a purge no file of the folder holds a byte of the text, its words or its key vectors."""

from __future__ import annotations

import sqlite3

import pytest

from ntm_memory.errors import StoreLockedError
from ntm_memory.store import connection
from ntm_memory.store.postings import encode_words
from ntm_memory.store.records import Feedback, Link
from ntm_memory.store.sqlite import SQLiteStore

from .drafts import EMBEDDER, Clock, draft, key_rows

OLD, SECRET, ALIAS = (
    "plughxyzzy was the former passphrase",
    "the new passphrase is zorkmidfrobozz 绝密口令",
    "grueslayer",
)
WORDS = {"plughxyzzy", "former", "zorkmidfrobozz", "绝密", "密口", "口令", "绝密口令"}


@pytest.fixture(params=["rollback", "wal", "scan"])
def make(request, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "wal_is_safe", lambda: request.param == "wal")
    monkeypatch.setattr("ntm_memory.store.live_matrix.LAG", 0)
    opened = []

    def make(**options):
        options = {"clock": Clock(), "word_index": False if request.param == "scan" else None} | options
        opened.append(SQLiteStore(tmp_path / "memory.db", **options))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def traces(folder):
    """What of the secret the files hold: texts and words in three encodings and as indexed, key rows."""
    parts = {OLD, SECRET, ALIAS, *WORDS}
    needles = {part.encode(code) for part in parts for code in ("utf-8", "utf-16-le", "utf-16-be")}
    needles |= {encode_words([part])[1:].encode() for part in parts} | {
        repr(part)[1:-1].encode("unicode_escape") for part in parts
    }
    needles |= {row.tobytes() for text in (OLD, SECRET) for row in key_rows(text, 2)}
    data = {file.name: file.read_bytes() for file in folder.iterdir()}
    return [(name, needle) for name, content in data.items() for needle in needles if needle in content]


def fill(store):
    store.set_embedder(EMBEDDER)
    with store.transaction():
        others = [store.add(*draft(f"harmless note {i} " * (1 + i % 9))) for i in range(300)]
        secret = store.add(*draft(OLD, passages=2, key="k", tags=(ALIAS,), source=ALIAS))
    words = (*SECRET.split(), "绝密", "密口", "口令")
    store.rewrite(secret.id, *draft(SECRET, passages=2, words=words, key=ALIAS, tags=(ALIAS,)))
    store.link(others[0].id, [Link(secret.id, 0.5, "content")])
    store.add_feedback(Feedback(f"what is {SECRET}", "default", (secret.id,), (others[0].id,), "2023-01-01T00:00:00Z"))
    store.set_focus("default", "s", [secret.id], [1.0])
    return others, secret


@pytest.mark.parametrize("state", ["live", "erased", "archived"])
def test_no_byte_stays(make, tmp_path, state):
    store = make()
    others, secret = fill(store)
    store.close()
    assert len({needle for _, needle in traces(tmp_path)}) > 10
    store = make()
    store.memory_matrix("default")
    if state != "live":
        store.set_retention(secret.id, 0) if state == "erased" else store.archive(secret.id)
    assert store.purge([secret.id]) == 1
    assert traces(tmp_path) == []
    assert [entry.verb for entry in store.audit(9, secret.id)][::-1][-1:] == ["purged"]  # its id stays there alone
    assert len(store._engine.sql.execute("SELECT * FROM memories WHERE id = ?", (secret.id,)).fetchall()) == 0
    assert store.check() == [] and store.count() == len(others) == len(store.memory_matrix("default"))
    store.close()
    assert traces(tmp_path) == []


def test_a_purge_inside_a_transaction_takes_effect_at_its_end(make, tmp_path):
    store = make()
    _, secret = fill(store)
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.purge([secret.id])
        raise ZeroDivisionError
    assert store.get(secret.id).content == SECRET and store.check() == []
    with store.transaction():
        store.purge([secret.id])
        store.add(*draft("goes on"))
    assert traces(tmp_path) == [] and store.check() == []


def test_a_busy_reader_delays_the_cleaning_and_says_so(make, tmp_path):
    store = make(lock_seconds=0.05)
    _, secret = fill(store)
    reader = sqlite3.connect(tmp_path / "memory.db", isolation_level=None)
    reader.execute("BEGIN")
    with pytest.raises(StoreLockedError):
        reader.execute("SELECT count(*) FROM memories").fetchone()
        store.purge([secret.id])
    reader.execute("ROLLBACK")
    reader.close()
    if store.count() == 301:  # a rollback journal: the reader kept the purge itself from being committed
        assert store.get(secret.id).content == SECRET
        store.purge([secret.id])
    else:
        assert any("traces" in warning for warning in store.info()["warnings"])
        store.repair()
    assert store.info()["warnings"] in ([], [store._engine.word_index.warning])
    assert traces(tmp_path) == [] and store.check() == []


def test_what_a_killed_purge_left_is_removed_when_opening(make, tmp_path, monkeypatch):
    store = make()
    _, secret = fill(store)
    store.close()
    store = make()
    monkeypatch.setattr(store._engine.connection, "on_commit", lambda: None)
    store.purge([secret.id])
    assert any("matrix" in name for name, _ in traces(tmp_path))
    store.close()
    make()
    assert traces(tmp_path) == []


def test_words_are_purged_by_a_python_without_fts5_too(tmp_path):
    store = SQLiteStore(tmp_path / "memory.db", clock=Clock())
    if store.info()["keywords"] != "fts5":
        pytest.skip("no FTS5")
    _, secret = fill(store)
    store.close()
    without = SQLiteStore(tmp_path / "memory.db", word_index=False)
    without.purge([secret.id])
    assert traces(tmp_path) == []
    without.close()
    again = SQLiteStore(tmp_path / "memory.db")
    assert len(again.postings("default", ["harmless"]).address["harmless"]) == 300 and again.check() == []
    again.close()
