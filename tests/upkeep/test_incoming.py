"""A record that was told once and exported comes back whatever it looks like; what is told by a file is looked at."""

from __future__ import annotations

import json

import pytest
from opening import Clock, opened
from reading_embedder import ReadingEmbedder

from ntm_memory.privacy import secrets
from ntm_memory.privacy.secret_tagger import Tagged
from ntm_memory.upkeep import exchange

FACTS = ("Nora keeps the spare key under the blue pot", "Nora's dentist is Dr Okafor in Mill Lane")
BOTH = f"From memory: {FACTS[0]}. {FACTS[1]}."
RETRACTED = "The safe opens with 4711"


@pytest.fixture
def exported(tmp_path):
    """A memory in which the text of both facts was told before each of them was, and its export."""
    with opened(tmp_path / "from", clock=Clock()) as memory:
        id = memory.memorize("A first draft of it").memory.id
        memory.update(id, content=BOTH)
        memory.update(id, content=BOTH + " And Tom is ill.")
        whole = memory.memorize(BOTH).memory.id
        early = memory.export_text()["text"]
        memory.memorize_many([{"content": fact} for fact in FACTS])
        yield memory, (id, whole), early


def test_what_was_purged_by_mistake_comes_back_from_an_export_though_it_would_be_an_echo_by_now(exported):
    memory, ids, early = exported
    history = memory.store.history(ids[0])
    memory.erase(list(ids), purge=True)
    refused = memory.import_text(early, trust="person")
    assert (refused.created, [each.code for each in refused.failed]) == (0, ["retracted", "retracted"])
    assert "purged" in refused.failed[0].message and memory.store.count() == len(FACTS)
    done = memory.import_text(early, trust="person", force_retracted=True)
    assert (done.created, done.failed) == (2, ())
    assert memory.store.get(ids[1]).content == BOTH and memory.store.history(ids[0]) == history


def test_a_whole_export_comes_back_in_an_empty_memory_with_and_without_its_seals(exported, tmp_path):
    memory, _, _ = exported
    document = json.loads(memory.export_text()["text"])
    texts = sorted(each.content for each in memory.store.memories())
    for name in ("sealed", "of an older version"):
        with opened(tmp_path / name) as other:
            assert other.import_text(json.dumps(document)).failed == ()
            assert sorted(each.content for each in other.store.memories()) == texts
        for record in document["memories"]:
            record.pop("seal", None)


@pytest.mark.parametrize("change", ["without its seal", "another id", "another text"])
def test_a_record_that_is_not_as_it_was_sealed_counts_as_told(exported, change):
    memory, ids, early = exported
    memory.erase(list(ids), purge=True)
    document = json.loads(early)
    for record in document["memories"]:
        if change == "without its seal":
            del record["seal"]
        elif change == "another id":
            record["id"] = "m_" + record["id"][2:][::-1]
            record["history"] = [each | {"id": record["id"]} for each in record["history"]]
        else:
            record["content"] = record["content"].replace("From memory", "From my memory")
    done = memory.import_text(json.dumps(document), force_retracted=True)
    assert done.created == 1
    assert [(each.line, each.code) for each in done.failed] == [(1, "echo"), (2, "echo")]
    assert "version 2 was left out" in done.failed[0].message
    assert [each.content for each in memory.store.history(document["memories"][0]["id"])] == ["A first draft of it"]
    again = memory.import_text(json.dumps(document), dry_run=True, force_retracted=True)
    assert (again.unchanged, [each.line for each in again.failed]) == (1, [2])


def test_what_is_stored_already_is_not_looked_at_again(exported):
    memory, _, early = exported
    unsealed = early.replace('"seal"', '"was"')
    done = memory.import_text(unsealed)
    assert (done.unchanged, done.failed) == (2, ())


def test_older_versions_that_were_retracted_are_not_embedded(tmp_path, monkeypatch):
    with opened(tmp_path / "from") as memory:
        id = memory.memorize(RETRACTED).memory.id
        memory.update(id, content="The safe is open")
        text = memory.export_text()["text"]
    with opened(tmp_path / "to") as memory:
        memory.erase(memory.memorize(RETRACTED).memory.id, retract=True)
        embedded = []
        embed = memory.encoder.memories
        monkeypatch.setattr(type(memory.encoder), "memories", lambda _, texts: embedded.extend(texts) or embed(texts))
        assert [each.code for each in memory.import_text(text).failed] == ["retracted"]
        assert embedded == []


def test_tombstones_that_are_known_do_not_make_an_import_look_through_all(tmp_path, monkeypatch):
    with opened(tmp_path) as memory:
        memory.erase(memory.memorize(RETRACTED).memory.id, retract=True)
        memory.memorize("Karl brings cake")
        text = memory.export_text()["text"]
        monkeypatch.setattr(type(memory.store), "memories", lambda *_, **__: pytest.fail("all were looked through"))
        assert memory.import_text(text).tombstones == 0


def test_a_seal_is_of_the_id_and_of_all_texts(exported):
    memory, _, early = exported
    record = json.loads(early)["memories"][0]
    assert exchange.is_sealed(record) and exchange.is_sealed(record | {"importance": 0.1, "trust": "tool"})
    assert not exchange.is_sealed(record | {"content": "other"})
    assert not exchange.is_sealed(record | {"history": record["history"][:1]})


SECRET = "The sauna password is Himbeere!0050"


@pytest.fixture
def read(monkeypatch):
    """Which texts were read for secrets; the password is found where they are."""
    texts: list[str] = []

    def tagged(text, read, known, least, apart=()):
        texts.append(text)
        at = text.find("Himbeere")
        return [Tagged("password", at, at + len("Himbeere!0050"), 0.999)] if at >= 0 else []

    monkeypatch.setattr(secrets, "tag", tagged)
    return texts


def told_by_file(tmp_path, change, on_secret="redact"):
    """A record of an export, changed by `change`, taken in by an embedder that tells how it reads."""
    with opened(tmp_path / "from", {"privacy": {"on_secret": "allow"}}) as memory:
        memory.memorize("The sauna is warm", key="sauna")
        memory.update("sauna", content="The sauna is hot")
        document = json.loads(memory.export_text()["text"])
    (record,) = document["memories"]
    change(record)
    with opened(tmp_path / "to", {"privacy": {"on_secret": on_secret}}, embedder=ReadingEmbedder()) as memory:
        done = memory.import_text(json.dumps(document))
        found = [
            [each.content, *(old.content for old in memory.store.history(each.id))] for each in memory.store.memories()
        ]
        return done, found


@pytest.mark.parametrize("change", ["no seal", "another seal", "another text"])
def test_texts_that_no_seal_vouches_for_are_read_as_what_is_told(tmp_path, read, change):
    def changed(record):
        record["content"] = SECRET
        record["history"][0]["content"] = f"{SECRET}, said Ben"
        if change == "no seal":
            del record["seal"]
        elif change == "another seal":
            record["seal"] = "0" * len(record["seal"])

    done, found = told_by_file(tmp_path, changed)
    kept = "The sauna password is [secret: password]"
    assert found == [[kept, f"{kept}, said Ben"]] and (done.created, done.failed) == (1, ())
    assert [[each.kind for each in found] for found in done.secrets.values()] == [["password"] * 2]


def test_a_secret_in_it_may_be_refused(tmp_path, read):
    done, found = told_by_file(tmp_path, lambda record: record.update(content=SECRET), "refuse")
    assert found == [] and [each.code for each in done.failed] == ["secret"]


def test_what_is_as_it_was_sealed_is_not_read(tmp_path, read):
    done, found = told_by_file(tmp_path, lambda record: None)
    assert found == [["The sauna is hot", "The sauna is warm"]] and read == [] and done.secrets == {}
