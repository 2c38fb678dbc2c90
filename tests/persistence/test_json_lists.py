"""Entries in a list of somebody else's JSON: they come and go, nothing else moves."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.persistence.json_lists import with_entries, without_entries

PATH = ("permissions", "allow")
OURS = ("Skill(ntm-memory-system)", "Bash(python3 /a/scripts/*)")
FILLED = """{
    "model": "x",   "number": 1.0e2,
    "permissions": {
        "deny": [ ],
        "allow": [
            "Bash(ls)",
            "Read(\\u002f)"
        ]
    }, "last": null
}
"""


def test_they_stand_at_the_end_of_the_list_and_nothing_else_moves():
    assert with_entries(FILLED, PATH, OURS) == FILLED.replace(
        '"Read(\\u002f)"\n',
        '"Read(\\u002f)",\n            "Skill(ntm-memory-system)",\n            "Bash(python3 /a/scripts/*)"\n',
    )


def test_twice_is_once():
    once = with_entries(FILLED, PATH, OURS)
    assert with_entries(once, PATH, OURS) == once
    assert without_entries(FILLED, PATH, OURS) == FILLED


def test_one_that_was_there_stays_where_it_is():
    text = '{"permissions": {"allow": ["b", "a"]}}'
    assert with_entries(text, PATH, ["a", "c"]) == '{"permissions": {"allow": ["b", "a", "c"]}}'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", '{\n  "permissions": {\n    "allow": [\n      "r"\n    ]\n  }\n}'),
        ('{"a": 1}', '{"a": 1,"permissions": {"allow": ["r"]}}'),
        (
            '{\r\n\t"a": 1\r\n}',
            '{\r\n\t"a": 1,\r\n\t"permissions": {\r\n\t\t"allow": [\r\n\t\t\t"r"\r\n\t\t]\r\n\t}\r\n}',
        ),
        ('{\n "permissions": {}\n}', '{\n "permissions": {\n  "allow": [\n   "r"\n  ]\n }\n}'),
        ('{\n "permissions": {"allow": [ ]}\n}', '{\n "permissions": {"allow": [\n   "r"\n  ]}\n}'),
        ('{"permissions": {"deny": ["x"]}}', '{"permissions": {"deny": ["x"],"allow": ["r"]}}'),
    ],
)
def test_what_is_missing_is_made_as_the_file_is_written(before, after):
    assert with_entries(before, PATH, ["r"]) == after


def test_of_two_of_one_name_the_last_counts():
    text = '{"permissions": {"allow": ["a"]}, "permissions": {"allow": ["b"]}}'
    assert json.loads(with_entries(text, PATH, ["r"])) == {"permissions": {"allow": ["b", "r"]}}


def test_they_go_from_any_place():
    text = '{"permissions": {"allow": ["r", "a", "r", "b", "r"], "deny": ["r"]}}'
    assert without_entries(text, PATH, ["r"]) == '{"permissions": {"allow": ["a", "b"], "deny": ["r"]}}'


@pytest.mark.parametrize("text", ["", "[]", "{", '{"permissions": []}', '{"permissions": {"allow": {}}}', "{} {}", "3"])
@pytest.mark.parametrize("change", [with_entries, without_entries])
def test_what_is_no_such_document_is_refused(text, change):
    with pytest.raises(ValueError):
        change(text, PATH, ["r"])


NAMES = st.sampled_from(["permissions", "allow", "deny", 'quo"te', "空"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
ALLOWED = st.lists(st.text(max_size=5).filter(lambda each: each not in OURS) | st.integers(), min_size=1, max_size=3)


@given(
    st.dictionaries(NAMES.filter(lambda name: name != "permissions"), VALUES, max_size=3),
    st.none() | st.fixed_dictionaries({}, optional={"allow": ALLOWED, "deny": VALUES}).filter(bool),
    st.sampled_from([None, 1, 2, "\t"]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
def test_coming_and_going_leaves_every_byte_as_it_was(rest, permissions, indent, first, line):
    document = {"permissions": permissions} if permissions is not None else {}
    document = {**document, **rest} if first else {**rest, **document}
    text = json.dumps(document, indent=indent, ensure_ascii=False).replace("\n", line) + line
    if not document:
        return
    added = with_entries(text, PATH, OURS)
    assert json.loads(added) == {
        **document,
        "permissions": {**(permissions or {}), "allow": [*(permissions or {}).get("allow", []), *OURS]},
    }
    assert without_entries(added, PATH, OURS) == text
