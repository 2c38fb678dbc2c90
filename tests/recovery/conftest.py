from __future__ import annotations

import pytest
from opening import Clock, opened


@pytest.fixture
def memory(tmp_path):
    """A manager with the tiny embedder, and a clock that ticks."""
    with opened(tmp_path, clock=Clock()) as manager:
        yield manager
