"""What of a prompt is a person's own words; memories as a block of a prompt."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.hosts import prompts
from ntm_memory.hosts.fence import fenced
from ntm_memory.operations.validation import RECALLED_TAG
from ntm_memory.rendering.recalled import CLOSING

NOTHING = [
    "",
    "   \n",
    "/compact",
    "/plugin install x",
    "!ls -la",
    "```py\nprint(1)\n```",
    "~~~\ncode\n~~~",
    "```\nnever closed",
    "<task-notification>\n<task-id>a</task-id> done\n</task-notification>",
    "<local-command-stdout>Compacted</local-command-stdout>",
    "???",
    "<system-reminder>be brief</system-reminder>\n```\nx\n```",
]


@pytest.mark.parametrize("prompt", NOTHING)
def test_where_a_person_said_nothing(prompt):
    assert prompts.own_words(prompt) == ""


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("What does Mia drink?", "What does Mia drink?"),
        ("小美喝什么？", "小美喝什么？"),
        ("/home/ann/app/x.py fails", "/home/ann/app/x.py fails"),
        ("fix this:\n```py\nx = 1\n```\nplease", "fix this:\nplease"),
        ("<system-reminder>x</system-reminder> go on", "go on"),
        ("is a < b and b > c?", "is a < b and b > c?"),
        ("why does <div> not close </div>", "why does <div> not close </div>"),
    ],
)
def test_what_a_person_said(prompt, words):
    assert prompts.own_words(prompt) == words


def test_what_is_told_to_be_kept():
    text = (
        "ok <remember>Deploys go out on Tuesdays</remember> and <remember> 小美喝绿茶 </remember><remember></remember>"
    )
    assert prompts.told_to_keep(text) == ["Deploys go out on Tuesdays", "小美喝绿茶"]
    assert prompts.told_to_keep("<private><remember>x</remember></private>") == []
    assert prompts.told_to_keep("```\n<remember>x</remember>\n```") == []


def test_of_very_much_that_is_to_be_kept_the_first_is():
    assert prompts.told_to_keep("<remember>a</remember>" * 5000) == ["a"] * prompts.MOST_REMEMBERED
    assert prompts.told_to_keep("<remember>a <remember>b</remember> c</remember>") == ["a  b"]
    assert prompts.told_to_keep("</remember>a<remember>b") == []


@pytest.mark.parametrize(
    "piece", ["<remember>", "`", "```\n", "~", " ", "\n", " \n", "<private>", "<a-b>", "<a-b ", "</a-b "]
)
@pytest.mark.parametrize("ends", [("", ""), ("x", "x"), ("```\n", ""), ("<remember>", "</remember>")])
def test_no_prompt_takes_more_than_linear_time(piece, ends):
    text = ends[0] + piece * (100_000 // len(piece)) + ends[1]
    before = time.process_time()
    for read in (prompts.own_words, prompts.told_to_keep, prompts.without_remember):
        read(text)
    assert time.process_time() - before < 2


def memory(content, **fields):
    return {"id": "m_0123456789", "created_at": "2026-05-08T00:00:00Z", "content": content, **fields}


PARTS = [*"<>/[]()-\n\r\u2028\x1b \\&;,é", "recalled-memories", CLOSING, RECALLED_TAG, "- [m_2222222222]"]
HOSTILE = st.lists(st.sampled_from(PARTS), max_size=40).map("".join)


@given(HOSTILE, HOSTILE, st.integers(200, 2000))
def test_no_text_ends_its_line_or_the_fence(content, name, most):
    text, ids = fenced([memory(content, key=name, source=name)], "Data.", most, [content])
    if not text:
        return
    assert len(text) <= most
    lines = text.split("\n")
    assert lines[:2] == ["Data.", f"{RECALLED_TAG}>"]
    assert lines[-1] == CLOSING
    assert all(line.startswith("- ") for line in lines[2:-1])
    assert len(lines) - 3 <= 2
    assert text.count(CLOSING) == 1
    if ids:
        head = re.match(r"- \[[^\[\]]*\] ", lines[2])
        assert head is not None
        assert head[0].startswith("- [m_0123456789, 2026-05-08, agent")


def test_what_does_not_fit_is_cut_or_left_out():
    text, ids = fenced([memory("x" * 5000), memory("y" * 50, id="m_2222222222")], "Data.", 600)
    assert len(text) <= 600
    assert "…" in text
    assert ids == ["m_0123456789"]
    assert fenced([memory("x" * 500)], "Data.", 120) == ("", [])
    assert fenced([], "Data.", 600) == ("", [])
