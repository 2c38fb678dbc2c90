"""What several of the fault programs need."""

from __future__ import annotations

import subprocess

import pytest

from bench.faults.disk import shim


@pytest.fixture(scope="session")
def can_be_traced():
    """The shim that traces what is done to files; the test is skipped where it cannot be built."""
    try:
        shim()
    except (OSError, AttributeError, subprocess.CalledProcessError) as error:
        pytest.skip(f"needs Linux and a C compiler: {error}")
