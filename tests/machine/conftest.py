from __future__ import annotations

import ctypes
import shutil

import pytest

from ntm_memory.training import compiled


@pytest.fixture(scope="session")
def libraries(tmp_path_factory):
    """Float type → the kernel, compiled for this test run."""
    if not any(map(shutil.which, compiled.COMPILERS)):
        pytest.skip("there is no C compiler here")
    files = compiled.build(tmp_path_factory.mktemp("environment"))
    return {file.stem.rpartition("-")[2]: ctypes.CDLL(str(file)) for file in files}
