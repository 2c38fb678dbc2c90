"""Kills in small while a whole memory file is copied or replaced, and that the program sees a file emptied first."""

from __future__ import annotations

import sys

import pytest

from bench.faults.replace import COMMANDS, NOT_AT_ONCE, run_replacements
from ntm_memory.errors import StoreCorruptError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_kill_leaves_the_old_file_or_the_new_one(command):
    found = run_replacements(3, 1, (command,))
    assert found[command]["before"] + found[command]["after"] == 3


def test_a_file_that_is_emptied_first_is_found():
    with pytest.raises((AssertionError, StoreCorruptError), match="neither|is empty"):
        run_replacements(12, 1, ("restore",), **{NOT_AT_ONCE: "1"})
