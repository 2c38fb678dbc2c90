"""What may be told: each field checked, nothing silently dropped."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.errors import BadValueError, EchoError
from ntm_memory.operations.validation import RECALLED_TAG, from_json_lines, told


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
        assert not text.replace("\0", "").encode("utf-8", "ignore").decode().strip()
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
