"""What was retracted does not come back to a store, whatever is done to it; an old version goes without the rest."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from ntm_memory.errors import BadValueError, NotFoundError, RetractedError, StoreError
from ntm_memory.store import open_store

from .drafts import EMBEDDER, Clock, draft

VALUE = "The door code is 4711"
TOLD_AGAIN = [VALUE, "the door  code is “4711”.", "Tһe dооr code іs 4711", "The\u200b door code is 4711"]
HELD = [
    "Minutes\nUte: the door code is 4711!\nthe end",
    "It rains. The door code is 4711. Then it stops",
    f"| {VALUE} |x|",
]


@pytest.fixture
def retracted(store):
    memory = store.add(*draft(VALUE, key="door"))
    with store.transaction():
        store.retract([memory.id])
        store.set_retention(memory.id, 0)
    return memory


def refused(store, text, **fields):
    with pytest.raises(RetractedError) as caught:
        store.add(*draft(text, **fields))
    return caught.value


@pytest.mark.parametrize("text", TOLD_AGAIN)
def test_it_is_refused_however_it_is_spelled(store, retracted, text):
    assert retracted.id in refused(store, text).message and store.count() == 0
    other = store.add(*draft("another"))
    with pytest.raises(RetractedError):
        store.rewrite(other.id, *draft(text))
    assert store.get(other.id).content == "another" and store.check() == []


@pytest.mark.parametrize(("text", "line"), list(zip(HELD, [2, 1, 1], strict=True)))
def test_so_is_a_text_that_holds_it_as_a_line_or_sentence(store, retracted, text, line):
    assert f"line {line} " in refused(store, text).message


@pytest.mark.parametrize(
    "text",
    ["The door code is 4712", "Nobody knows that the door code is 4711 now", "The door code was changed", "4711"],
)
def test_another_text_is_not(store, retracted, text):
    assert store.add(*draft(text)).content == text


def test_a_value_of_several_lines_is_found_in_a_longer_text(store):
    memory = store.add(*draft("I have a sister. She lives in Rome"))
    store.retract([memory.id])
    store.purge([memory.id])
    assert "line 3" in refused(store, "We met.\n\nI have a sister,\nshe lives in Rome.\nBye").message.replace(",", "")


def test_a_short_value_is_refused_alone_but_not_inside_a_text(store):
    memory = store.add(*draft("yes"))
    store.retract([memory.id])
    store.purge([memory.id])
    refused(store, "Yes!")
    assert store.add(*draft("Ute: yes.\nKarl: no"))


def test_it_holds_in_its_namespace_only(store, retracted):
    assert store.add(*draft(VALUE, namespace="other")).namespace == "other"


def test_it_survives_whatever_is_done_to_the_store(path, store, retracted):
    store.purge([retracted.id])
    assert store.retracted_in("default", VALUE)[0].purged
    for _ in range(3):  # the namespace is empty: its name is forgotten, and comes back under another number
        store.repair()
        store.close()
        store = open_store(path, clock=Clock())
        refused(store, VALUE)
        kept = store.add(*draft("something else"))
        store.archive(kept.id)
        store.purge([kept.id])
    data = path.read_bytes()
    assert VALUE.encode() not in data and b"4711" not in data
    store.close()


def test_restoring_its_memory_lifts_it_and_restoring_another_does_not(store):
    twin = store.add(*draft(VALUE, session="s"))
    memory = store.add(*draft(VALUE))
    with store.transaction():
        store.retract([memory.id])
        for id in (memory.id, twin.id):
            store.set_retention(id, 0)
    with pytest.raises(RetractedError):
        store.set_retention(twin.id, 1)
    assert store.get(twin.id).state == "erased"
    assert store.set_retention(memory.id, 1).state == "live"
    assert store.tombstones() == [] and store.set_retention(twin.id, 1).state == "live"
    assert [entry.verb for entry in store.audit(4, memory.id)] == ["restored", "lifted", "erased", "retracted"]


def test_it_is_lifted_on_demand(store, retracted):
    assert store.lift("other", VALUE) == 0 == store.lift("default", "another")
    assert store.lift("default", HELD[0]) == 1
    assert store.add(*draft(VALUE)).content == VALUE and store.lift("default", VALUE) == 0


def test_a_record_of_another_store(store, retracted):
    record = replace(retracted, id="m_elsewhere", key=None)
    for state, retention in (("live", 1.0), ("archived", 1.0), ("erased", 0.0)):
        with pytest.raises(RetractedError):
            store.put(replace(record, state=state, retention=retention), draft(VALUE)[1], [])
    own = replace(store.get(retracted.id), key=None)
    known = store.tombstones()
    store.purge([own.id])
    with pytest.raises(RetractedError):  # an old export must not bring it back as erased either
        store.put(own, draft(VALUE)[1], [])
    assert known[0].salt == store.tombstones()[0].salt and store.tombstones()[0].purged


def test_another_stores_tombstones_hold_here_too(store, retracted, tmp_path):
    other = open_store(tmp_path / "other" / "memory.db")
    other.set_embedder(EMBEDDER)
    mine = other.add(*draft("mine is retracted here"))
    other.retract([mine.id])
    other.set_retention(mine.id, 0)
    assert other.take_over(store.tombstones()) == 1 and other.take_over(store.tombstones()) == 0
    refused(other, VALUE)
    refused(other, "mine is retracted here")
    erased = replace(store.get(retracted.id), key=None)
    other.put(erased, draft(VALUE)[1], [])  # it comes as it is there: erased, and can be restored
    assert other.set_retention(erased.id, 1).content == VALUE
    other.close()


def test_what_has_no_word_cannot_be_retracted(store):
    with pytest.raises(BadValueError):
        store.retract([store.add(*draft("…")).id])


def test_nothing_is_computed_where_nothing_was_retracted(store, monkeypatch):
    monkeypatch.setattr("ntm_memory.privacy.tombstones.parts_of", lambda text: 1 / 0)
    assert store.add(*draft("free"))


def test_one_old_version_is_purged(path, store):
    memory = store.add(*draft("first zebra", passages=2))
    store.rewrite(memory.id, *draft("second yak"))
    store.rewrite(memory.id, *draft("third gnu"))
    with pytest.raises(BadValueError, match="what memory .* says now"):
        store.purge_version(memory.id, 3)
    for id, version in ((memory.id, 4), ("m_none", 1)):
        with pytest.raises(NotFoundError):
            store.purge_version(id, version)
    store.purge_version(memory.id, 1)
    assert [version.content for version in store.history(memory.id)] == ["second yak"]
    assert store.get(memory.id).content == "third gnu" and store.check() == []
    for file in path.parent.iterdir():
        data = file.read_bytes()
        assert b"zebra" not in data and draft("first zebra", passages=2)[1].keys.tobytes()[:64] not in data
    with pytest.raises(NotFoundError):
        store.purge_version(memory.id, 1)


def test_the_audit_tells_who_did_what_without_a_word_of_it(store, monkeypatch):
    monkeypatch.setenv("NTM_MEMORY_ACTOR", "nightly\njob " + "x" * 90)
    memory = store.add(*draft("secret words", key="secret-key"))
    store.rewrite(memory.id, *draft("other words", key="secret-key"))
    store.set_retention(memory.id, 0.5)
    store.set_retention(memory.id, 0.5)
    store.set_retention(memory.id, 1)
    store.set_retention(memory.id, 0)
    store.set_retention(memory.id, 1)
    store.archive(memory.id)
    store.note("imported", None, "default", created=3)
    store.purge([memory.id])
    entries = store.audit(20)
    assert [entry.verb for entry in entries] == [
        "purged", "imported", "archived", "restored", "erased", "restored", "weakened", "updated", "created",
    ]  # fmt: skip
    assert {entry.who for entry in entries} == {("nightly job " + "x" * 90)[:60]}
    assert entries[1].detail == {"created": 3} and entries[7].detail == {"version": 2}
    assert {entry.namespace for entry in entries} == {None}  # its name went with its last memory
    assert "secret" not in repr(entries) and len(store.audit(3)) == 3 and store.audit(5, "m_other") == []


def test_who_acts_is_else_the_user_of_the_system(store, monkeypatch):
    monkeypatch.delenv("NTM_MEMORY_ACTOR", raising=False)
    store.add(*draft("x"))
    assert 0 < len(store.audit(1)[0].who) <= 60


def test_the_audit_only_grows(path, store):
    store.add(*draft("x"))
    sql = sqlite3.connect(path, isolation_level=None)
    for statement in ("DELETE FROM audit", "UPDATE audit SET who = 'nobody'"):
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            sql.execute(statement)
    sql.close()


def test_what_is_rolled_back_is_in_no_audit(store):
    with pytest.raises(StoreError), store.transaction():
        store.add(*draft("x"))
        raise StoreError("no")
    assert store.audit(5) == []
