"""Markdown as notes."""

from __future__ import annotations

import time

import pytest

from ntm_memory.importers.outline import notes_of


def texts(markdown):
    return [note.text for note in notes_of(markdown)]


@pytest.mark.parametrize(
    ("markdown", "notes"),
    [
        pytest.param(
            "# MEMORY\n- 小美喜欢绿茶\n\n## Deploys\nThe port\nis 5433.\n* [x] tag it\n  with v\n1. then push\n",
            {2: "小美喜欢绿茶", 5: "Deploys: The port is 5433.", 7: "Deploys: tag it with v", 9: "Deploys: then push"},
            id="items and paragraphs are notes with the heading above them",
        ),
        pytest.param(
            "a\n```sh\nrm -rf x\n# no heading\n```\nb\n<!-- one\ntwo -->\n---\n| a | b |\n|---|---|\n"
            "- [Role](role.md) — Anna\n## Index\n- [Job](job.md) — Ben\n~~~\nopen",
            {1: "a", 6: "b", 10: "| a | b |"},
            id="code, comments, rules and pointers are none",
        ),
        pytest.param(
            "a\n````md\n```\n```py\nx\n```\n````\nb\n- ```sh\n  ls\n  ```\n- c\n```inline``` d\n",
            {1: "a", 8: "b", 12: "c ```inline``` d"},
            id="code ends with a fence as long as the first and nothing else",
        ),
        pytest.param("- \n- a\n", {2: "a"}, id="an empty item is no note"),
        pytest.param("\n# Notes\n- a\n", {3: "a"}, id="the only heading of the first level names the file"),
        pytest.param("# One\n- a\n# Two\n- b\n", {2: "One: a", 4: "Two: b"}, id="several are headings"),
        pytest.param("Before\n\n# One\n- a\n", {1: "Before", 4: "One: a"}, id="so is one that is not above all"),
        pytest.param(
            "## Ute\n\n**Work context**\n\nShe bakes.\n\n**Never on Friday**\n\n## Ben\nHe too.\n\n**Alone:**\n",
            {
                5: "Ute: Work context: She bakes.",
                7: "Ute: **Never on Friday**",
                10: "Ben: He too.",
                12: "Ben: **Alone:**",
            },
            id="a line in bold is a heading unless nothing stands below it",
        ),
        pytest.param("- **Ute**\n  - bakes\n", {1: "**Ute**", 2: "**Ute**: bakes"}, id="an item in bold is an item"),
        pytest.param(
            "> We keep\n> the van\n>\n> - and tea\n",
            {1: "We keep the van", 4: "and tea"},
            id="marks of a quotation are no text",
        ),
        pytest.param("- a\r\n- b\r- c\n", {1: "a", 2: "b", 3: "c"}, id="line ends of any system count"),
    ],
)
def test_what_is_a_note_and_where_it_stands(markdown, notes):
    assert [(note.line, note.text) for note in notes_of(markdown)] == list(notes.items())


def test_items_stand_below_those_that_they_are_indented_under():
    markdown = "## Home\n- Staging:\n    - port 5433\n    - host db1\n        1. in Kiel\n\n  More of it.\n"
    markdown += "- Live\nEnd\n\nOut\n"
    assert texts(markdown) == [
        "Home: Staging:",
        "Home: Staging: port 5433",
        "Home: Staging: host db1",
        "Home: Staging: host db1: in Kiel",
        "Home: Staging: More of it.",
        "Home: Live End",
        "Home: Out",
    ]
    assert texts("- a\n\t- b\n---\n  - c\n") == ["a", "a: b", "c"]


def test_what_stands_above_many_notes_is_cut():
    long = "x" * 50_000
    found = notes_of(f"## {long}\n- {long}\n" + "  - a\n" * 2_000)
    assert found[0].text.endswith(": " + long) and len(found) == 2_001
    assert max(len(note.text) for note in found[1:]) < 400


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
