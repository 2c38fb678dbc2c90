"""YAML before a note's text, and the note as one memory."""

from __future__ import annotations

from datetime import date

import pytest

from ntm_memory.importers.front_matter import day_of, from_yaml, head_of
from ntm_memory.importers.front_matter import telling_of as read_of


def telling_of(*arguments):
    return read_of(*arguments)[0]


def test_a_head_is_read_and_what_is_none_stays_text():
    assert head_of("---\nname: role\nmetadata:\n  type: user\n---\nAnna") == (
        {"name": "role", "metadata": {"type": "user"}},
        "Anna",
        6,
    )
    for text in ("no head", "---\nnever ends", "---\n- a list\n---\nAnna", "---\n---\nAnna", "---\nsaid\n---\nx", ""):
        assert head_of(text) == ({}, text, 1)


def test_a_head_that_is_not_quite_yaml_is_read_field_by_field():
    head = "---\ntitle: Coffee: a guide\ntags:\n- drink\n- tea\ncreated: 2026-05-08\nodd: [\n---\nPour."
    fields, below, line = head_of(head)
    assert fields == {
        "title": "Coffee: a guide", "tags": ["drink", "tea"], "created": date(2026, 5, 8), "odd": "[",
    }  # fmt: skip
    assert (below, line) == ("Pour.", 9)
    for text in ("---\na [\n{\n---\nAnna", "---\n*\n---", "---\n\x01\n---"):
        assert head_of(text) == ({}, text, 1)
    assert head_of("---\na [\n{\n---\nAnna")[0] == {}


@pytest.mark.parametrize(
    "text", ["a: !!bool foo", "a: !!int ''", "a: !!timestamp x", "x: *y", "[" * 3000, "a: 2026-13-45"]
)
def test_what_is_no_yaml_is_one_kind_of_error(text):
    with pytest.raises(ValueError, match="."):
        from_yaml(text)


def test_title_names_tags_kind_and_day_are_kept():
    fields = {"title": "Coffee", "aliases": ["Kaffee", "咖啡", "Coffee"], "tags": "#drink, home", "type": "note"}
    found = telling_of({**fields, "created": "2026-05-08", "permalink": "coffee", "x": [{}]}, "\nPour over.\n", "n")
    assert read_of({**fields, "x": [{}], "permalink": "c"}, "a")[1] == [("field x",), ("field permalink",)]
    assert found == {
        "content": "Coffee (Kaffee, 咖啡)\n\nPour over.",
        "tags": ["drink", "home"],
        "kind": "note",
        "occurred_at": "2026-05-08",
    }


def test_the_title_is_told_once():
    assert telling_of({"title": "Coffee"}, "# coffee\n\nPour over.")["content"] == "# coffee\n\nPour over."
    assert telling_of({"title": "Coffee"}, "")["content"] == "Coffee"
    assert telling_of({"name": "role", "description": "about Anna"}, " ")["content"] == "role\n\nabout Anna"


def test_where_there_is_no_title_the_file_has_the_name_unless_it_is_a_day():
    assert telling_of({"tags": ["a"]}, "Pour over.", "Coffee")["content"] == "Coffee\n\nPour over."
    day = telling_of({"tags": ["a"]}, "Pour over.", "2026-05-08")
    assert (day["content"], day["occurred_at"]) == ("Pour over.", "2026-05-08")


def test_a_file_tells_a_day_if_it_is_one():
    assert day_of("2026-05-08-session") == "2026-05-08"
    assert [day_of(stem) for stem in ("MEMORY", "2026-13-45", "12026-05-081", "")] == [None] * 4


def test_fields_that_nobody_knows_are_tags_and_none_is_lost():
    fields = {"评分": 5, "status": "open", "pinned": False, "updated": date(2026, 5, 8), "date": "soon", "name": "b"}
    found, left = read_of(
        {"title": 1984, **fields, "metadata": {"type": "user", "by": "Ute", "more": {"a": 1}}}, "Pour."
    )
    assert found["content"] == "1984\n\nPour." and found["kind"] == "user"
    assert found["tags"] == [
        "评分:5",
        "status:open",
        "pinned:False",
        "updated:2026-05-08",
        "date:soon",
        "name:b",
        "by:Ute",
    ]
    assert left == [("field metadata.more",)]


def test_what_a_note_is_said_to_be_about_stands_before_it():
    assert telling_of({"title": "Coffee", "description": "how we pour"}, "Slowly.")["content"] == (
        "Coffee\n\nhow we pour\n\nSlowly."
    )
    assert telling_of({"title": "Coffee", "description": "Slowly"}, "Slowly.")["content"] == "Coffee\n\nSlowly."


def test_fields_in_chinese_are_read_as_yaml_or_not_quite():
    assert head_of("---\n标题：咖啡\n---\nx")[0] == {"标题": "咖啡"}
    head = "---\n标题: 咖啡: 指南\n标签: [饮料, 早晨]\n日期: 2026-05-08\n类型：note\n---\n慢慢冲。"
    fields, below, _ = head_of(head)
    assert telling_of(fields, below) == {
        "content": "咖啡: 指南\n\n慢慢冲。",
        "tags": ["饮料", "早晨"],
        "kind": "note",
        "occurred_at": "2026-05-08",
    }
