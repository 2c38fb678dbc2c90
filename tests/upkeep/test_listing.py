"""What is in a namespace, the newest first: every memory on exactly one page, long ones cut."""

from __future__ import annotations

import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.upkeep.listing import LONGEST


def pages(memory, **options):
    cursor = None
    while True:
        page = memory.memories(cursor=cursor, **options)
        yield page
        cursor = page["next"]
        if cursor is None:
            return


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_each_memory_stands_on_one_page(memory, limit):
    for number in range(7):
        memory.memorize(f"note {number}")
    memory.memorize("elsewhere", namespace="other")
    found = list(pages(memory, limit=limit))
    assert [each["content"] for page in found for each in page["memories"]] == [f"note {n}" for n in range(6, -1, -1)]
    assert all(len(page["memories"]) == limit for page in found[:-1]) and found[-1]["memories"]
    assert {page["total"] for page in found} == {7}


def test_what_is_written_meanwhile_moves_no_page(memory):
    for number in range(4):
        memory.memorize(f"note {number}")
    first = memory.memories(limit=2)
    memory.memorize("note 4")
    memory.erase([first["memories"][-1]["id"]])
    assert [each["content"] for each in memory.memories(limit=2, cursor=first["next"])["memories"]] == [
        "note 1",
        "note 0",
    ]


def test_a_long_one_is_cut(memory):
    memory.memorize("x" * LONGEST)
    memory.memorize("y" * (LONGEST + 1))
    long, whole = memory.memories()["memories"]
    assert (len(long["content"]), long["truncated"], long["content"][-1]) == (LONGEST, True, "…")
    assert (len(whole["content"]), whole["truncated"]) == (LONGEST, False)


def test_an_empty_namespace(memory):
    page = memory.memories(namespace="nowhere")
    assert (page["memories"], page["total"], page["stored"], page["more"], page["next"]) == ([], 0, 0, 0, None)


@pytest.mark.parametrize("options", [{"limit": 0}, {"limit": 101}, {"limit": "5"}, {"cursor": "x"}, {"cursor": 5}])
def test_what_is_refused(memory, options):
    with pytest.raises(BadValueError):
        memory.memories(**options)


PEOPLE = [
    {"content": "Anna works as a nurse in Bergen", "tags": ["people"], "occurred_at": "2026-05-01"},
    {"content": "Jon and Anna have a boat", "kind": "fact", "importance": 0.9, "occurred_at": "2026-05-03"},
    {"content": "She plays the cello", "key": "anna-hobby", "occurred_at": "2026-05-02T23:59:59Z"},
    {"content": "Afraid of spiders", "tags": ["anna", "fears"], "session": "s1", "occurred_at": "2026-05-02"},
    {"content": "Hanna sells candles", "tags": ["people"], "importance": 0.1, "occurred_at": "2026-05-04"},
    {"content": "小林喜欢周末去爬山", "occurred_at": "2026-04-30"},
]
NURSE, BOAT, CELLO, SPIDERS, CANDLES, LIN = (told["content"] for told in PEOPLE)


@pytest.fixture
def people(memory):
    memory.memorize_many(PEOPLE)
    memory.memorize("Anna is elsewhere", namespace="other")
    return memory


def listed(memory, **options):
    return [each["content"] for each in memory.memories(**options)["memories"]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"about": "Anna"}, [SPIDERS, CELLO, BOAT, NURSE]),
        ({"about": " ANNA's "}, [BOAT, NURSE]),
        ({"about": "anna's boat"}, [BOAT]),
        ({"about": "小林"}, [LIN]),
        ({"about": "林"}, [LIN]),
        ({"about": "Zelda"}, []),
        ({"about": "An"}, []),
        ({"about": "🎂"}, []),
        ({"tags": ["people"]}, [CANDLES, NURSE]),
        ({"tags": ["anna", "fears"]}, [SPIDERS]),
        ({"tags": ["people", "fears"]}, []),
        ({"kind": "fact"}, [BOAT]),
        ({"session": "s1"}, [SPIDERS]),
        ({"on": "2026-05-02"}, [SPIDERS, CELLO]),
        ({"after": "2026-05-03"}, [CANDLES, BOAT]),
        ({"before": "2026-05-01"}, [LIN]),
        ({"after": "2026-05-01", "before": "2026-05-03", "about": "Anna"}, [SPIDERS, CELLO, NURSE]),
        ({"namespace": "other"}, ["Anna is elsewhere"]),
        ({"sort": "oldest", "about": "anna", "limit": 2}, [NURSE, BOAT]),
        ({"sort": "importance", "limit": 2}, [BOAT, LIN]),
        ({"sort": "happened", "limit": 3}, [CANDLES, BOAT, CELLO]),
    ],
)
def test_what_fits_is_listed(people, options, expected):
    assert listed(people, **options) == expected


def test_what_was_updated_is_found_by_what_it_says_now(people):
    people.update("anna-hobby", content="Anna sings", new_key="hobby")
    people.memorize("Mia drinks tea", key="mia")
    people.update("mia", tags=["Anna"])
    people.erase([each["id"] for each in people.memories(about="boat")["memories"]])
    assert listed(people, about="anna", limit=3) == ["Mia drinks tea", SPIDERS, "Anna sings"]
    assert listed(people, about="cello") == listed(people, about="boat") == []


def test_how_many_fit_and_follow_is_said(people):
    first = people.memories(about="anna", limit=3)
    assert [first[name] for name in ("first", "last", "total", "more", "stored")] == [1, 3, 4, 1, 6]
    second = people.memories(about="anna", limit=3, cursor=first["next"])
    assert [second[name] for name in ("first", "last", "total", "more", "next")] == [4, 4, 4, 0, None]
    none = people.memories(about="zelda")
    assert [none[name] for name in ("memories", "total", "more", "stored")] == [[], 0, 0, 6]


@pytest.mark.parametrize("sort", ["newest", "oldest", "importance", "happened"])
def test_a_cursor_names_its_order(people, sort):
    whole = listed(people, sort=sort)
    found, cursor = [], None
    while True:
        page = people.memories(sort=sort if cursor is None else None, limit=2, cursor=cursor)
        found, cursor = found + [each["content"] for each in page["memories"]], page["next"]
        assert page["sort"] == sort
        if cursor is None:
            break
        assert cursor.startswith(f"{sort}:")
    assert found == whole
    other = "oldest" if sort == "newest" else "newest"
    cursor = people.memories(sort=sort, limit=2)["next"]
    with pytest.raises(BadValueError, match=f"one of sort {sort}, not {other}"):
        people.memories(sort=other, cursor=cursor)


@pytest.mark.parametrize(
    "options",
    [
        {"about": " "},
        {"about": ["Anna"]},
        {"tags": "people"},
        {"on": "9999"},
        {"on": "soon"},
        {"sort": "best"},
        {"cursor": "newest:x"},
        {"cursor": "newest:1:2"},
        {"cursor": "importance:2"},
        {"cursor": "importance:nan:2"},
        {"cursor": "happened:'; --:2"},
        {"cursor": "best:1"},
        {"cursor": f"newest:{'9' * 30}"},
        {"kind": ["fact"]},
    ],
)
def test_what_else_is_refused(memory, options):
    with pytest.raises(BadValueError) as refused:
        memory.memories(**options)
    assert refused.value.message


def test_what_says_the_same_stands_there_once(memory):
    days = ("2026-05-03", "2026-05-01", "2026-05-02")
    ids = [memory.memorize("Standup is at 9:15", session=day, occurred_at=day).memory.id for day in days]
    memory.memorize("Standup is at 9:30", session="s")
    page = memory.memories()
    assert [each["content"] for each in page["memories"]] == ["Standup is at 9:30", "Standup is at 9:15"]
    once = page["memories"][1]
    assert (once["id"], once["told"], set(once["also"])) == (ids[2], 3, set(ids[:2]))
    assert once["last_told"].startswith("2026-05-03") and (page["first"], page["last"], page["total"]) == (1, 4, 4)
    cut = memory.memories(limit=2)
    assert cut["memories"][1]["told"] == 3 and (cut["last"], cut["more"]) == (2, 2)


@pytest.mark.parametrize("sort", ["newest", "oldest", "importance", "happened"])
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_what_says_the_same_is_told_alike_on_whatever_page_it_stands(memory, sort, limit):
    for number, end in enumerate(("", ".", "!", ' "')):
        memory.memorize(f"Bring the library card{end}", session=f"s{number}", importance=number / 4)
        memory.memorize(f"note {number}", importance=number / 4)
    found = list(pages(memory, limit=limit, sort=sort))
    shown = [each for page in found for each in page["memories"]]
    assert len(shown) == 5 and {page["total"] for page in found} == {8}
    assert [(each["told"], len(each["also"])) for each in shown if "card" in each["content"]] == [(4, 3)]
    assert [each["told"] for each in memory.memories(session="s1")["memories"]] == [1]


def test_of_an_unknown_namespace_those_that_exist_are_told(memory):
    memory.memorize("a", namespace="work")
    assert memory.memories(namespace="wrok")["namespaces"] == ["work"]
    assert memory.memories(namespace="work", about="nobody")["namespaces"] is None


def test_what_was_changed_counts_as_of_the_day_it_was_told_in_these_words(memory, clock):
    before = memory.memorize("The fee is 38", key="fee").memory.updated_at
    clock.now += 400 * 86_400
    changed = memory.memorize("The fee is 41", key="fee").memory.updated_at
    memory.memorize("The fee was paid")
    assert [each["content"] for each in memory.memories(sort="happened")["memories"]][1] == "The fee is 41"
    assert memory.memories(on=before[:10])["total"] == 0
    assert memory.memories(on=changed[:10])["total"] == 2


def test_namespaces_with_how_many_and_when(memory):
    memory.memorize("a")
    memory.memorize("b", namespace="other")
    memory.memorize("c", namespace="other")
    found = memory.status(namespaces=True)["namespaces"]
    assert [(each["namespace"], each["memories"]) for each in found] == [("other", 2), ("default", 1)]
    assert found[0]["last"] > found[1]["last"]
