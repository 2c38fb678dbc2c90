from __future__ import annotations

import pytest
from opening import Clock, opened


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def memory(tmp_path, clock):
    """A manager with the tiny embedder, and a clock that ticks."""
    with opened(tmp_path, clock=clock) as manager:
        yield manager
