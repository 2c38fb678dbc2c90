"""`list.py`: the newest memories as a line each, page by page."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest
from opening import opened, write_config
from portable.surface import LINE
from scripts.calls import call

from ntm_memory.cli import main


@pytest.fixture
def listed(tmp_path, monkeypatch, capsys):
    """Runs `list` on eight memories; (its exit code, its lines on stdout or stderr)."""
    write_config(tmp_path, embedder={"backend": "tiny"})
    monkeypatch.setenv("NTM_MEMORY_HOME", str(tmp_path))
    for number in range(7):
        assert main("memorize", [f"note {number}", "--key", f"key-{number}", "--when", f"2026-05-0{number + 1}"]) == 0
    assert main("memorize", ["a note of work", "--namespace", "work"]) == 0
    capsys.readouterr()

    def listing(*arguments):
        code = main("list", list(arguments))
        out, err = capsys.readouterr()
        return code, (out or err).splitlines()

    return listing


def test_the_newest_come_first_page_by_page(listed):
    code, lines = listed("--limit", "3")
    assert code == 0
    assert [LINE.match(line).group(2) for line in lines[:-1]] == ["note 6", "note 5", "note 4"]
    assert " 2026-05-07 key-6  note 6" in lines[0]
    assert lines[-1].startswith("1-3 of 7 shown in default, more: 4 further, go on with --cursor newest:")
    code, lines = listed("--cursor", lines[-1].split()[-1])
    assert [LINE.match(line).group(2) for line in lines[:-1]] == [f"note {number}" for number in (3, 2, 1, 0)]
    assert lines[-1] == "4-7 of 7 shown in default"


def test_another_namespace(listed):
    code, lines = listed("--namespace", "work")
    assert code == 0 and lines[0].endswith("  a note of work") and lines[1:] == ["1 of 1 shown in work"]


@pytest.mark.parametrize("arguments", [("--limit", "0"), ("--limit", "many"), ("--cursor", "x"), ("all",)])
def test_what_is_not_usable_is_one_clear_error(listed, arguments):
    code, lines = listed(*arguments)
    assert code == 2 and lines[0].startswith("error ") and len(lines) <= 2


def test_a_long_memory_is_cut_and_how_to_see_it_whole_is_said(listed):
    assert main("memorize", ["tea " * 400]) == 0
    _, lines = listed("--limit", "1")
    assert " cut  tea tea" in lines[0] or " cut  tea tea" in lines[1]
    assert lines[-1].endswith("cut ones whole: --from ID --max-chars 20000")


def test_the_script_itself(tmp_path):
    write_config(tmp_path, embedder={"backend": "tiny"})
    assert call("list", "--home", tmp_path, "--format", "text").out == "0 memories in default\n"


def test_what_is_about_a_name_of_a_kind_or_a_day(listed):
    assert main("memorize", ["Anna has a boat", "--tag", "sea", "--tag", "fun", "--type", "fact"]) == 0
    listed("--limit", "1")
    for arguments in (("--about", "Anna"), ("--tag", "sea", "--tag", "fun"), ("--kind", "fact"), ("--type", "fact")):
        _, lines = listed(*arguments)
        assert lines[0].endswith("  Anna has a boat") and lines[1:] == ["1 of 1 shown in default"]
    assert listed("--on", "2026-05-03")[1][0].endswith(" key-2  note 2")
    assert [len(listed(name, "2026-05-04")[1]) for name in ("--after", "--before")] == [6, 4]
    assert listed("--sort", "oldest", "--limit", "1")[1][0].endswith("  note 0")


def test_nothing_is_said_to_be_nothing(listed):
    assert listed("--about", "Zelda") == (0, ["none of 7 memories in default is asked for"])
    assert listed("--about", "Zelda", "--namespace", "work") == (0, ["none of 1 memory in work is asked for"])
    code, lines = listed("--about", "Zelda", "--format", "json")
    answer = json.loads(lines[0])
    assert code == 0 and (answer["memories"], answer["total"], answer["more"], answer["stored"]) == ([], 0, 0, 7)


def test_a_cursor_goes_on_in_its_order(listed):
    _, lines = listed("--sort", "happened", "--limit", "5")
    assert "more: 2 further, go on with --cursor happened:1777766400.0:" in lines[-1]
    _, lines = listed("--limit", "5", "--cursor", lines[-1].split()[-1])
    assert [line.split("  ")[1] for line in lines[:-1]] == ["note 1", "note 0"]


def test_what_says_the_same_is_one_line(listed):
    for day in ("2026-06-01", "2026-06-03", "2026-06-02"):
        assert main("memorize", ["Standup is at 9:15", "--session", day, "--when", day]) == 0
    _, lines = listed("--about", "standup")
    told = [line for line in lines if "Standup" in line and LINE.match(line)]
    assert told[-1].endswith(" 2026-06-02 told 3 times, last 2026-06-03  Standup is at 9:15")
    assert lines[-1] == "3 of 3 shown in default"


def test_all_namespaces_with_how_many_and_the_last_day(listed, capsys):
    assert main("status", ["--namespaces"]) == 0
    day = datetime.now(timezone.utc).date().isoformat()
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines) == [f"default  7 memories, last {day}", f"work  1 memory, last {day}"]
    assert main("status", ["--namespaces", "--encrypt"]) == 2


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("--on", "2026-05-03"), ["note 2"]),
        (("--between", "2026-05-03", "2026-05-04"), ["note 3", "note 2"]),
        (("--after", "2026-05-06", "--before", "2026-05-07"), ["note 5"]),
    ],
)
def test_times_are_told_as_recall_is_told_them(listed, arguments, found):
    code, lines = listed(*arguments)
    assert code == 0 and [LINE.match(line).group(2) for line in lines[:-1]] == found


def test_its_help_on_times_is_that_of_recall(capsys):
    def help_on_times(command):
        with pytest.raises(SystemExit):
            main(command, ["--help"])
        text = " ".join(capsys.readouterr().out.split())
        return text[text.index("--after TIME only") : text.index("to the end of the other")]

    assert help_on_times("list") == help_on_times("recall")


def test_what_stands_around_a_memory_in_its_session(listed):
    _, lines = listed("--on", "2026-05-04")
    id = lines[0].split()[0]
    code, lines = listed("--around", id, "2")
    assert code == 0
    assert [LINE.match(line).group(2) for line in lines[:-1]] == [f"note {number}" for number in (1, 2, 3, 4, 5)]
    assert lines[-1] == "2-6 of 7 shown in default"
    assert len(listed("--around", id, "9")[1]) == 8


@pytest.mark.parametrize(
    "arguments", [("--around", "ID"), ("--around", "ID", "x"), ("--around", "ID", "1", "--tag", "a")]
)
def test_what_around_cannot_be_told(listed, arguments):
    id = listed("--on", "2026-05-04")[1][0].split()[0]
    code, lines = listed(*(id if each == "ID" else each for each in arguments))
    assert code == 2 and lines[0].startswith("error ") or "--around" in lines[-1]


def test_recall_prints_what_stands_around_a_memory(listed, capsys):
    id = listed("--on", "2026-05-04")[1][0].split()[0]
    capsys.readouterr()
    assert main("recall", ["--around", id, "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [LINE.match(line).group(2) for line in lines[:-1]] == ["note 2", "note 3", "note 4"]
    for more in (["--from", id], ["--shift", "1"], ["--top-k", "3"], ["a question"]):
        assert main("recall", ["--around", id, "1", *more]) == 2
    assert main("recall", ["--around", "m_unknown000", "1"]) == 4


def test_tags_kinds_and_sessions_are_found_however_they_are_spelled(tmp_path):
    with opened(tmp_path) as memory:
        memory.memorize("Ina likes tea", tags=["Saga"], kind="fact", session="Ｐlan")
        memory.memorize("Ben likes juice", tags=["sagas"], kind="facts", session="plans")
        for options in ({"tags": ["saga"]}, {"tags": ["ＳＡＧＡ"]}, {"kind": "Fact"}, {"session": "plan"}):
            assert [each["content"] for each in memory.memories(**options)["memories"]] == ["Ina likes tea"], options
        assert [each.content for each in memory.recall("who likes tea?", tags=["SAGA"]).memories] == ["Ina likes tea"]
