"""Markdown as notes."""

from __future__ import annotations

import time

import pytest

from ntm_memory.importers.outline import Note, pieces_of


def notes_of(markdown, name=""):
    return [piece for piece in pieces_of(markdown, name) if isinstance(piece, Note)]


def texts(markdown, name=""):
    return [note.text for note in notes_of(markdown, name)]


def left_out(markdown, name="", beside=()):
    """What is no note, by its line."""
    pieces = pieces_of(markdown, name, beside)
    return {line: omitted.what for line, omitted in (piece for piece in pieces if not isinstance(piece, Note))}


@pytest.mark.parametrize(
    ("markdown", "notes"),
    [
        pytest.param(
            "# MEMORY\n- 小美喜欢绿茶\n\n## Deploys\nThe port\nis 5433.\n* [x] tag it\n  with v\n1. then push\n",
            {
                2: "MEMORY: 小美喜欢绿茶",
                5: "MEMORY: Deploys: The port is 5433.",
                7: "MEMORY: Deploys: tag it with v (done)",
                9: "MEMORY: Deploys: 1. then push",
            },
            id="items and paragraphs are notes with the heading above them",
        ),
        pytest.param(
            "a\n```sh\nrm -rf x\n# no heading\n```\nb\n<!-- one\ntwo -->\n---\n| a | b |\n|---|---|\n"
            "- [Role](role.md) — Anna\n## Index\n- [Job](job.md), [[Ben]]\n~~~\nopen",
            {1: "a", 6: "b", 10: "| a | b |", 12: "[Role](role.md) — Anna"},
            id="code, comments, rules are none, nor what does nothing but point at files",
        ),
        pytest.param(
            "a\n````md\n```\n```py\nx\n```\n````\nb\n- ```sh\n  ls\n  ```\n- c\n```inline``` d\n",
            {1: "a", 8: "b", 12: "c ```inline``` d"},
            id="code ends with a fence as long as the first and nothing else",
        ),
        pytest.param("- \n- a\n", {2: "a"}, id="an empty item is no note"),
        pytest.param("\n# Hotel\n- a\n## Rooms\n- b\n", {3: "Hotel: a", 5: "Hotel: Rooms: b"}, id="all headings above"),
        pytest.param(
            "# One\n### Deep\n- a\n## Two\n- b\n# Three\n- c\n",
            {3: "One: Deep: a", 5: "One: Two: b", 7: "Three: c"},
            id="a heading ends those of its level and below",
        ),
        pytest.param(
            "Hotel\n=====\n- a\n\nNo\n---\nb\n", {3: "Hotel: a", 5: "Hotel: No", 7: "Hotel: b"}, id="underlined"
        ),
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
        "Home: Staging: host db1: 1. in Kiel",
        "Home: Staging: More of it.",
        "Home: Live End",
        "Home: Out",
    ]
    assert texts("- a\n\t- b\n---\n  - c\n") == ["a", "a: b", "c"]


def test_what_stands_above_many_notes_is_cut():
    long = "x" * 50_000
    found = notes_of(f"## {long}\n- {long}\n" + "  - a\n" * 2_000)
    assert found[0].text == long and found[1].text.endswith(": " + long) and len(found) == 2_002
    assert max(len(note.text) for note in found[2:]) < 400


def test_a_long_heading_is_told_whole_once():
    long = "We never deploy on Fridays, " * 10 + "not even then."
    for begin, end in (("## ", ""), ("**", "**")):
        found = texts(f"{begin}{long}{end}\n- a\n")
        assert found[0] in (long, f"**{long}**") and found[1].endswith(": a") and len(found[1]) < 200


def test_boxes_of_tasks_say_what_is_done():
    found = notes_of("- [ ] buy flour\n- [x] 买糖\n  - [X] at Ute's\n1. [ ] bake\n- [-] drop\n- [link](a)\n")
    assert [(note.text, note.state) for note in found] == [
        ("buy flour (open)", "open"),
        ("买糖 (done)", "done"),
        ("买糖: at Ute's (done)", "done"),
        ("1. bake (open)", "open"),
        ("[-] drop", ""),
        ("[link](a)", ""),
    ]


def test_a_number_that_begins_a_line_is_lost_nowhere():
    assert texts("She was born on\n12. May 1990 in Kiel.\n\n12. May 1990\n- on\n  3. May\n") == [
        "She was born on 12. May 1990 in Kiel.",
        "12. May 1990",
        "on 3. May",
    ]
    assert texts("Steps\n1. a\n2. b\n10) c\n") == ["Steps", "1. a", "2. b", "10) c"]


def test_lists_as_chinese_writes_them():
    assert texts("1、买面粉\n2、买糖\n一、背景\n二、决定\n（1）绿茶\n（2）红茶\n● 三点开会\n· 四点\n") == [
        "1、买面粉", "2、买糖", "一、背景", "二、决定", "（1）绿茶", "（2）红茶", "三点开会", "四点",
    ]  # fmt: skip


def test_lines_with_a_name_each_are_notes_of_their_own():
    assert texts("名字：陈明\n年龄: 30\n**城市**：杭州\n**Job:** 测试\n") == [
        "名字：陈明", "年龄: 30", "**城市**：杭州", "**Job:** 测试",
    ]  # fmt: skip
    assert texts("Name: Anna is\na baker in Kiel.\n") == ["Name: Anna is a baker in Kiel."]
    assert texts("See https://a.b\nhttps://c.d\n") == ["See https://a.b https://c.d"]


def test_a_row_of_a_table_is_a_note_with_the_names_of_its_columns():
    table = "Rooms:\n| No | Bed | |\n| :-- | --- | --- |\n| 1 | a \\| b | |\n| 2 | | x |\n\n|c|d|\n|-|-|\n"
    assert {note.line: note.text for note in notes_of(table)} == {
        1: "Rooms:", 4: "No: 1; Bed: a | b", 5: "No: 2; x", 7: "|c|d|",
    }  # fmt: skip
    assert texts("- Kiel\n\n|a|b|\n|-|-|\n|1|2|\n") == ["Kiel", "a: 1; b: 2"]


@pytest.mark.parametrize(
    ("title", "name", "above"),
    [
        ("MEMORY.md", "MEMORY.md", ""),
        ("Memory", "MEMORY.md", ""),
        ("MEMORY.md — Hotel", "MEMORY.md", ""),
        ("Memory — Hotel", "MEMORY.md", "Hotel: "),
        ("2026-05-08: Kickoff", "2026-05-08.md", "Kickoff: "),
        ("Memory Hotel", "MEMORY.md", "Memory Hotel: "),
        ("长期记忆", "MEMORY.md", "长期记忆: "),
        ("Memory", "", "Memory: "),
    ],
)
def test_a_title_is_a_subject_as_far_as_it_is_not_the_files_name(title, name, above):
    assert texts(f"# {title}\n- a\n", name) == [f"{above}a"]


def test_what_a_title_says_of_its_file_is_no_part_of_each_note_but_not_lost():
    (note,) = notes_of("# MEMORY.md - Long-Term, Hotel\n## Rooms\n- a\n", "notes/MEMORY.md")
    assert (note.text, note.about) == ("Rooms: a", "Long-Term, Hotel")


def test_what_becomes_no_note_is_told_with_its_line():
    markdown = "## Commands\n```sh\nls\n```\n```\nx\n```\n## Rest\n- a <!-- one\ntwo --> b\n- [R](r.md)\n\n## Empty\n"
    assert left_out(markdown + "### Below\n") == {
        1: "heading with nothing below it",
        2: "code",
        5: "code",
        9: "comment",
        11: "line that only points at other files",
        13: "heading with nothing below it",
        14: "heading with nothing below it",
    }
    assert left_out("# MEMORY\n- a\n- see @docs/git.md\n", "MEMORY.md") == {}
    assert left_out("@docs/git.md\n\n- @README\n") == dict.fromkeys([1, 3], "line that only points at other files")


def test_an_index_of_files_that_are_read_themselves_is_left_out():
    markdown = "- [Role](role.md) — Anna\n- [Job](<job.md#x>) — Ben\n"
    assert left_out(markdown, "MEMORY.md", {"role.md"}) == {1: "line that only points at other files"}
    assert texts(markdown) == ["[Role](role.md) — Anna", "[Job](<job.md#x>) — Ben"]


_WORSE = ["[a](b.md)", "[](", "[[", "|a\n|-|\n", "# a\n", "a:", "a: b\n", "1. ", "（一", "- [ ] ", "=\n", "\\|"]


@pytest.mark.parametrize(
    "piece", ["<!--", " ", "|", "#", "# ", "[", "`", "-", "- ", "| ", "**", "\t", "*_", "\n", *_WORSE]
)
@pytest.mark.parametrize("begin", ["", "# a", "- ", "**", "  - "])
def test_notes_take_linear_time(begin, piece):
    before = time.process_time()
    notes_of(begin + piece * (60_000 // len(piece)) + "x")
    assert time.process_time() - before < 2


def test_deep_lists_take_linear_time():
    before = time.process_time()
    notes_of("".join(f"{' ' * depth}- {'a' * 50}\n" for depth in range(700)))
    assert time.process_time() - before < 2
