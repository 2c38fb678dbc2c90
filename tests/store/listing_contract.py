"""What every storage engine must list: selections, orders, pages; fixtures as in `contract.py`."""

from __future__ import annotations

import random

import pytest

from ntm_memory.store.records import About, By, Selection
from ntm_memory.text.iso_time import unix_seconds
from ntm_memory.text.occurrence import span

from .drafts import draft

SORTS = ("newest", "oldest", "importance", "happened")
KINDS, TAGS = (None, "fact", "episode"), ("home", "work", "food")
DAY = 86_400


def filled(store, clock, count=90):
    """Memories of all kinds; a quarter is erased again."""
    chosen = random.Random(17)
    for number in range(count):
        day = chosen.randrange(12, 20)
        days = (f"2023-11-{day}T00:00:00Z", f"2023-11-{day}", f"2023-11-12/2023-11-{day}", "2023-11")
        store.add(
            *draft(
                f"note {number} of {chosen.choice('abc')}",
                namespace=chosen.choice(("default", "default", "other")),
                kind=chosen.choice(KINDS),
                tags=tuple(sorted(chosen.sample(TAGS, chosen.randrange(3)))),
                session=chosen.choice((None, "s1", "s2")),
                importance=chosen.choice((0.1, 0.5, 1 / 3)),
                occurred_at=chosen.choice((None, *days)),
            )
        )
        clock.tick(DAY / 7)
    for memory in list(store.memories())[::4]:
        store.set_retention(memory.id, 0)


def happened(memory):
    """From when until when, unix seconds."""
    return span(memory.occurred_at or memory.updated_at, None)


def by_hand(store, what, sort):
    """The same, from all memories there are."""
    keys = {
        "newest": lambda m: -m.position,
        "oldest": lambda m: m.position,
        "importance": lambda m: (-m.importance, -m.position),
    }
    found = [
        memory
        for memory in store.memories(what.namespace)
        if set(what.tags) <= set(memory.tags)
        and what.kind in (None, memory.kind)
        and what.session in (None, memory.session)
        and (what.since is None or happened(memory)[1] > unix_seconds(what.since))
        and (what.until is None or happened(memory)[0] < unix_seconds(what.until))
        and (what.about is None or set(what.about.words) <= set(memory.content.split()))
    ]
    if sort == "happened":
        return sorted(found, key=lambda m: (happened(m)[0], m.position), reverse=True)
    return sorted(found, key=keys[sort])


SELECTIONS = [
    {},
    {"kind": "fact"},
    {"kind": "none such"},
    {"tags": ("work",)},
    {"tags": ("food", "home")},
    {"tags": ("none such",)},
    {"session": "s1"},
    {"session": "none such"},
    {"since": "2023-11-15T00:00:00Z"},
    {"until": "2023-11-15T00:00:00Z"},
    {"since": "2023-11-14T00:00:00Z", "until": "2023-11-15T00:00:00Z"},
    {"about": About(("b",), "b")},
    {"about": About(("note", "b"), "note b"), "kind": "episode", "session": "s2"},
    {"about": About(("none-such",), "none such")},
    {"namespace": "other", "tags": ("home",)},
    {"namespace": "nowhere"},
]


class ListingContract:
    @pytest.mark.parametrize("sort", SORTS)
    def test_a_page_holds_what_is_selected_in_its_order(self, store, clock, sort):
        filled(store, clock)
        for told in SELECTIONS:
            what = Selection(**{"namespace": "default", **told})
            expected = by_hand(store, what, sort)
            page = store.selected(what, sort, 100)
            assert (page.memories, page.total, page.left) == (expected, len(expected), 0), told

    @pytest.mark.parametrize("sort", SORTS)
    @pytest.mark.parametrize("count", [1, 3, 8])
    def test_every_memory_stands_on_one_page(self, store, clock, sort, count):
        filled(store, clock)
        what, found, end = Selection("default", tags=("work",)), [], None
        expected = by_hand(store, what, sort)
        while True:
            page = store.selected(what, sort, count, end)
            found, end = found + page.memories, page.end
            assert (page.total, page.left) == (len(expected), len(expected) - len(found))
            if not page.left:
                break
        assert found == expected and len(expected) > 8
        assert store.selected(what, sort, count, end).memories == []

    @pytest.mark.parametrize("sort", SORTS)
    def test_what_is_written_and_erased_meanwhile_moves_no_page(self, store, clock, sort):
        filled(store, clock)
        what = Selection("default")
        expected = by_hand(store, what, sort)
        first = store.selected(what, sort, 5)
        for memory in (first.memories[-1], expected[7]):
            store.set_retention(memory.id, 0)
        store.purge([first.memories[0].id])
        new = store.add(*draft("told meanwhile", importance=1.0, occurred_at="2030-01-01T00:00:00Z"))
        rest = store.selected(what, sort, 100, first.end).memories
        assert [memory for memory in rest if memory.id != new.id] == [*expected[5:7], *expected[8:]]
        assert (new.id in {memory.id for memory in rest}) == (sort == "oldest")

    def test_a_whole_second_is_before_its_fractions(self, store, clock):
        clock.now = 1_700_000_000.5
        told = store.add(*draft("by our clock"))
        second = "2023-11-14T22:13:20Z"
        whole = store.add(*draft("as told", occurred_at=second))
        assert store.selected(Selection("default"), "happened").memories == [told, whole]
        assert store.selected(Selection("default", since=second)).total == 2
        assert store.selected(Selection("default", until=second)).total == 0

    @pytest.mark.parametrize("sort", SORTS)
    def test_what_is_damaged_is_counted_by_who_opens_the_store_and_asks_for_a_time(self, make_store, store, sort):
        days = ("2023-11-15", "2023-11-16", None, "2023-11-12")
        kept, *hurt = [store.add(*draft(f"note {number}", occurred_at=day)) for number, day in enumerate(days)]
        with store.transaction():
            for memory in hurt:
                store._engine.sql.execute("UPDATE memories SET keys = ? WHERE id = ?", (b"\1\2\3\4\5", memory.id))
        for _ in range(2):
            again = make_store()
            for _ in range(2):
                page = again.selected(Selection("default", since="2023-11-14T00:00:00Z"), sort)
                assert (page.memories[0], len(page.memories)) == (kept, 1) and (page.total, page.damaged) == (3, 2)

    def test_a_name_stands_in_words_keys_and_tags(self, store):
        says = store.add(*draft("x", words=("anna", "cello")))
        key = store.add(*draft("x", words=("she",), key="Anna-City"))
        tag = store.add(*draft("x", words=("she",), tags=("best friends", "dear anna")))
        for words, about in ((("hanna",), {"key": "hanna"}), (("ann",), {"tags": ("annabel",)}), (("cello",), {})):
            store.add(*draft("x", words=words, **about))
        store.add(*draft("x", words=("anna",), namespace="other"))
        anna = Selection("default", about=About(("anna",), "anna"))
        assert store.selected(anna, "oldest").memories == [says, key, tag]
        both = Selection("default", about=About(("anna", "cello"), "anna cello"))
        assert store.selected(both).memories == [says]
        assert store.selected(Selection("default", about=About((), "zelda"))).total == 0

    def test_one_chinese_letter_is_found_within_pairs(self, store):
        cats = [
            store.add(*draft("x", words=words, cjk=True)) for words in (("小猫", "猫喜"), ("家的", "的猫"), ("猫",))
        ]
        store.add(*draft("x", words=("小狗", "㿰茐"), cjk=True))
        assert store.selected(Selection("default", about=About(("猫",), "猫")), "oldest").memories == cats

    def test_namespaces_tell_their_count_and_their_last_day(self, store, clock):
        assert store.last_written() == {}
        store.add(*draft("a"))
        clock.tick(DAY)
        later = store.add(*draft("b", namespace="other"))
        gone = store.add(*draft("c", namespace="gone"))
        store.set_retention(gone.id, 0)
        found = store.last_written()
        assert {name: count for name, (count, _) in found.items()} == {"default": 1, "other": 1}
        assert found["other"][1] == later.updated_at > found["default"][1]

    def test_sources_begin_with_what_is_asked_for(self, store):
        sources = ("notes/a.md:1", "notes/a.md:22", "notes/a.mdx", None, "notes/b.md:3", "notes/a.md", "notes/c.md:1")
        told = [store.add(*draft(f"note {i}", source=source)) for i, source in enumerate(sources)]
        store.add(*draft("elsewhere", source="notes/a.md:1", namespace="there"))
        store.set_retention(store.add(*draft("gone", source="notes/a.md:1")).id, 0)
        found = store.selected(Selection("default", sources=("notes/a.md:", "notes/b.md:")), "oldest")
        assert [memory.id for memory in found.memories] == [told[i].id for i in (0, 1, 4)] and found.total == 3

    @pytest.mark.parametrize("named", [True, False])
    @pytest.mark.parametrize("column", ["importance", "updated_at"])
    def test_what_may_stand_out_is_gone_through_in_an_order(self, store, clock, column, named):
        chosen = random.Random(3)
        for number in range(120):
            key = f"k{number}" if number % 3 else None
            fields = {"kind": chosen.choice((None, "fact", "episode")), "trust": chosen.choice(("tool", "agent"))}
            told = store.add(*draft(f"note {number}", key=key, importance=chosen.choice((0.1, 0.5)), **fields))
            if number % 7 == 0:
                store.amend(told.id, superseded_by=told.id)
            clock.tick(number % 2)
        wanted = [
            memory
            for memory in store.memories("default")
            if (memory.kind, memory.trust, memory.superseded_by) in ((None, "agent", None), ("fact", "agent", None))
            and (memory.key is not None) == named
        ]
        wanted.sort(key=lambda memory: getattr(memory, column), reverse=True)  # stable: of equals the first written
        found, place = [], None
        while True:
            page = store.outstanding("default", By(column, named), 3, place)
            found, place = found + page.memories, page.end
            if place is None:
                break
        assert len(wanted) > 3 and [memory.id for memory in found] == [memory.id for memory in wanted]
        assert store.outstanding("nowhere", By(column, named), 3).memories == []
