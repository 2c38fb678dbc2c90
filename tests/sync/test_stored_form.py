"""Whatever a log tells is refused with its line, or stands in the memory as it is kept: nothing is taken in twice."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ntm_memory.store.records import Link
from ntm_memory.sync.log import _sum
from ntm_memory.sync.merging_writer import MergingWriter
from ntm_memory.sync.validation import MOST_LINKS, MOST_VERSION

from .devices import Devices

STAMP, LATER = "018bcfe56800.00000001.evilevil", "018bcfe56800.00000002.evilevil"
AT = "2023-11-14T22:13:20.000000Z"
KINDS = ["text", "time", "born", "space", "field", "old", "link", "joins", "second"]
TOLD = {"importance": 0.5, "key": None, "occurred_at": None, "tags": [], "trust": "agent"}
ODD_TEXT = st.one_of(
    st.sampled_from(
        ["a\0b", "\0", " x ", "e\u0301", "two\nlines", "\u202e", "x" * 600, "\ud800", "", "\u3000y\u200b", "7"]
    ),
    st.text(max_size=8),
)
ODD_TIME = st.sampled_from(
    [
        *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0001-01-01", "0001-01-01T00:00:00+05:00"),
        *(
            "2026-11-28T01:00:00+05:00",
            "2026-11-28T00:00:00.5Z",
            "2026-11-28",
            "2026-11",
            " 2026 ",
            "2026-11-16/2026-11-22",
        ),
        *("tomorrow", ""),
    ]
)
ODD_SHARE = st.sampled_from([0, 1, -0.0, True, 1e-320, 0.1, "0.5", None, float("nan"), 1.5])
ODD_ID = st.sampled_from(["m_nowhere22", "m_00000001", "m_00000002", "x\0y", "", "a b", None, 5])
FIELDS = {
    "key": st.none() | ODD_TEXT,
    "importance": ODD_SHARE,
    "tags": st.lists(ODD_TEXT, max_size=4) | st.sampled_from([["x", "x"], ["b", "a"], "text", [1]]),
    "occurred_at": st.none() | ODD_TIME,
    "trust": st.sampled_from(["agent", "import", "root", None]),
}
MORE = {
    "session": st.none() | ODD_TEXT,
    "source": st.none() | ODD_TEXT,
    "kind": st.none() | ODD_TEXT,
    "superseded_by": ODD_ID,
    "standing": st.tuples(st.sampled_from(["live", "archived", "erased"]), ODD_SHARE).map(list),
}


def told(values):
    return st.sampled_from(sorted(values)).flatmap(lambda name: st.tuples(st.just(name), values[name]))


def plain():
    """A part that tells a text."""
    return {
        "born": [STAMP, {"created_at": AT, "namespace": "default"}],
        "texts": {STAMP: [STAMP, {"at": AT, "content": "plain", "n": 1, "told": TOLD}]},
    }


@st.composite
def parts(draw):
    """A part that tells one or two odd values."""
    part = plain()
    for kind in draw(st.lists(st.sampled_from(KINDS), max_size=2)):
        text = part["texts"][STAMP][1]
        if kind == "text":
            text["content"] = draw(ODD_TEXT)
        elif kind == "time":
            text["at"] = draw(ODD_TIME)
        elif kind == "born":
            part["born"][1]["created_at"] = draw(ODD_TIME)
        elif kind == "space":
            part["born"][1]["namespace"] = draw(ODD_TEXT)
        elif kind == "field":
            name, value = draw(told({**FIELDS, **MORE}))
            part["fields"] = {name: [STAMP, value]}
        elif kind == "old":
            text["told"] = {**TOLD, **dict([draw(told(FIELDS))])}
        elif kind == "link":
            part["links"] = {str(draw(ODD_ID)): [STAMP, [draw(ODD_SHARE), draw(ODD_TEXT)]]}
        elif kind == "joins":
            part["joins"] = [LATER, draw(ODD_ID)]
        else:
            version = draw(st.sampled_from([1, 2, 2**31 - 1, 0]))
            second = {**text, "content": draw(ODD_TEXT), "at": draw(ODD_TIME), "n": version}
            part["texts"] = {**part["texts"], LATER: [LATER, second]}
            part["over"] = [STAMP, STAMP]
    return part


def line(id, part):
    text = json.dumps({"id": id, "part": part, "v": 1})
    return json.dumps({"line": text, "sum": _sum(text)}) + "\n"


def hostile(devices, *parts_told):
    """A log that tells these, each of a memory of its own, in a folder where one machine syncs."""
    lines = [line(f"m_{number:08}", part) for number, part in enumerate(parts_told)]
    (devices.folder / "ntm-evilevil-2023-11.jsonl").write_text("".join(lines))
    return devices.add("one")


@given(st.lists(parts(), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_taken_in_once_is_taken_in_no_more(tmp_path_factory, told_parts):
    devices = Devices(tmp_path_factory.mktemp("devices"))
    try:
        one = hostile(devices, *told_parts)
        first = one.sync()
        second = one.sync()
        assert (second["sent"], second["taken"]) == (0, 0), (told_parts, first, second)
        assert one.status()["sync"]["due"] == 0 or second["unread"]
        other = devices.add("other")
        other.sync(), one.sync()
        assert other.sync()["taken"] == one.sync()["taken"] == 0
    finally:
        devices.close()


@pytest.mark.parametrize(
    ("name", "told_value", "kept"),
    [("content", " a\0b\n", "ab"), ("tags", ["x"] * 1000, ("x",)), ("tags", ["b", "a "], ("a", "b"))],
)
def test_what_is_told_otherwise_than_it_is_kept_is_written_once(devices, name, told_value, kept):
    part = plain()
    if name == "content":
        part["texts"][STAMP][1]["content"] = told_value
    else:
        part["fields"] = {name: [STAMP, told_value]}
    one = hostile(devices, part)
    assert one.sync()["taken"] == 1 and getattr(one.store.get("m_00000000"), name) == kept
    assert [one.sync()["taken"] for _ in range(2)] == [0, 0] and one.status()["sync"]["due"] == 0


def test_a_memory_of_the_year_one_keeps_its_year(devices):
    part = plain()
    part["born"][1]["created_at"] = "0001-01-01T00:00:00Z"
    one = hostile(devices, part)
    assert one.sync()["taken"] == 1
    assert one.store.get("m_00000000").created_at == "0001-01-01T00:00:00.000000Z"


def test_a_value_that_no_memory_can_have_is_named_with_its_line_and_its_neighbours_are_taken_in(devices):
    empty, itself = plain(), plain()
    empty["texts"][STAMP][1]["content"] = "\0 "
    itself["fields"] = {"superseded_by": [STAMP, "m_00000001"]}
    one = hostile(devices, empty, itself, plain())
    for _ in range(2):
        answer = one.sync()
        assert ["line 1: content is empty", "line 2: a memory that is in the place of itself"] == [
            each.split(", ")[1].split(" is 'm")[0] for each in answer["unread"]
        ]
    assert [each.id for each in one.store.memories()] == ["m_00000002"] and one.status()["sync"]["due"] == 0


def test_a_version_that_leaves_no_room_is_refused_and_after_the_greatest_one_all_go_on(devices):
    greatest, beyond = plain(), plain()
    greatest["texts"][STAMP][1]["n"] = MOST_VERSION
    beyond["texts"][STAMP][1]["n"] = 2**31 - 1
    one, other = hostile(devices, greatest, beyond), devices.add("other")
    (unread,) = one.sync()["unread"]
    assert "line 2: a version is 2147483647" in unread
    for text in ("told by one", "told by one again"):
        one.update("m_00000000", content=text)
        one.sync()
    assert len(other.sync()["unread"]) == 1
    assert other.store.get("m_00000000").content == "told by one again"
    other.update("m_00000000", content="told by the other")
    devices.settle()
    assert one.store.get("m_00000000").content == "told by the other"
    assert one.store.get("m_00000000").version == MOST_VERSION + 3


def test_more_tags_or_links_than_a_memory_can_use_are_refused_with_their_line(devices):
    tags, links = plain(), plain()
    tags["fields"] = {"tags": [STAMP, [f"t{number}" for number in range(50_000)]]}
    links["links"] = {f"m_{number}": [STAMP, [0.5, "content"]] for number in range(MOST_LINKS + 1)}
    one = hostile(devices, tags, links)
    of_tags, of_links = one.sync()["unread"]
    assert "50,000 tags, at most 1,000" in of_tags and "10,001 links, at most 10,000" in of_links
    assert one.store.count() == 0


def test_whoever_has_more_links_than_a_line_may_tell_tells_them_in_several(devices):
    one, other = devices.add("one"), devices.add("other")
    id = one.memorize("Mia drinks tea").memory.id
    targets = [f"m_{number:08}" for number in range(MOST_LINKS + 1)]
    MergingWriter(one.store.engine).add_links(id, [Link(target, 0.5, "content") for target in targets])
    one.update(id, importance=0.7)
    one.sync()
    assert not other.sync()["unread"]
    assert {*MergingWriter(other.store.engine).links(id)} == {*targets}
