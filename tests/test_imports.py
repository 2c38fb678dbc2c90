"""Imports run downwards only; the table is the one of the architecture."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from ntm_memory.arguments.parsers import PARSERS

PACKAGE = Path(__file__).parents[1] / "ntm_memory"
SCRIPTS = PACKAGE.parent / "scripts"
DOORS = sorted(set(SCRIPTS.glob("[!_]*.py")) - {SCRIPTS / "install.py"})
# A room is a folder or a module of the package: the floors of docs/architecture.md.
# Rooms of one floor do not know each other. What is not named here yet stands among the operations.
FLOORS = {
    "errors": 0,
    "paths": 0.3,
    "config": 0.5,
    "machine": 1,
    "times": 1,
    "text": 1.2,
    "persistence": 1,
    "privacy": 1.5,
    "slots": 2,
    "store": 2.2,
    "postgres": 2.5,
    "codes": 2.1,
    "embedding": 2,
    "training": 2,
    "memn2n": 2,
    "importers": 2,
    "controller": 2,
    "recall": 3,
    "large_memory": 3.1,
    "reader": 3.2,
    "multihop": 3.5,
    "operations": 4,
    "moving": 4.5,
    "manager": 5,
    "agent": 5.5,
    "arguments": 6,
    "commands": 6,
    "rendering": 6,
    "installation": 6.5,
    "hosts": 7,
    "mcp": 7.2,
    "cli": 7.5,
    "view": 7,
}
OPERATIONS = 4
MOST_FILES = 20
# Rooms that may know less than the floors below them.
ONLY = {
    "errors": set(),
    "config": {"paths", "errors"},
    "paths": {"errors"},
    "machine": {"errors"},
    "times": {"errors"},
    "text": {"times", "errors"},
    "persistence": {"paths", "errors"},
    "training": {"machine", "persistence", "paths", "errors"},
    "memn2n": {"machine", "persistence", "errors"},
    "embedding": {"machine", "text", "persistence", "paths", "errors"},
    "privacy": {"machine", "text", "persistence", "paths", "errors"},
    "importers": {"times", "text", "privacy", "errors"},
    "controller": {"machine", "persistence", "errors"},
    "slots": {"privacy", "persistence", "times", "text", "paths", "errors"},
    "codes": {"slots", "privacy", "persistence", "errors"},
    "store": {"codes", "slots", "times", "text", "privacy", "persistence", "paths", "errors"},
    "postgres": {"store", "codes", "slots", "times", "text", "privacy", "persistence", "paths", "errors"},
    "recall": {
        "controller",
        "codes",
        "machine",
        "times",
        "text",
        "persistence",
        "slots",
        "store",
        "embedding",
        "errors",
    },
    "large_memory": {"codes", "recall", "slots", "store", "persistence", "times", "text", "errors"},
    "reader": {"controller", "recall", "store", "embedding", "machine", "text", "persistence", "errors"},
    "multihop": {"recall", "store", "machine", "text", "persistence", "errors"},
    "arguments": {"errors"},
    "commands": {"manager", "operations", "recovery", "config", "errors"},
    "rendering": {"operations", "privacy", "times", "text"},
    "hosts": {
        "arguments",
        "commands",
        "operations",
        "sync",
        "rendering",
        "importers",
        "config",
        "paths",
        "persistence",
        "privacy",
        "times",
        "text",
        "errors",
    },
    "installation": {
        "commands",
        "manager",
        "recovery",
        "store",
        "embedding",
        "persistence",
        "config",
        "paths",
        "errors",
        "training",
    },
}
LIBRARIES = {
    "errors": set(),
    "config": set(),
    "paths": set(),
    "machine": {"numpy"},
    "persistence": {"numpy"},
    "times": set(),
    "text": {"snowballstemmer"},
    "importers": {"yaml"},
    "controller": {"numpy"},
    "codes": {"numpy"},
    "arguments": set(),
    "commands": set(),
    "agent": set(),
}


def imports(file):
    """(module, line, whether it is imported when the file is) of every import."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    inside = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef))
        for inner in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: a relative import"
            whole = node.module == "ntm_memory"
            names = [f"ntm_memory.{alias.name}" for alias in node.names] if whole else [node.module]
        else:
            continue
        for name in names:
            yield name.split("."), node.lineno, id(node) not in inside


def room_of(file):
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


FILES = sorted(file for file in PACKAGE.rglob("*.py") if file != PACKAGE / "__init__.py")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_run_downwards(file):
    room = room_of(file)
    floor = FLOORS.get(room, OPERATIONS)
    for (top, *rest), line, _ in imports(file):
        if top != "ntm_memory" or not rest or rest[0] in (room, "__version__"):
            continue
        other, where = rest[0], f"{file.relative_to(PACKAGE)}:{line}"
        below = FLOORS.get(other, OPERATIONS)
        assert below < floor or below == floor == OPERATIONS, f"{where}: {room} imports {other}, which is not below it"
        if room in ONLY:
            assert other in ONLY[room], f"{where}: {room} imports {other}"


def test_a_room_holds_few_files():
    for room in FLOORS:
        assert len(list((PACKAGE / room).glob("*.py"))) <= MOST_FILES, room


@pytest.mark.parametrize("room", sorted(LIBRARIES))
def test_rooms_that_need_no_library(room):
    for file in FILES:
        if room_of(file) == room:
            for (top, *_), line, _ in imports(file):
                known = top in sys.stdlib_module_names or top == "ntm_memory" or top in LIBRARIES[room]
                assert known, f"{file.relative_to(PACKAGE)}:{line}: {room} imports {top}"


def test_modules_do_not_import_in_a_circle():
    names = {".".join(file.relative_to(PACKAGE).with_suffix("").parts): file for file in FILES}
    graph = {}
    for name, file in names.items():
        found = {".".join(rest) for (top, *rest), _, at_once in imports(file) if top == "ntm_memory" and at_once}
        known = {other if other in names else other.rpartition(".")[0] for other in found}
        graph[name] = known & set(names) - {name}
    while graph:
        leaves = [name for name, others in graph.items() if not others]
        assert leaves, f"these import in a circle: {graph}"
        graph = {name: others - set(leaves) for name, others in graph.items() if name not in leaves}


def test_scripts_know_the_package_only_by_its_door():
    for file in SCRIPTS.rglob("*.py"):
        rooms = ("__version__", "cli", "installation", "mcp", "paths", "operations", "persistence", "errors")
        for (top, *rest), line, _ in imports(file):
            own = top in ("_door", "_packed", "_setup") or top in sys.stdlib_module_names
            door = top == "ntm_memory" and rest and rest[0] in rooms
            assert own or door, f"{file.name}:{line} imports {'.'.join([top, *rest])}"


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.stem)
@pytest.mark.parametrize("arguments", [["--help"], ["--no-such-option"]], ids=["help", "usage"])
def test_help_and_usage_errors_import_neither_numpy_nor_torch(door, arguments):
    done = subprocess.run([sys.executable, "-X", "importtime", str(door), *arguments], capture_output=True, text=True)
    wanted = 0 if arguments == ["--help"] or door.stem == "hook" else 2  # a hook's 2 would block the host
    assert done.returncode == wanted, done.stdout
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "ntm_memory" in loaded
    assert not loaded & {"numpy", "torch", "sentence_transformers", "yaml", "dateparser"}


def test_every_command_has_a_script():
    assert set(PARSERS) <= {path.stem for path in DOORS}


def test_scripts_are_doors_of_a_few_lines():
    for path in DOORS:
        assert len(path.read_text(encoding="utf-8").splitlines()) < 30, path.name


def test_no_module_outgrows_its_idea():
    for path in [*PACKAGE.rglob("*.py"), *SCRIPTS.rglob("*.py")]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path


TOP = {"__init__", "commands", "manager", "agent", "config", "paths", "errors"}


def trees():
    return {
        file: ast.parse(file.read_text(encoding="utf-8")) for file in [*PACKAGE.rglob("*.py"), *SCRIPTS.rglob("*.py")]
    }


def test_the_top_floor_holds_the_doors_alone():
    assert {file.stem for file in PACKAGE.glob("*.py")} == TOP


def test_no_function_outgrows_its_idea():
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert node.end_lineno - node.lineno < 40, f"{file}:{node.lineno}: {node.name}"


def test_no_name_stands_for_two_things():
    seen = {}
    for file, tree in trees().items():
        if file.is_relative_to(PACKAGE):
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    assert node.name not in seen, f"{node.name}: {seen[node.name]} and {file}"
                    seen[node.name] = file


def test_a_public_name_of_the_networks_means_one_thing():
    homes = {}
    for file in FILES:
        if room_of(file) in ("machine", "training", "memn2n"):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                    homes.setdefault(node.name, []).append(file.stem)
    assert homes.pop("content_focus") == ["addressing", "checked"]  # the formula, and its checked face
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}
