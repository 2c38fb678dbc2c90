"""States join to one, in whatever order, however often, in whatever pieces."""

from __future__ import annotations

import random

import hypothesis.strategies as st
from hypothesis import given

from ntm_memory.sync.projection import project
from ntm_memory.sync.registers import all_joined, joined, without_removed
from ntm_memory.sync.stamps import LogicalTime
from ntm_memory.sync.validation import checked_part

TOLD = {"key": None, "importance": 0.5, "tags": [], "occurred_at": None, "trust": "agent"}
stamps = st.builds(
    lambda ms, number, device: str(LogicalTime(ms, number, device * 8)),
    st.integers(0, 5),
    st.integers(0, 2),
    st.sampled_from("ab"),
)
contents = st.builds(
    lambda stamp, text: [stamp, {"content": text, "at": "2026-01-01T00:00:00Z", "n": 1, "told": TOLD}],
    stamps,
    st.sampled_from(["tea", "milk"]),
)
gone = st.builds(lambda stamp: [stamp, {"at": "2026-01-01T00:00:00Z", "n": 1}], stamps)
parts = st.one_of(
    st.builds(lambda stamp: {"born": [stamp, {"namespace": "default", "created_at": "2026-01-01T00:00:00Z"}]}, stamps),
    st.builds(lambda stamp, value: {"fields": {"importance": [stamp, value]}}, stamps, st.sampled_from([0, 0.5, 1])),
    st.builds(
        lambda stamp, live: {"fields": {"standing": [stamp, ["live", 1.0] if live else ["erased", 0]]}},
        stamps,
        st.booleans(),
    ),
    st.dictionaries(stamps, st.one_of(contents, gone), min_size=1, max_size=2).map(lambda texts: {"texts": texts}),
    st.builds(lambda stamp: {"over": [stamp]}, stamps),
    st.builds(lambda stamp: {"links": {"m_2": [stamp, [0.5, "name"]]}}, stamps),
    st.builds(lambda stamp: {"joins": [stamp, "m_2"]}, stamps),
)
purges = st.builds(lambda stamp: {"purged": [stamp]}, stamps)


@given(st.lists(parts, max_size=12), st.lists(purges, max_size=1), st.randoms(use_true_random=False))
def test_any_order_any_repetition_and_any_grouping_is_the_same(told, purged, draw: random.Random):
    told = told + purged
    one = all_joined(told)
    again = [*told, *told]
    draw.shuffle(again)
    cut = draw.randrange(len(again) + 1)
    assert joined(all_joined(again[cut:]), all_joined(again[:cut])) == one
    assert joined(one, one) == one
    assert project(one) == project(all_joined(again))
    for each in [*told, *([one] if one else [])]:
        checked_part("m_1", each)


@given(st.lists(parts, max_size=6), purges, st.lists(parts, max_size=6))
def test_what_is_purged_keeps_nothing_and_comes_back_by_nothing(before, purge, after):
    state = all_joined([*before, purge, *after])
    assert state == {"purged": purge["purged"]}
    assert project(state) is None


@given(st.lists(parts, min_size=1, max_size=8), parts)
def test_what_leaves_a_log_changes_nothing_of_what_is_known(told, part):
    known = all_joined([*told, part])
    assert joined(known, without_removed(part, known)) == known
    kept = without_removed(part, known).get("texts", {})
    assert all(known["texts"][stamp] == text for stamp, text in kept.items())


def test_a_text_that_was_replaced_is_not_what_a_memory_says_though_its_successor_was_purged():
    at = "2026-01-01T00:00:00Z"
    name = lambda number: str(LogicalTime(number, 0, "a" * 8))  # noqa: E731
    texts = {
        name(number): [name(number), {"content": content, "at": at, "n": number, "told": TOLD}]
        for number, content in ((1, "first"), (2, "whose successor was in a memory that was purged"))
    }
    state = {"born": [name(1), {"namespace": "default", "created_at": at}], "texts": texts, "over": [name(2)]}
    assert [text.content for text in project(state).texts][-1] == "first"
    assert [text.version for text in project(state).texts] == [2, 3]
