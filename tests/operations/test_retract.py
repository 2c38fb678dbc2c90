"""What was retracted comes back by no way in, and what was not is untouched."""

from __future__ import annotations

import json

import pytest
from opening import TINY, opened, told

from ntm_memory import commands
from ntm_memory.errors import BadValueError, RetractedError

VALUE = "The safe opens with 4711"
TRANSCRIPT = "Minutes of Monday\nUte: the safe opens with 4711.\nKarl brings cake"


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path / "home") as manager:
        yield manager


@pytest.fixture
def retracted(memory):
    id = memory.memorize(VALUE, key="safe").memory.id
    memory.memorize("Karl brings cake on Monday")
    assert memory.erase(id, retract=True).retracted
    return id


def telling(memory, text):
    memory.memorize(text)


def many(memory, text):
    return memory.memorize_many([{"content": text}, {"content": "a lawful neighbour"}])


def lines(memory, text):
    return memory.memorize_lines([json.dumps({"content": text}), '{"content": "a lawful neighbour"}'])


def updating(memory, text):
    memory.update(memory.memorize("a lawful neighbour").memory.id, content=text)


def replacing(memory, text):
    memory.memorize(text, replaces=memory.memorize("a lawful neighbour").memory.id)


def reasoning(memory, text):
    memory.store_with_reasoning(text)


def from_lines(memory, text):
    return memory.import_text(json.dumps({"content": text}) + '\n{"content": "a lawful neighbour"}', "jsonl")


def from_markdown(memory, text):
    block = "---\nsource: x\n---\n{}\n\n"
    return memory.import_text(block.format(text) + block.format("a lawful neighbour"), "markdown")


REFUSING = [telling, updating, replacing, reasoning]
REPORTING = [many, lines, from_lines, from_markdown]
SPELLED = [VALUE, "the safe  opens with “4711”!", "Tһe ѕafe oрens with 4711", TRANSCRIPT]


@pytest.mark.parametrize("text", SPELLED)
@pytest.mark.parametrize("way", REFUSING + REPORTING, ids=lambda way: way.__name__)
def test_no_way_in(memory, retracted, way, text):
    if way in REPORTING:
        done = way(memory, text)
        assert [each.code for each in done.failed] == ["retracted"] and done.created == 1
        assert text not in done.failed[0].message
    else:
        with pytest.raises(RetractedError, match=retracted) as caught:
            way(memory, text)
        assert "4711" not in caught.value.message and "--force-retracted" in caught.value.hint
        assert caught.value.exit_code == 2
    contents = [each.content for each in memory.store.memories()]
    assert not any("4711" in each for each in contents) and "Karl brings cake on Monday" in contents
    assert "refused" in [entry["verb"] for entry in memory.status(audit=3)["audit"]]
    audit = [{**entry, "at": ""} for entry in memory.status(audit=50)["audit"]]  # microseconds may read 4711
    assert "4711" not in json.dumps(audit)
    assert not any("4711" in each for each in told(memory.recall("What opens the safe?", all=True)))


def test_a_record_of_an_old_export_is_refused_unless_forced(tmp_path, memory):
    id = memory.memorize(VALUE).memory.id
    memory.memorize("Karl brings cake")
    old = memory.export_text()["text"]
    memory.erase(id, retract=True, purge=True)
    for dry_run in (True, False):
        done = memory.import_text(old, dry_run=dry_run)
        assert (done.created, done.unchanged, [each.code for each in done.failed]) == (0, 1, ["retracted"])
    forced = memory.import_text(old, force_retracted=True)
    assert (forced.created, forced.failed) == (1, ()) and memory.find(id).content == VALUE
    assert memory.store.tombstones() == [] and memory.store.check() == []


def test_a_dry_run_changes_nothing(memory):
    id = memory.memorize(VALUE).memory.id
    twin = memory.memorize(VALUE.upper(), session="s").memory.id
    foreseen = memory.erase(id, retract=True, dry_run=True)
    assert [each.id for each in foreseen.erased] == [id, twin] and foreseen.dry_run
    assert memory.store.tombstones() == [] and memory.store.count() == 2


def test_what_says_the_same_goes_too_and_what_holds_it_is_named(memory):
    id = memory.memorize(VALUE).memory.id
    twin = memory.memorize("THE SAFE opens with “4711”", session="s").memory.id
    holder = memory.memorize(TRANSCRIPT).memory.id
    memory.memorize("Somebody told that the safe opens with 4711 yesterday")
    elsewhere = memory.memorize(VALUE, namespace="other").memory.id
    done = memory.erase(id, retract=True)
    assert [each.id for each in done.erased] == [id, twin] and done.holding == (holder,) and done.restorable
    assert memory.store.get(elsewhere).state == "live"
    assert memory.memorize(VALUE, namespace="other").action == "unchanged"


def test_another_value_is_told_after_it(memory, retracted):
    changed = memory.memorize("The safe opens with 0815", key="safe").memory
    assert memory.update("safe", content="The safe opens with 1111").memory.version == 2
    assert memory.memorize("The safe opens with a key now", replaces=changed.id).action == "updated"
    with pytest.raises(RetractedError):  # superseded twice, and told again
        memory.memorize(VALUE, key="safe")
    assert memory.find("safe").content == "The safe opens with a key now"


def test_a_paraphrase_passes(memory, retracted):
    assert memory.memorize("4711 is the number that opens the safe").action == "created"


def test_it_is_lifted_by_restoring(memory, retracted):
    assert memory.restore("safe").content == VALUE
    assert memory.memorize(VALUE).action == "unchanged" and memory.store.tombstones() == []
    assert [entry["verb"] for entry in memory.status(audit=2, id=retracted)["audit"]] == ["restored", "lifted"]


def test_it_is_lifted_by_force_where_it_was_purged(memory, retracted):
    memory.erase(retracted, purge=True)
    with pytest.raises(RetractedError) as caught:
        memory.memorize(VALUE)
    assert "--restore" not in caught.value.hint
    forced = memory.memorize_many([{"content": TRANSCRIPT}, {"content": VALUE}], force_retracted=True)
    assert forced.created == 2 and memory.store.tombstones() == []
    assert memory.memorize("another", force_retracted=True).action == "created"


def test_it_survives_what_is_done_to_all_memories(tmp_path, memory, retracted):
    memory.erase(retracted, purge=True)
    memory.reembed()
    memory.status(repair=True)
    memory.close()
    with opened(tmp_path / "home", {"memory_size": 1, "capacity": {"when_full": "evict"}}) as again:
        for text in ("one thing", "another thing"):
            again.memorize(text)
        with pytest.raises(RetractedError):
            again.memorize(VALUE)
    with opened(tmp_path / "home") as again, pytest.raises(RetractedError):
        again.memorize(VALUE)


def test_it_goes_with_an_export_into_another_home(tmp_path, memory, retracted):
    text = memory.export_text()["text"]
    assert "4711" in text  # it is erased, not purged
    with opened(tmp_path / "other") as other:
        other.memorize("mine")
        done = other.import_text(text)
        assert (done.tombstones, done.failed) == (1, ()) and other.import_text(text).tombstones == 0
        with pytest.raises(RetractedError):
            other.memorize(VALUE)
        assert other.store.get(retracted).state == "erased" and other.status(audit=9)["audit"]
        assert other.import_text(text, force_retracted=True).created == 0 and len(other.store.tombstones()) == 1
        assert other.restore(retracted).content == VALUE


@pytest.mark.parametrize("told_of", [5, [5], [{}], [{"salt": "zz"}], {"a": 1}])
def test_tombstones_of_a_broken_export_are_refused(memory, told_of):
    head = {"format": "ntm-memory-system", "version": 2, "memories": [], "tombstones": told_of}
    with pytest.raises(BadValueError, match="tombstone"):
        memory.import_text(json.dumps(head))


def test_only_whole_memories_are_retracted(memory):
    id = memory.memorize(VALUE).memory.id
    with pytest.raises(BadValueError):
        memory.erase(id, retract=True, strength=0.5)
    assert memory.find(id).retention == 1


def test_one_old_version_is_purged_and_nothing_else(tmp_path, memory):
    id = memory.memorize("The zebra is striped", key="animal").memory.id
    memory.update(id, content="The yak is hairy")
    memory.update(id, content="The gnu is free")
    for options in ({"version": 3}, {"version": 9}, {"version": 1, "retract": True}, {"version": 0}):
        with pytest.raises((BadValueError, LookupError)):
            memory.erase(id, **{"purge": True, **options})
    with pytest.raises(BadValueError):
        memory.erase(id, version=1)
    assert memory.erase(id, purge=True, version=1, dry_run=True).erased[0].content == "The zebra is striped"
    assert len(memory.store.history(id)) == 2
    done = memory.erase("animal", purge=True, version=1)
    assert (done.version, done.restorable, [each.id for each in done.erased]) == (1, False, [id])
    assert [version.content for version in memory.store.history(id)] == ["The yak is hairy"]
    assert memory.find(id).version == 3 and memory.store.check() == []
    assert not any(b"zebra" in file.read_bytes() for file in (tmp_path / "home").iterdir())
    assert memory.status(audit=1)["audit"][0] | {"at": "", "who": ""} == {
        "at": "", "who": "", "verb": "version purged", "id": id, "namespace": "default", "detail": {"version": 1},
    }  # fmt: skip


def test_a_refusal_among_several_restored_is_noted(tmp_path, memory):
    fine, other = memory.memorize("the lawn is green").memory.id, memory.memorize("the pond is deep").memory.id
    memory.erase([fine, other])
    twin = memory.memorize("the pond is deep", session="another").memory.id
    memory.erase(twin, retract=True)
    request = {"command": "erase", "ids_or_key": [fine, other], "restore": True}
    with pytest.raises(RetractedError):
        commands.run({**request, "home": tmp_path / "home", "config": TINY})
    assert memory.store.audit(1)[0].verb == "refused" and memory.store.get(fine).state == "erased"
    assert [entry.verb for entry in memory.store.audit(3)].count("refused") == 1
