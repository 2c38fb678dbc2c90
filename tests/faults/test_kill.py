"""Kills in small, and that the program sees an acknowledgement that came too early."""

from __future__ import annotations

import sys

import pytest

from bench.faults.kill import run_kills
from bench.faults.workload import NEVER_ACKNOWLEDGED_IN_TIME

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")


@pytest.mark.parametrize(("cycles", "writers"), [(3, 1), (1, 4)])
def test_what_was_acknowledged_survives_a_kill(cycles, writers):
    assert run_kills(cycles, writers, 1)["acknowledged"] >= cycles


def test_an_early_acknowledgement_is_found():
    with pytest.raises(AssertionError, match="expected"):
        run_kills(20, 1, 1, **{NEVER_ACKNOWLEDGED_IN_TIME: "1"})
