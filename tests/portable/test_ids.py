"""Each of the twenty ids has its test, and each test says what a pass does not prove."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bench.portable import IDS, NEEDS_A_MODEL, id_of, result

TESTS = [
    node
    for file in sorted(Path(__file__).parent.glob("test_*.py"))
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]


@pytest.mark.parametrize("id", IDS)
def test_each_id_has_a_test_that_says_what_it_leaves_open(id):
    (test,) = (node for node in TESTS if node.name == f"test_{id.replace('.', '_')}")
    told = " ".join((ast.get_docstring(test) or "").split())
    assert id == NEEDS_A_MODEL or ("Given" in told and told.count("→") >= 2)
    assert id == NEEDS_A_MODEL or ("Control" in told and ("does not prove" in told or "may pass" in told))


def test_a_name_is_of_the_id_that_it_begins_with():
    assert id_of("test_scope_caller_cannot_widen_by_leaving_it_empty[x]") == "scope.caller_cannot_widen"
    assert id_of("test_each_id_has_a_test") == ""


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [
        (["passed", "passed"], "pass"),
        (["passed", "failed", "gap"], "**fail**"),
        (["passed", "gap"], "known gap (1 of 2 tests)"),
        (["skipped"], "skipped"),
        ([], "**no test**"),
    ],
)
def test_one_failed_test_fails_its_id(outcomes, word):
    assert result(IDS[0], outcomes) == word


def test_what_needs_a_model_is_not_called_passed():
    assert "needs a model" in result(NEEDS_A_MODEL, ["passed"])
