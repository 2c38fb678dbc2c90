"""`list.py`: the newest memories as a line each, page by page."""

from __future__ import annotations

import pytest
from opening import write_config
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
