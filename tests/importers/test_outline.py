"""Markdown as notes."""

from __future__ import annotations

import time

import pytest

from ntm_memory.importers.outline import notes_of


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
    markdown += "- [Role](role.md) — Anna\n## Index\n- [Job](job.md) — Ben\n~~~\nopen"
    assert texts(markdown) == [(1, "a"), (6, "b"), (10, "| a | b |")]


def test_code_ends_with_a_fence_as_long_as_the_first_and_nothing_else():
    markdown = "a\n````md\n```\n```py\nx\n```\n````\nb\n- ```sh\n  ls\n  ```\n- c\n```inline``` d\n"
    assert texts(markdown) == [(1, "a"), (8, "b"), (12, "c ```inline``` d")]


def test_an_empty_item_is_no_note():
    assert texts("- \n- a\n") == [(2, "a")]


def test_items_stand_below_those_that_they_are_indented_under():
    markdown = "## Home\n- Staging:\n    - port 5433\n    - host db1\n        1. in Kiel\n\n  More of it.\n"
    markdown += "- Live\nEnd\n\nOut\n"
    assert [text for _, text in texts(markdown)] == [
        "Home: Staging:",
        "Home: Staging: port 5433",
        "Home: Staging: host db1",
        "Home: Staging: host db1: in Kiel",
        "Home: Staging: More of it.",
        "Home: Live End",
        "Home: Out",
    ]
    assert [text for _, text in texts("- a\n\t- b\n---\n  - c\n")] == ["a", "a: b", "c"]


def test_the_only_heading_of_the_first_level_names_the_file_and_several_are_headings():
    assert texts("\n# Notes\n- a\n") == [(3, "a")]
    assert texts("# One\n- a\n# Two\n- b\n") == [(2, "One: a"), (4, "Two: b")]
    assert texts("Before\n\n# One\n- a\n") == [(1, "Before"), (4, "One: a")]


def test_a_line_in_bold_is_a_heading_unless_nothing_stands_below_it():
    markdown = "## Ute\n\n**Work context**\n\nShe bakes.\n\n**Never on Friday**\n\n## Ben\nHe too.\n\n**Alone:**\n"
    assert texts(markdown) == [
        (5, "Ute: Work context: She bakes."),
        (7, "Ute: **Never on Friday**"),
        (10, "Ben: He too."),
        (12, "Ben: **Alone:**"),
    ]
    assert texts("- **Ute**\n  - bakes\n") == [(1, "**Ute**"), (2, "**Ute**: bakes")]


def test_what_stands_above_many_notes_is_cut():
    long = "x" * 50_000
    found = notes_of(f"## {long}\n- {long}\n" + "  - a\n" * 2_000)
    assert found[0].text.endswith(": " + long) and len(found) == 2_001
    assert max(len(note.text) for note in found[1:]) < 400


def test_the_marks_of_a_quotation_are_no_text():
    assert texts("> We keep\n> the van\n>\n> - and tea\n") == [(1, "We keep the van"), (4, "and tea")]


def test_line_ends_of_any_system_count():
    assert texts("- a\r\n- b\r- c\n") == [(1, "a"), (2, "b"), (3, "c")]


@pytest.mark.parametrize("piece", ["<!--", " ", "|", "#", "# ", "[", "`", "-", "- ", "| ", "**", "\t", "*_", "\n"])
@pytest.mark.parametrize("begin", ["", "# a", "- ", "**", "  - "])
def test_notes_take_linear_time(begin, piece):
    before = time.process_time()
    notes_of(begin + piece * (60_000 // len(piece)) + "x")
    assert time.process_time() - before < 2


def test_deep_lists_take_linear_time():
    before = time.process_time()
    notes_of("".join(f"{' ' * depth}- {'a' * 50}\n" for depth in range(700)))
    assert time.process_time() - before < 2
