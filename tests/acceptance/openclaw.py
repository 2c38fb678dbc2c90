"""OpenClaw as the tests call it. It is 840 MB, so it runs only where a folder for it is named."""

from __future__ import annotations

import os
import subprocess

import pytest

WANTED = "NTM_MEMORY_TEST_OPENCLAW"
where_wanted = pytest.mark.skipif(not os.environ.get(WANTED), reason=f"{WANTED} names no folder for OpenClaw's 840 MB")


def run(openclaw, user, *arguments):
    """What a command of it prints."""
    done = subprocess.run(
        [*openclaw, *arguments], capture_output=True, text=True, env=user, cwd=user["PWD"], timeout=400
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout
