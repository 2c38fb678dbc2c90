"""bench/ is a package of small modules, and no two things in it are called the same."""

from __future__ import annotations

import ast
import collections
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bench

ROOM = Path(bench.__file__).parent
MODULES = sorted(ROOM.rglob("*.py"))
SCRIPTS = [path for path in MODULES if 'if __name__ == "__main__"' in path.read_text(encoding="utf-8")]
HAND_OVER = {"main", "parser", "convert"}
"""A command's entry and its options; what each converter is called by."""


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOM)))
def test_modules_and_functions_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 300
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 40, f"{path.name}: {node.name}"


def test_no_public_name_twice():
    found = collections.defaultdict(list)
    for path in MODULES:
        for node in tree(path).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                found[node.name].append(path.stem)
    assert {name: where for name, where in found.items() if len(where) > 1 and name not in HAND_OVER} == {}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_command_says_how_it_is_called(path):
    module = ".".join(path.relative_to(ROOM.parent).with_suffix("").parts).removesuffix(".__main__")
    needs = {"ntm_speed": "torch"}.get(path.stem)
    if needs and not importlib.util.find_spec(needs):
        pytest.skip(f"needs {needs}")
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=ROOM.parent, capture_output=True, text=True, check=True
    )
    assert f"python -m {module} " in done.stdout


def test_blas_keeps_to_one_thread():
    bare = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    code = "import bench.grading, os; print(os.environ['OPENBLAS_NUM_THREADS'], os.environ['OMP_NUM_THREADS'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOM.parent, env=bare, capture_output=True, text=True)
    assert done.stdout.split() == ["1", "1"]


DOCUMENTS = [*ROOM.parent.glob("*.md"), *ROOM.parent.glob("*/*.md"), *MODULES]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOM.parent)))
def test_documents_name_commands_and_files_that_exist(document):
    told = document.read_text(encoding="utf-8")
    for name in re.findall(r"python -m (bench\.[a-z_]+)", told):
        assert importlib.util.find_spec(name), name
    for name in re.findall(r"\bbench/[a-z_]+\.(?:py|jsonl)", told):
        assert (ROOM.parent / name).exists(), name
