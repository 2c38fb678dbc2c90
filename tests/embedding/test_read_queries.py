"""Questions are read as they are encoded, and each character knows its piece."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_network import TinyNetwork

from ntm_memory.controller import asking
from ntm_memory.embedding.tiny import TinyEmbedder
from ntm_memory.recall.encoder import Encoder
from tests.controller.small_nets import WHOLE, still

QUESTIONS = ["what tea?", "我喜欢茶", "a", "where now, before or after"]


@pytest.fixture(scope="module")
def embedder():
    return TinyNetwork()


def test_the_vectors_are_those_of_the_questions_alone(embedder):
    vectors, _ = embedder.read_queries(QUESTIONS)
    np.testing.assert_allclose(vectors, embedder.encode_queries(QUESTIONS), atol=1e-6)
    assert np.abs(vectors - embedder.encode_memories(QUESTIONS)).max() > 0.01


def test_each_character_stands_in_its_piece_and_each_question_has_its_own_states(embedder):
    _, read = embedder.read_queries(QUESTIONS)
    for text, (states, places) in zip(QUESTIONS, read, strict=True):
        pieces = embedder.tokenizer.encode(f"query: {text}")
        assert states.shape == (len(pieces), embedder.dim) and places.shape == (len(text),)
        letters = [i for i, each in enumerate(text) if each != " "]
        assert (np.diff(places[letters]) > 0).all() and places[-1] == len(pieces) - 2  # the last one ends the text
        _, [(alone, _)] = embedder.read_queries([text])
        np.testing.assert_allclose(states, alone, atol=1e-5)


def test_a_question_is_asked_with_the_key_it_always_had(embedder, monkeypatch):
    weights = still(embedder.dim)
    weights["whole.b"][:] = np.where(np.arange(WHOLE) == asking.STEPS.index(-2), 9.0, 0.0)
    monkeypatch.setattr(asking, "_model", lambda: [weights])
    encoder = Encoder(embedder, 16, 8)
    key, asked = encoder.ask("what tea?")
    np.testing.assert_allclose(key, encoder.question("what tea?"), atol=1e-6)
    assert key.shape == (16,) and asked.step == -2 and asked.place > 0.99


def test_where_nothing_is_asked_or_the_embedder_does_not_tell_nothing_is_said(embedder, monkeypatch):
    monkeypatch.setattr(asking, "_model", lambda: pytest.fail("nothing is to be looked at"))
    assert Encoder(embedder, None, 8).ask("")[1] is None
    assert Encoder(TinyEmbedder(), None, 8).ask("what tea?")[1] is None
