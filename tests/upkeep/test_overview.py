"""What stands out when nothing is asked, and who leaves when there is too much of one kind."""

from __future__ import annotations

import random

import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.upkeep.overview import standing_out


def contents(answer):
    return [each["content"] for each in answer["memories"]]


def test_important_named_and_late_ones_come_first(memory, clock):
    memory.memorize("of no weight", importance=0.0)
    memory.memorize("old but important", importance=1.0)
    clock.now += 365 * 86_400
    memory.memorize("named", key="name", importance=0.4)
    memory.memorize("late", importance=0.4)
    order = ["named", "old but important", "late", "of no weight"]
    assert contents(memory.overview(namespaces=["default"])) == order
    assert contents(memory.overview(namespaces=["default"], limit=1)) == order[:1]


def test_what_says_the_same_stands_out_once(memory):
    for number in range(9):
        memory.memorize("Standup is at 9:15", session=f"s{number}", importance=0.9)
    memory.memorize("Standup is at 9:15!", namespace="there", importance=0.8)
    for number in range(3):
        memory.memorize(f"note {number}", importance=0.1 * number)
    found = contents(memory.overview(namespaces=["default", "there"], limit=3))
    assert found == ["Standup is at 9:15", "note 2", "note 1"]
    assert len(memory.overview(namespaces=["default", "there"], limit=9)["memories"]) == 4


def test_only_where_it_looks_and_only_what_is_no_talk(memory):
    memory.memorize("here")
    memory.memorize("there", namespace="there")
    memory.memorize("talk", kind="episode")
    memory.memorize("a web page", trust="tool")
    answer = memory.overview(namespaces=["default", "nowhere"])
    assert contents(answer) == ["here"]
    assert answer["total"] == {"default": 3, "nowhere": 0}


def test_what_is_told_to_come_first_does_in_that_order(memory):
    ids = [memory.memorize(text, importance=0.1).memory.id for text in ("one thing", "another matter")]
    memory.memorize("something weighty", importance=1.0)
    answer = memory.overview(namespaces=["default"], first=[*ids[::-1], "m_unknown000"])
    assert contents(answer) == ["another matter", "one thing", "something weighty"]


@pytest.mark.parametrize("options", [{"namespaces": []}, {"namespaces": "default"}, {"namespaces": ["a"], "limit": 0}])
def test_what_is_not_usable_is_refused(memory, options):
    with pytest.raises(BadValueError):
        memory.overview(**options)


def test_the_least_used_retire_and_can_come_back(memory, clock):
    ids = []
    for text in ("first walk", "second swim", "third ride"):
        ids.append(memory.memorize(text).memory.id)
        clock.now += 100 * 86_400
    memory.store.note_reads([memory.store.get(ids[0]).address] * 9)
    for _ in range(9):
        memory.store.note_reads([memory.store.get(ids[0]).address])
    assert memory.retire("default", 2) == 1
    assert [memory.store.get(id).state for id in ids] == ["live", "archived", "live"]
    assert memory.retire("default", 2) == 0
    assert memory.restore(ids[1]).state == "live"


def test_at_least_one_stays(memory):
    with pytest.raises(BadValueError):
        memory.retire("default", 0)


def plainly(memory, spaces, limit, now):
    """The same, from all memories there are."""
    found = [
        each
        for space in spaces
        for each in memory.store.memories(space)
        if each.kind != "episode" and each.superseded_by is None and each.trust != "tool"
    ]
    once = {}
    for each in sorted(found, key=lambda each: standing_out(each, now), reverse=True):
        once.setdefault(each.content, each.id)
    return list(once.values())[:limit]


@pytest.mark.parametrize("seed", range(4))
def test_it_is_found_without_reading_all_what_reading_all_would_find(memory, clock, seed):
    chosen = random.Random(seed)
    for number in range(150):
        fields = {"kind": chosen.choice((None, None, "episode")), "trust": chosen.choice(("tool", "agent", "person"))}
        told = memory.memorize(
            f"note {number % 97}",
            importance=chosen.choice((0.2, 0.5, 0.5, 0.9)),
            key=chosen.choice((None, f"k{number}")),
            namespace=chosen.choice(("default", "there")),
            session=f"s{number}",
            **fields,
        )
        if chosen.random() < 0.2:
            memory.erase(told.memory.id, strength=0.4, namespace=None)
        clock.now += chosen.choice((0, 0, 3_600, 9 * 86_400))
    for limit in (1, 7, 30, 100):
        found = memory.overview(namespaces=["there", "default"], limit=limit)["memories"]
        assert [each["id"] for each in found] == plainly(memory, ("there", "default"), limit, clock.now)


def test_of_many_it_reads_few(memory, monkeypatch):
    for number in range(300):
        memory.memorize(f"note {number}", importance=0.5, session=f"s{number}")
    read = []
    sound = memory.store._engine.sound
    monkeypatch.setattr(memory.store._engine, "sound", lambda rows: (read.append(1) or each for each in sound(rows)))
    assert len(memory.overview(namespaces=["default"], limit=5)["memories"]) == 5
    assert len(read) <= 2 * 32
