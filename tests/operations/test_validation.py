"""What may be told: each field checked, nothing silently dropped."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.errors import BadValueError, EchoError
from ntm_memory.operations.validation import RECALLED_TAG, checked_content, checked_key, from_json_lines, told
from ntm_memory.text.printable import is_visible


@pytest.mark.parametrize(
    ("record", "names"),
    [
        ({}, "content"),
        ({"content": ""}, "content is empty"),
        ({"content": " \n\t\0"}, "content is empty"),
        ({"content": 7}, "content must be text"),
        ({"content": "x" * 1_000_001}, "1,000,001 characters"),
        ({"content": "x", "importance": 1.5}, "importance must be a number from 0 to 1"),
        ({"content": "x", "importance": -0.1}, "importance"),
        ({"content": "x", "importance": float("nan")}, "importance"),
        ({"content": "x", "importance": True}, "importance"),
        ({"content": "x", "importance": "high"}, "importance"),
        ({"content": "x", "tags": "work"}, "tags must be a list"),
        ({"content": "x", "tags": [["work"]]}, "tag must be text"),
        ({"content": "x", "tags": [f"t{number}" for number in range(1001)]}, "at most 1,000 fit"),
        ({"content": "x", "key": "k" * 501}, "501 characters"),
        ({"content": "x", "occurred_at": "yesterday"}, "occurred_at"),
        ({"content": "x", "occurred_at": "2026-02-30"}, "occurred_at"),
        ({"content": "x", "colour": "red"}, "unknown field 'colour'"),
        ({"content": "x", 7: "red"}, "unknown field 7"),
    ],
)
def test_what_is_not_usable_is_named(record, names):
    with pytest.raises(BadValueError, match=names):
        told(record)


def test_an_echo_of_recall_is_refused():
    with pytest.raises(EchoError):
        told({"content": f"As I said: {RECALLED_TAG}>"})


@given(st.text(min_size=1))
def test_a_checked_text_checks_to_itself(text):
    try:
        once = told({"content": text}).content
    except BadValueError:
        assert not is_visible(text)
        return
    assert told({"content": once}).content == once
    assert once.encode("utf-8")


def test_names_are_one_line_and_times_are_utc():
    record = told({"content": "x", "key": " a\n b ", "tags": ["b", "a", "", "b"], "when": "2026-05-08T12:00:00+02:00"})
    assert (record.key, record.tags, record.occurred_at) == ("a b", ("a", "b"), "2026-05-08T10:00:00Z")
    assert told({"content": "x", "importance": None, "tags": None, "namespace": ""}).namespace == "default"


def test_lines_keep_their_numbers_and_a_bad_one_is_an_error_in_its_place():
    lines = ['{"content": "a"}\n', "\n", "not json\n", '["list"]\n', "\udcff\n", "[" * 100_000, '{"content": "b"}']
    found = list(from_json_lines(lines, {"session": "s"}))
    assert [number for number, _ in found] == [1, 3, 4, 5, 6, 7]
    assert [isinstance(each, BadValueError) for _, each in found] == [False, True, True, True, True, False]
    assert found[-1][1] == {"session": "s", "content": "b"}
    assert "UTF-8" in found[3][1].message


@given(st.text())
def test_a_line_is_one_record_whatever_it_says(text):
    ((number, record),) = from_json_lines([json.dumps({"content": text}, ensure_ascii=True)])
    assert (number, record) == (1, {"content": text})


@pytest.mark.parametrize(
    "unseen", ["\u200b\u200b", "\u2060", "\ufe0f", "\u3164", "\u2800 \u00ad", "\x07", "\x1b[0m", "\u0301"]
)
def test_what_shows_nothing_is_no_text_and_no_key(unseen):
    with pytest.raises(BadValueError, match="content is empty|nothing of the content can be seen"):
        checked_content(unseen)
    with pytest.raises(BadValueError, match="nothing of the key can be seen"):
        checked_key(unseen)


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_key_is_told_to_be_none(blank):
    with pytest.raises(BadValueError, match="nothing of the key can be seen"):
        checked_key(blank)
    assert checked_key(None) is None


@pytest.mark.parametrize("seen", ["x", "茶", "\u200bx", "👍", "ı", "·", "e\u0301", "€"])
def test_whatever_shows_anything_is_a_text_and_a_key(seen):
    assert checked_content(seen) and checked_key(seen)
