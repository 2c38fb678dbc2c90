"""Times that are typed wrongly: the error names the option, the argument or the field that was told."""

from __future__ import annotations

import pytest
from opening import opened

from ntm_memory.arguments.entered import as_typed
from ntm_memory.mcp.calls import as_called


@pytest.mark.parametrize(
    ("message", "option", "argument"),
    [
        (
            "occurred_at is 'soon', expected a time",
            "--when is 'soon', expected a time",
            "when is 'soon', expected a time",
        ),
        ("as_of is empty", "--as-of is empty", "as_of is empty"),
        ("between is 'x'", "--between is 'x'", "between is 'x'"),
        ("line 3: occurred_at is 'x'", "line 3: occurred_at is 'x'", "line 3: occurred_at is 'x'"),
        ("on nothing", "on nothing", "on nothing"),
    ],
)
def test_an_error_is_told_under_the_name_that_was_typed(message, option, argument):
    assert (as_typed(message), as_called(message)) == (option, argument)


def test_a_question_of_a_day_that_no_calendar_has_is_told_so(tmp_path):
    with opened(tmp_path / "m") as memory:
        memory.memorize("Logged chapter three of the novel")
        assert memory.recall("Who logged a chapter on 31 April?").warnings == ("there is no such day: 31 April",)
        assert memory.recall("2月30日谁写了小说？").warnings == ("there is no such day: 2月30日",)
        assert memory.recall("Who logged a chapter on 30 April?").warnings == ()
