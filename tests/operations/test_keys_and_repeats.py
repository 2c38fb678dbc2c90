"""One key however it is spelled, one memory however often it is told, one answer for equal texts."""

from __future__ import annotations

import pytest
from opening import Clock, opened, told

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


@pytest.mark.parametrize(
    ("one", "other"), [("The branch is Elkhorn2", "The branch is elkhorn2"), ("MAX_SIZE holds", "max_size holds")]
)
def test_the_case_of_an_identifier_counts(memory, one, other):
    first = memory.memorize(one).memory
    assert memory.memorize(other).action == "created"
    assert memory.memorize(one + ".").memory.id == first.id
    keyed = memory.memorize(one, key="k").memory
    assert memory.memorize(other, key="k").memory.version == 2 == keyed.version + 1


def test_what_is_spelled_otherwise_under_its_key_is_unchanged_until_it_is_updated(memory):
    first = memory.memorize("ute is a baker in Kiel", key="ute").memory
    assert memory.memorize("Ute is a  baker in kiel.", key="ute").action == "unchanged"
    assert memory.update("ute", content="Ute is a baker in Kiel.").memory.version == 2 == first.version + 1


def test_an_echo_in_another_case_of_an_identifier_is_told_anew(memory):
    memory.memorize("The entry point of the blog is src/Main.py")
    assert memory.memorize("the entry point of the blog is src/Main.py!").action == "unchanged"
    assert memory.memorize("the entry point of the blog is src/main.py!").action == "created"


def test_equal_texts_are_one_answer(memory):
    same = [memory.memorize("Standup is at 9:15 in the blue room", session=f"s{i}").memory.id for i in range(8)]
    memory.memorize("Standup notes go to the wiki page Daily", session="s1")
    memory.memorize("standup is at 9:15 in the blue  room.", session="s9")
    memory.memorize("Standup is skipped on public holidays")
    answer = memory.recall("When is the standup in the blue room?", top_k=3, all=True)
    assert len(answer.memories) == 3 and len(set(told(answer))) == 3
    folded = next(each for each in answer.memories if "9:15" in each.content)
    assert len({folded.id, *folded.also}) == 9 == folded.told > len(same)
    assert [(each.also, each.told, each.last_told) for each in answer.memories if each is not folded] == [
        ((), 1, None)
    ] * 2
    assert answer.more == answer.further == 0


def tell_often(memory, times=8, **about):
    """One text in several sessions, a day apart; the ids."""
    days = [f"2026-05-{day:02}T00:00:00Z" for day in range(1, times + 1)]
    return [
        memory.memorize("Standup is at 9:15", session=f"s{i}", occurred_at=day, **about).memory.id
        for i, day in enumerate(days)
    ]


def test_how_often_and_when_it_was_last_told_is_said_of_all_that_say_it(memory):
    ids = tell_often(memory)
    memory.memorize("Standup is at 9:30", session="s9")
    for top_k in (1, 2):
        answer = memory.recall("When is the standup at 9:15?", top_k=top_k, all=True)
        first = answer.memories[0]
        assert first.told == 1 + len(first.also) == 8 and {first.id, *first.also} == set(ids)
        assert len(answer.memories) == top_k and answer.further == answer.more == 2 - top_k
        assert first.last_told == "2026-05-08T00:00:00Z"
    again = memory.memorize("Standup is at 9:15!", session="s10").memory.id
    first = memory.recall("When is the standup at 9:15?", top_k=2, all=True).memories[0]
    assert first.told == 9 and again in (first.id, *first.also) and first.last_told > "2026-05-09"


def test_what_filters_leave_out_is_not_counted(memory):
    tell_often(memory, 3, tags=["work"])
    other = memory.memorize("standup is at 9:15", session="s9").memory.id
    (found,) = memory.recall("When is the standup?", tags=["work"], all=True).memories
    assert found.told == 3 and other not in found.also and found.last_told == "2026-05-03T00:00:00Z"
    trusted = memory.memorize("Standup is at 9:15", session="s10", trust="person").memory
    (found,) = memory.recall("When is the standup?", min_trust="person", all=True).memories
    assert (found.id, found.told, found.also) == (trusted.id, 1, ())


def test_of_a_text_that_was_revised_and_told_again_the_later_one_is_shown(memory):
    old = memory.memorize("Tom lives in Ghent", session="a").memory
    new = memory.memorize("Tom lives in Leeds", session="b").memory
    memory.store.amend(old.id, superseded_by=new.id)
    again = memory.memorize("Tom lives in Ghent", session="c").memory
    found = next(each for each in memory.recall("Where does Tom live?", all=True).memories if "Ghent" in each.content)
    assert (found.id, found.superseded_by, found.also) == (again.id, None, (old.id,))


def test_equal_texts_share_their_attention(memory):
    tell_often(memory, 4)
    memory.memorize("Team lunch is at the noodle bar")
    answer = memory.recall("When is the standup?", all=True)
    one = memory.recall("When is the standup?", all=True, top_k=1).memories[0]
    assert sum(each.weight for each in answer.memories) <= 1.0 + 1e-6
    assert one.told == 4 and [each.weight for each in answer.memories] == sorted(
        (each.weight for each in answer.memories), reverse=True
    )


def test_what_was_told_often_by_then_is_counted_as_of_then(tmp_path):
    clock = Clock()
    with opened(tmp_path, clock=clock) as memory:
        for number in range(3):
            memory.memorize("Standup is at 9:15", session=f"s{number}")
        then = memory.memorize("Team lunch is at noon").memory.created_at
        clock.now += 86_400
        memory.memorize("Standup is at 9:15", session="s9")
        (found,) = memory.recall("When is the standup?", as_of=then, all=True, top_k=1).memories
        assert found.told == 3
        (found,) = memory.recall("When is the standup?", all=True, top_k=1).memories
        assert found.told == 4


def test_a_text_told_again_elsewhere_is_the_same_and_revises_nothing(memory):
    first = memory.memorize("Standup is at 9:15 in the blue room", session="a").memory
    told = memory.memorize("Standup is at 9:15, in the blue room!", session="b")
    assert [(each.id, each.relation, each.chance, each.marked) for each in told.related] == [
        (first.id, "same", 1.0, False)
    ]
    once = memory.memorize("Standup is at 9:15 in the blue room.", session="d").related
    assert len(once) == 1 and once[0].relation == "same"
    bulk = memory.memorize_many([{"content": first.content, "session": "c"}])
    assert {each.relation for each in bulk.related[bulk.ids[0]]} == {"same"}


def test_reasoning_tells_it_once_too(memory):
    ids = tell_often(memory)
    memory.memorize("The blue room is next to the kitchen")
    found = memory.reason_and_retrieve("When is the standup?", hops=2, top_k=2)
    told = next(each for each in found.answer_memories if each.content == "Standup is at 9:15")
    assert {told.id, *told.also} == set(ids) and told.told == 8
    assert len(found.answer_memories) == 2 and found.further == 0
    assert memory.reason_and_retrieve("When is the standup?", hops=2, top_k=1).further == 1


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
