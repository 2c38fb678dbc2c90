from __future__ import annotations

import pytest
from opening import write_config


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A data folder whose memories are embedded by the tests' own embedder; every server here uses it."""
    folder = tmp_path / "a folder with 空格"
    write_config(folder, embedder={"backend": "tiny"}, recall={"confidence_floor": 0}, store={"backups": 0})
    monkeypatch.setenv("NTM_MEMORY_HOME", str(folder))
    return folder
