"""What a person marks as private."""

from __future__ import annotations

import time

import pytest

from ntm_memory.hosts.private import has_private, private_parts, without_private


def test_what_is_marked_is_left_out():
    assert without_private("a <private>b</private> c").split() == ["a", "c"]
    assert without_private("a <PRIVATE >b\n</private > c").split() == ["a", "c"]
    assert without_private("甲＜private＞乙＜/private＞丙").split() == ["甲", "丙"]
    assert without_private("a 〈private〉b‹/private› c").split() == ["a", "c"]
    assert without_private("a &lt;private&gt;b&#60;/private&#x3E; c &amp; d").split() == ["a", "c", "&amp;", "d"]
    assert private_parts("a <私密>b</私密> c [private]d[/private]") == ["b", "d"]
    assert without_private("a <private>b <private>c</private> d</private> e").split() == ["a", "e"]


@pytest.mark.parametrize("text", ["a <private>b c", "a</private> b", "a <private b", "<private/> a", "a </private"])
def test_where_marks_do_not_pair_nothing_is_public(text):
    assert without_private(text) == ""
    assert has_private(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a private matter",
        "a < b",
        "<privateer>a</privateer>",
        "List<private_key>",
        "ß﷽é",
        "[private key]",
        "（private）",
        "“private”",
        "《私密花园》",
        "&lt;T&gt; private",
    ],
)
def test_what_is_not_marked_stays_as_it_is(text):
    assert without_private(text) == text
    assert not has_private(text)


@pytest.mark.parametrize(
    "piece", ["<", "< ", "<private>", "</private>", "<private ", "<private></private>", "＜", "&amp;", "p ", "〈"]
)
def test_it_takes_linear_time(piece):
    before = time.process_time()
    without_private(piece * 20_000 + "x")
    without_private("<" + " " * 100_000 + piece)
    assert time.process_time() - before < 2
