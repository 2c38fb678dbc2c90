"""An import takes no record in that a telling could not have made, and none that breaks what is there."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from opening import opened


def exported(folder, *texts):
    """Memories of these texts as an export has them."""
    with opened(folder) as memory:
        for text in texts:
            memory.memorize(text)
        return json.loads(memory.export_text()["text"])


@pytest.mark.parametrize("when", ["", " ", " 2026-05-08", "2026-05-08T13:56:00+02:00"])
def test_a_time_is_read_as_if_it_were_told(tmp_path, when):
    taken = exported(tmp_path / "a", "Mia likes tea")
    taken["memories"][0]["occurred_at"] = when
    with opened(tmp_path / "b") as memory:
        assert memory.import_text(json.dumps(taken)).created == 1
        (found,) = memory.recall("tea").memories
        assert found.occurred_at in (None, "2026-05-08", "2026-05-08T11:56:00Z")
        assert memory.recall("tea", as_of="2099-01-01").memories


def test_texts_are_cleaned_as_if_they_were_told(tmp_path):
    taken = exported(tmp_path / "a", "Mia likes tea")
    taken["memories"][0] |= {"content": " cafe\u0301\0 ", "key": "  ", "namespace": "", "importance": -0.0}
    with opened(tmp_path / "b") as memory:
        assert memory.import_text(json.dumps(taken)).created == 1
        (found,) = memory.store.memories("default")
        assert (found.content, found.key) == ("caf\u00e9", None)
        assert memory.store.check() == []
        assert json.loads(memory.export_text()["text"])["memories"]


def test_what_refers_to_nothing_refers_to_nothing(tmp_path):
    taken = exported(tmp_path / "a", "Mia likes tea", "Mia likes coffee")
    first, second = taken["memories"]
    first |= {"superseded_by": "m_nowhere", "links": [{"target": "m_nowhere", "weight": 0.5, "kind": "name"}]}
    second["superseded_by"] = first["id"]
    with opened(tmp_path / "b") as memory:
        assert memory.import_text(json.dumps(taken)).created == 2
        assert memory.store.get(first["id"]).superseded_by is None
        assert memory.store.get(first["id"]).links == ()
        assert memory.store.get(second["id"]).superseded_by == first["id"]


def test_what_refers_to_itself_or_to_another_namespace_refers_to_nothing(tmp_path):
    taken = exported(tmp_path / "a", "Mia likes tea", "Mia likes coffee")
    first, second = taken["memories"]
    first["superseded_by"] = first["id"]
    second |= {"namespace": "other", "superseded_by": first["id"]}
    second["links"] = [{"target": first["id"], "weight": 0.5, "kind": "name"}]
    with opened(tmp_path / "b") as memory:
        assert memory.import_text(json.dumps(taken)).created == 2
        assert memory.store.get(first["id"]).superseded_by is None
        found = memory.store.get(second["id"])
        assert (found.superseded_by, found.links) == (None, ())


@pytest.mark.parametrize("record", [None, 5, "text", [], True])
def test_a_record_that_is_no_object_is_reported_where_it_is(tmp_path, record):
    taken = exported(tmp_path / "a", "Mia likes tea", "Ben likes milk")
    taken["memories"].insert(1, record)
    with opened(tmp_path / "b") as memory:
        done = memory.import_text(json.dumps(taken))
        assert (done.created, [bad.line for bad in done.failed]) == (2, [2])


def test_what_refers_to_a_later_record_finds_it(tmp_path):
    taken = exported(tmp_path / "a", "Mia likes tea", "Mia likes coffee")
    first, second = taken["memories"]
    first |= {"superseded_by": second["id"], "links": [{"target": second["id"], "weight": 0.5, "kind": "name"}]}
    with opened(tmp_path / "b") as memory:
        memory.import_text(json.dumps(taken))
        found = memory.store.get(first["id"])
        assert found.superseded_by == second["id"]
        assert [link.target for link in found.links] == [second["id"]]


def test_a_reference_to_a_record_that_failed_is_dropped(tmp_path):
    taken = exported(tmp_path / "a", "Anna lives in Paris", "Anna moved to Berlin")
    old, new = taken["memories"]
    new["key"], old["superseded_by"] = "anna-home", new["id"]
    with opened(tmp_path / "b") as memory:
        memory.memorize("Anna lives in Rome", key="anna-home")
        done = memory.import_text(json.dumps(taken))
        assert (done.created, len(done.failed)) == (1, 1)
        assert memory.store.get(old["id"]).superseded_by is None
        assert memory.recall("where does Anna live").memories


@pytest.mark.parametrize("length", [1e30, 0.0, 2.0])
def test_vectors_that_no_embedder_makes_are_refused(tmp_path, length):
    taken = exported(tmp_path / "a", "Mia likes tea", "Ben likes milk")
    row = np.frombuffer(base64.b64decode(taken["memories"][0]["keys"][0]), "<f4")
    taken["memories"][0]["keys"] = [base64.b64encode((row * np.float32(length)).tobytes()).decode()]
    with opened(tmp_path / "b") as memory:
        done = memory.import_text(json.dumps(taken))
        assert (done.created, [bad.line for bad in done.failed]) == (1, [1])
        assert np.isfinite(memory.recall("tea").confidence)


def test_a_slot_far_off_is_not_taken(tmp_path):
    taken = exported(tmp_path / "a", "Mia likes tea")
    taken["memories"][0]["address"] = 2**31 - 1
    with opened(tmp_path / "b") as memory:
        assert memory.import_text(json.dumps(taken)).created == 1
        assert memory.recall("tea").memories[0].address == 0


def test_yaml_nested_too_deep_is_reported_where_it_is(tmp_path):
    with opened(tmp_path) as memory:
        text = f"---\na: {'[' * 3000}{']' * 3000}\n---\nx\n\n---\nkey: k\n---\nMia likes tea\n"
        done = memory.import_text(text, "markdown")
        assert (done.created, [bad.line for bad in done.failed]) == (1, [1])


@pytest.mark.parametrize("head", ["key: !!bool foo", "importance: !!int ''", "when: !!timestamp x"])
def test_a_yaml_tag_that_does_not_fit_fails_its_own_block(tmp_path, head):
    with opened(tmp_path) as memory:
        done = memory.import_text(f"---\n{head}\n---\nx\n\n---\nkey: k\n---\nMia likes tea\n", "markdown")
        assert (done.created, [bad.line for bad in done.failed]) == (1, [1])
