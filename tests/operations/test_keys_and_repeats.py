"""One key however it is spelled, one memory however often it is told, one answer for equal texts."""

from __future__ import annotations

import pytest
from opening import opened, told

from ntm_memory.errors import BadValueError


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path) as manager:
        yield manager


KEPT, ASKED = "Café  Hours", "cafe\u0301 hours"


def test_a_key_is_kept_as_first_told_and_found_as_it_is_asked_for(memory):
    first = memory.memorize("Opens at eight", key=KEPT).memory
    assert first.key == "Café Hours"
    again = memory.memorize("Opens at nine", key=ASKED)
    assert (again.action, again.memory.id, again.memory.key, again.memory.version) == (
        "updated",
        first.id,
        first.key,
        2,
    )
    assert memory.memorize("Opens at  nine", key="CAFÉ HOURS").action == "unchanged"
    assert memory.update(ASKED, content="Opens at ten").memory.key == first.key
    assert memory.find("CAFÉ HOURS").id == first.id
    assert memory.read_memory(ASKED) == "Opens at ten"
    assert memory.status(history=ASKED)["memory"]["id"] == first.id
    assert memory.feedback("When does it open?", used=[ASKED]).recorded == 1
    assert memory.memorize("Opens at two", replaces=ASKED, key="café hours").memory.key == first.key
    assert memory.erase(ASKED).erased[0].id == first.id
    assert memory.restore("cafÉ hours").id == first.id
    assert memory.update(ASKED, new_key="café hours").memory.key == "café hours"  # spelled anew on purpose


def test_gold_of_tuning_is_found_by_its_key(memory):
    from ntm_memory.operations.feedback import pairs_of_records

    id = memory.memorize("Opens at eight", key=KEPT).memory.id
    pairs, failed = pairs_of_records(memory.store, [(1, {"query": "When?", "gold": [ASKED]})], 0.0)
    assert failed == [] and pairs[0].gold == {id}


def test_an_imported_record_with_a_taken_key_is_reported(memory, tmp_path):
    with opened(tmp_path / "other") as other:
        other.memorize("Elsewhere", key="DEPLOY port")
        text = other.export_text()["text"]
        lines = other.export_text("jsonl")["text"]
    memory.memorize("Here", key="deploy port")
    assert "has the key" in memory.import_text(text).failed[0].message
    assert memory.import_text(lines, "jsonl").updated == 1 and memory.find("deploy port").content == "Elsewhere"
    assert memory.find("deploy port").key == "deploy port"


def test_a_new_key_near_a_live_one_is_said_and_nothing_is_merged(memory):
    memory.memorize("80", key="deploy-port")
    answer = memory.memorize("81", key="deploy_ports")
    assert answer.similar_keys == ("deploy-port",) and memory.store.count() == 2
    assert memory.memorize("82", key="deploy_port").similar_keys == ("deploy-port", "deploy_ports")
    assert memory.memorize("83", key="deploy_port").similar_keys == () and memory.store.count() == 3
    assert memory.memorize("84", key="deploy-port", namespace="other").similar_keys == ()


REPEATS = [
    ("Ute is a baker\nin Kiel", "Ute is a baker\r\nin Kiel"),
    ("Ute is a baker", "ute is a  baker."),
    ("Ute is a baker", "Ute is a baker\u200b"),
    ("It's late", "It’s late"),
    ("打印机在二楼", "打印机在二楼。"),
    ("Code ABC", "Ｃｏｄｅ ＡＢＣ"),
]


@pytest.mark.parametrize(("one", "other"), REPEATS)
def test_the_same_told_again_is_unchanged(memory, one, other):
    first = memory.memorize(one).memory
    again = memory.memorize(other)
    assert (again.action, again.memory.content) == ("unchanged", one) and again.memory.id == first.id
    assert memory.memorize_many([{"content": other}, {"content": one}]).unchanged == 2


@pytest.mark.parametrize(("one", "other"), [("Is it late?", "Is it late"), ("Room 5,0", "Room 50"), ("a bc", "ab c")])
def test_another_text_is_another_memory(memory, one, other):
    memory.memorize(one)
    assert memory.memorize(other).action == "created"


def test_equal_texts_are_one_answer(memory):
    same = [memory.memorize("Standup is at 9:15 in the blue room", session=f"s{i}").memory.id for i in range(8)]
    memory.memorize("Standup notes go to the wiki page Daily", session="s1")
    memory.memorize("standup is at 9:15 in the blue  room.", session="s9")
    memory.memorize("Standup is skipped on public holidays")
    answer = memory.recall("When is the standup in the blue room?", top_k=3, all=True)
    assert len(answer.memories) == 3 and len(set(told(answer))) == 3
    folded = next(each for each in answer.memories if "9:15" in each.content)
    assert len({folded.id, *folded.also}) == 9 > len(same)
    assert [each.also for each in answer.memories if each is not folded] == [(), ()]


@pytest.mark.parametrize("told_of", [{"same_as": ""}, {"replaces": " "}, {"beside": ""}, {"beside": [""]}])
def test_an_empty_decision_is_a_mistake(memory, told_of):
    with pytest.raises(BadValueError, match="is empty"):
        memory.memorize("x", **told_of)
    assert memory.memorize("x", beside=[], replaces=None).action == "created"


def test_an_erased_memory_is_found_by_a_question_to_be_restored(memory):
    id = memory.memorize("Karl owes me 50 euros").memory.id
    memory.memorize("Team lunch is at the noodle bar")
    weak = memory.memorize("Ute owes me 70 euros").memory.id
    assert memory.meant("Who owes me money?", restore=True) == {}
    memory.erase(id)
    memory.erase(weak, strength=0.5)
    chances = memory.meant("Karl owes me 50 euros", restore=True, yes=True)
    assert list(chances) == [id] and 0 <= chances[id] <= 1
    assert set(memory.meant("owes me euros", restore=True, yes=True, top_k=5)) == {id, weak}
    assert id not in memory.meant("Karl owes me 50 euros", yes=True, top_k=5)
