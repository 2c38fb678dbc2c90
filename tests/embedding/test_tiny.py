from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.embedding.tiny import ALLOWED, TinyEmbedder
from ntm_memory.errors import EmbedderError


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setenv(ALLOWED, "1")
    return TinyEmbedder()


@pytest.mark.parametrize("value", [None, "", "0", "yes"])
def test_refuses_to_serve_outside_tests(monkeypatch, value):
    monkeypatch.delenv(ALLOWED, raising=False)
    if value is not None:
        monkeypatch.setenv(ALLOWED, value)
    with pytest.raises(EmbedderError, match="unit tests only"):
        TinyEmbedder()


def test_unit_vectors_for_anything(tiny):
    vectors = tiny.encode_memories(["", "\0", "\ud800", "a", "😀", "word " * 1000])
    assert vectors.shape == (6, tiny.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert tiny.encode_queries([]).shape == (0, tiny.dim)


def test_shared_words_are_nearer(tiny):
    query = tiny.encode_queries(["what tea does Mia drink"])[0]
    near, far = tiny.encode_memories(["Mia likes to drink green tea", "the train to Lima was late"])
    assert query @ near > query @ far + 0.2


def test_the_same_in_every_process(tiny):
    known = tiny.encode_memories(["Mia drinks tea"])[0]
    np.testing.assert_array_equal(known, TinyEmbedder().encode_memories(["x", "Mia drinks tea"])[1])
    assert (known > 0).sum() == 33  # the signs of this text as once computed: hashes must not depend on the process
