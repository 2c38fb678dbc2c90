"""A memory, and as many others as a test needs."""

from __future__ import annotations

import pytest

from .surface import Surface


@pytest.fixture
def new(tmp_path):
    """Makes memories by their names."""
    return lambda name, **settings: Surface(tmp_path / name, **settings)


@pytest.fixture
def memory(new):
    return new("home")
