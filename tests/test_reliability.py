"""Each promise of reliability.md is held by a test that exists; its table of portable ids says what the tests say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from bench.portable import IDS, NEEDS_A_MODEL, id_of

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "references" / "reliability.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))
TOLD = dict(re.findall(r"^\| `(\w+\.\w+)` \| ([^|]+) \|", PAGE, re.MULTILINE))


def parsed(file):
    return ast.parse(Path(file).read_text(encoding="utf-8"))


def functions_of(file):
    return {node.name for node in ast.walk(parsed(file)) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_what_holds_a_promise_exists(file, test):
    assert (ROOT / file).is_file()
    assert not test or (test.startswith("test_") and test in functions_of(ROOT / file))


def test_each_promise_says_what_it_leaves_out_and_few_have_no_test():
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    promises = [row for row in rows if len(row) == 4 and row[0] != "promise"]
    assert len(promises) >= 30 and all(row[3] for row in promises)
    assert len([row for row in promises if "::test_" not in row[2]]) <= 1


def test_every_portable_id_is_in_the_table_in_order():
    assert tuple(TOLD) == IDS


def expected_to_fail():
    """The ids of whose tests some are marked so; a mark may be a name of its module."""
    found = set()
    for file in sorted((ROOT / "tests" / "portable").glob("test_*.py")):
        tree = parsed(file)
        marks = {
            node.targets[0].id
            for node in tree.body
            if isinstance(node, ast.Assign) and "mark.xfail" in ast.unparse(node.value)
        }
        helpers = {node.name: ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
        for node in (each for each in tree.body if isinstance(each, ast.FunctionDef) and id_of(each.name)):
            told = " ".join(map(ast.unparse, node.decorator_list))
            told += "".join(text for name, text in helpers.items() if f"{name}()" in told)
            if "xfail" in told or any(re.search(rf"\b{mark}\b", told) for mark in marks):
                found.add(id_of(node.name))
    return found


def test_gaps_are_told_and_nothing_else_is_called_one():
    gaps = {id for id, result in TOLD.items() if result.startswith("gap")}
    assert gaps == expected_to_fail()
    assert {result for id, result in TOLD.items() if id not in gaps} == {"pass", "needs a model"}
    assert TOLD[NEEDS_A_MODEL] == "needs a model"
