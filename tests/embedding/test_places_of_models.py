"""What stands where a model should be and is none is said, and never opened."""

from __future__ import annotations

import os

import pytest

from ntm_memory.embedding import load_embedder
from ntm_memory.embedding.weights import check
from ntm_memory.errors import EmbedderError


def refuse_to_open(*arguments, **options):
    raise AssertionError("it was opened")


@pytest.mark.skipif(os.name == "nt", reason="no pipes in the file system")
@pytest.mark.parametrize("what", ["/dev/zero", "pipe", "folder"])
@pytest.mark.parametrize("backend", ["e5", "sentence-transformers"])
def test_a_model_that_is_no_file_is_an_error_and_is_not_opened(tmp_path, monkeypatch, what, backend):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    model = str(tmp_path / what)
    if backend == "e5":
        monkeypatch.setattr("pathlib.Path.open", refuse_to_open)
        with pytest.raises(EmbedderError, match="no file of weights"):
            check(tmp_path / what, None)
    elif what != "folder":
        with pytest.raises(EmbedderError, match="is no folder"):
            load_embedder({"backend": backend, "model": model})
