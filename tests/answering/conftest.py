from __future__ import annotations

import pytest
from opening import Clock, opened


@pytest.fixture
def memory(tmp_path):
    """A manager with the tiny embedder, on 14 November 2023, in a place where it is UTC."""
    with opened(tmp_path, {"time_zone": "UTC"}, clock=Clock()) as manager:
        yield manager
