"""Which command lines run unasked, on lines that somebody wrote from a description of the rule alone."""

from __future__ import annotations

import json
from pathlib import Path

from ntm_memory.hosts.permission import why_allowed

LINES = [
    json.loads(line)
    for line in (Path(__file__).parent / "permission" / "lines.jsonl").read_text(encoding="utf-8").split("\n")
    if line
]
FOLDER = "/home/ann/.claude/skills/ntm-memory-system"


def allowed(*, hostile):
    """(lines of this kind that run unasked, how many there are)"""
    lines = [line["command"] for line in LINES if line["hostile"] == hostile]
    return [line for line in lines if why_allowed("Bash", {"command": line}, [FOLDER])], len(lines)


def test_no_hostile_line_runs_unasked():
    found, count = allowed(hostile=True)
    assert count >= 260
    assert found == []


def test_nearly_every_harmless_line_does():
    found, count = allowed(hostile=False)
    assert count >= 90
    assert len(found) >= 0.95 * count


def test_of_another_folder_none_does():
    assert not [line for line in LINES if why_allowed("Bash", {"command": line["command"]}, ["/home/bob/skill"])]
