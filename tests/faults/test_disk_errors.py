"""Failing disks in small, and that a COMMIT whose failure nobody hears is found."""

from __future__ import annotations

import pytest

from bench.faults.disk_errors import run_disk_errors

pytestmark = pytest.mark.usefixtures("can_be_traced")


def test_a_failing_disk_is_an_error_and_loses_nothing():
    done = run_disk_errors(41)
    assert done["runs"] > 40 and done["answered_with_an_error"] > 40


def test_a_commit_whose_failure_nobody_hears_is_found():
    with pytest.raises(AssertionError, match="at call"):
        run_disk_errors(7, deaf=True)
