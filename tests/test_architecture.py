"""docs/architecture.md names the rooms there are, on the floors where they stand, and where the equations are."""

from __future__ import annotations

import re
from pathlib import Path

from test_imports import FLOORS, OPERATIONS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ntm_memory"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d) \| (.*?) \|", TEXT.split("\n## Rooms\n")[1].split("\n## ")[0], re.MULTILINE)
NAMED = {room: int(floor) for floor, rooms in ROWS for room in re.findall(r"`(\w+)`", rooms)}


def rooms():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    return folders | {path.stem for path in PACKAGE.glob("[!_]*.py")}


def test_every_room_is_named_and_every_named_one_exists():
    assert set(NAMED) == rooms()


def test_each_stands_on_its_floor():
    assert {room: int(FLOORS.get(room, OPERATIONS)) for room in NAMED} == NAMED


def test_each_place_of_an_equation_exists():
    cells = re.findall(r"^\| .*? \| .*? \| (`machine.*|`training.*) \|$", TEXT, re.MULTILINE)
    assert len(cells) >= 8
    for cell in cells:
        files = [name for name in re.findall(r"`([\w/]+\.py)`", cell)]
        code = "".join((PACKAGE / name).read_text(encoding="utf-8") for name in files)
        for function in re.findall(r"`([a-z_]+)`", cell):
            assert f"def {function}(" in code, (cell, function)


def test_files_named_in_it_exist():
    for name in re.findall(r"`((?:text|operations|recall)/\w+)(?:\.py)?`", TEXT):
        assert (PACKAGE / f"{name}.py").is_file(), name
