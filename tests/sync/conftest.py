from __future__ import annotations

import pytest

from .devices import Devices


@pytest.fixture
def devices(tmp_path):
    made = Devices(tmp_path)
    yield made
    made.close()
