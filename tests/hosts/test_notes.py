"""Markdown as notes."""

from __future__ import annotations

import time

import pytest

from ntm_memory.hosts.notes import head_of, notes_of


def texts(markdown):
    return [(note.line, note.text) for note in notes_of(markdown)]


def test_items_and_paragraphs_are_notes_with_the_heading_above_them():
    markdown = "# MEMORY\n- 小美喜欢绿茶\n\n## Deploys\nThe port\nis 5433.\n* [x] tag it\n  with v\n1. then push\n"
    assert texts(markdown) == [
        (2, "小美喜欢绿茶"),
        (5, "Deploys: The port is 5433."),
        (7, "Deploys: tag it with v"),
        (9, "Deploys: then push"),
    ]


def test_code_comments_rules_and_pointers_are_none():
    markdown = "a\n```sh\nrm -rf x\n# no heading\n```\nb\n<!-- one\ntwo -->\n---\n| a | b |\n|---|---|\n"
    markdown += "- [Role](role.md) — Anna\n~~~\nopen"
    assert texts(markdown) == [(1, "a"), (6, "b"), (10, "| a | b |")]


def test_an_empty_item_is_no_note():
    assert texts("- \n- a\n") == [(2, "a")]


def test_a_head_is_read_and_what_is_none_stays_text():
    assert head_of("---\nname: role\nmetadata:\n  type: user\n---\nAnna\n") == (
        {"name": "role", "metadata": {"type": "user"}},
        "Anna",
        6,
    )
    assert head_of("no head") == ({}, "no head", 1)
    assert head_of("---\nnever ends") == ({}, "---\nnever ends", 1)
    assert head_of("---\na: [\n---\nAnna")[0] == {}
    assert head_of("---\n- a list\n---\nAnna") == ({}, "Anna", 4)


@pytest.mark.parametrize("piece", ["<!--", " ", "|", "#", "# ", "[", "`", "-", "- ", "| "])
@pytest.mark.parametrize("begin", ["", "# a", "- "])
def test_notes_take_linear_time(begin, piece):
    before = time.process_time()
    notes_of(begin + piece * (60_000 // len(piece)) + "x")
    assert time.process_time() - before < 2
