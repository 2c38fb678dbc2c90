"""Syncs that are killed, in small, and that the program finds a device that does not look at its own log."""

from __future__ import annotations

import os

import pytest

from bench.faults.killed_syncs import run_killed_syncs
from ntm_memory.sync.logs import Logs

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def test_syncs_that_are_killed_lose_nothing():
    figures = run_killed_syncs(120, 2, 2, 60)
    assert figures["killed"] + figures["power"] > 0


def test_a_log_that_is_not_waited_for_nor_looked_at_again_is_found(monkeypatch):
    monkeypatch.setattr(Logs, "read_own", lambda self: None)
    with pytest.raises(AssertionError):
        run_killed_syncs(2000, 20, 2, 100, careless=True)
