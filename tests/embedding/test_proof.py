"""The proof: our NumPy reader and torch with `tokenizers` make the same vectors of the same 4-bit file."""

from __future__ import annotations

import pytest

from .odd import LONG, ODD, ordinary

pytestmark = [pytest.mark.real_model, pytest.mark.filterwarnings("ignore")]

LIKE = 0.9999


@pytest.mark.parametrize("kind", ["encode_memories", "encode_queries"])
def test_equal_to_sentence_transformers(e5, e5_by_torch, kind):
    texts = [*ordinary(250), *ODD]
    assert len(texts) >= 500
    cosines = (getattr(e5, kind)(texts) * getattr(e5_by_torch, kind)(texts)).sum(axis=1)
    worst = int(cosines.argmin())
    assert cosines[worst] >= LIKE, texts[worst]


def test_equal_on_texts_beyond_the_longest_input(e5, e5_by_torch):
    cosines = (e5.encode_memories(LONG) * e5_by_torch.encode_memories(LONG)).sum(axis=1)
    assert cosines.min() >= LIKE


def test_the_comparison_can_fail(e5, e5_by_torch):
    texts = ordinary(5)
    cosines = (e5.encode_queries(texts) * e5_by_torch.encode_memories(texts)).sum(axis=1)
    assert cosines.max() < LIKE
