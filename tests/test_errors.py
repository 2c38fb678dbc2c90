"""The checks of plain values that every room shares."""

from __future__ import annotations

import errno
import math
import sys
import traceback

import pytest

from ntm_memory.errors import (
    BadValueError,
    EmbedderError,
    hint_of_writing,
    one_of,
    only_known,
    real_number,
    whole_number,
)


@pytest.mark.parametrize("value", [1, 5])
def test_a_whole_number_in_range_is_handed_back(value):
    assert whole_number("n", value, 1, 5) == value


@pytest.mark.parametrize("value", [0, 6, True, 2.0, "3", None])
def test_what_is_no_whole_number_in_range_is_named(value):
    with pytest.raises(BadValueError) as raised:
        whole_number("n", value, 1, 5)
    assert raised.value.message == f"n must be a whole number from 1 to 5, not {value!r}"


def test_a_whole_number_may_have_no_upper_end():
    assert whole_number("n", 10**30, 1) == 10**30
    with pytest.raises(BadValueError, match="n must be a whole number of at least 1, not 0"):
        whole_number("n", 0, 1)


@pytest.mark.parametrize("value", [0, 0.5, 1.0])
def test_numbers_in_range_pass(value):
    real_number("x", value, 0, 1)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, True, "1", None])
def test_numbers_out_of_range_are_named(value):
    with pytest.raises(BadValueError, match="x must be a number from 0 to 1, not "):
        real_number("x", value, 0, 1)


def test_a_range_may_leave_out_its_lower_end():
    real_number("x", 1e-9, 0, 1, above=True)
    with pytest.raises(BadValueError, match="x must be a number above 0 and at most 1, not 0"):
        real_number("x", 0, 0, 1, above=True)


def test_choices_and_names():
    one_of("colour", "red", ("red", "blue"))
    only_known("colours", ["red"], {"red", "blue"})
    with pytest.raises(BadValueError, match="colour must be one of red, blue, not 'green'"):
        one_of("colour", "green", ("red", "blue"))
    with pytest.raises(BadValueError, match="unknown colours: green") as raised:
        only_known("colours", ["red", "green"], {"red", "blue"})
    assert raised.value.hint == "known: blue, red"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="no notes")
def test_the_hint_stands_below_the_traceback():
    told = "".join(traceback.format_exception(EmbedderError("no weights", "run: ntm-memory setup")))
    assert told.endswith("EmbedderError: no weights\nhint: run: ntm-memory setup\n")
    assert "hint" not in "".join(traceback.format_exception(EmbedderError("no weights")))


@pytest.mark.parametrize(
    ("number", "sandboxed"), [(errno.EROFS, True), (errno.EPERM, True), (errno.EACCES, False), (None, False)]
)
def test_what_a_sandbox_forbids_names_its_setting(number, sandboxed):
    hint = hint_of_writing(number, "choose another folder")
    assert hint.endswith("choose another folder")
    assert ("sandbox.filesystem.allowWrite in ~/.claude/settings.json" in hint) is sandboxed
