"""Matrices in blocks multiply as matrices do, with any number of rows, and embed as matrices in one piece."""

from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.embedding import matrices, transformer
from ntm_memory.embedding.e5 import E5Embedder
from ntm_memory.embedding.matrices import SMALL, Cut, blank_like, blank_matrices, usual_cut

A_MILLION = 1_000_000
"""Products up to which OpenBLAS multiplies as numbers lie (kernel/x86_64/sgemm_small_kernel_permit_skylakex.c)."""


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def filled(shape, cut, rng):
    (made,) = blank_matrices([shape], cut)
    whole = rng.standard_normal(shape, dtype=np.float32)
    made.by_place[...] = whole.reshape(made.by_place.shape)
    return made, whole


@pytest.mark.parametrize("rows", [1, 4, 5, 8, 13])
@pytest.mark.parametrize("cut", [None, Cut(6, 2, 4), Cut(12, 8, 4), Cut(5, 3, 4)])
def test_product_is_that_of_the_whole(rows, cut, rng):
    made, whole = filled((12, 8), cut, rng)
    x = rng.standard_normal((rows, 12), dtype=np.float32)
    np.testing.assert_array_equal(made.whole(), whole)
    np.testing.assert_allclose(made.times(x), x @ whole, rtol=1e-5, atol=1e-5)


def test_rows_that_lie_apart(rng):
    made, whole = filled((12, 8), Cut(6, 2, 4), rng)
    x = rng.standard_normal((12, 9), dtype=np.float32).T
    np.testing.assert_allclose(made.times(x), x @ whole, rtol=1e-5, atol=1e-5)


def test_sides_are_cut_where_blocks_fit():
    made = blank_matrices([(384, 1152), (1536, 384), (32, 96)], SMALL)
    assert [each.blocks.shape for each in made] == [(1, 18, 384, 64), (4, 6, 384, 64), (1, 1, 32, 96)]
    assert [each.blocks.shape for each in blank_matrices([(1536, 384)], None)] == [(1, 1, 1536, 384)]
    assert [each.blocks.shape for each in blank_like(made)] == [each.blocks.shape for each in made]
    assert blank_like([]) == []


def test_all_lie_in_one_piece_of_memory():
    made = blank_matrices([(64, 128)] * 3, Cut(32, 64, 8))
    starts = [each.blocks.__array_interface__["data"][0] for each in made]
    assert np.diff(starts).tolist() == [64 * 128 * 4] * 2
    assert all(each.blocks.flags.c_contiguous for each in made)


def test_blocks_are_small_enough_to_be_multiplied_as_they_lie():
    assert SMALL.rows * SMALL.depth * SMALL.width <= A_MILLION


@pytest.mark.parametrize(
    ("found", "cut"),
    [(["AVX512F", "AVX512_SKX"], SMALL), (["X86_V3", "X86_V4"], SMALL), (["X86_V3"], None), ([], None)],
)
def test_blocks_are_for_processors_that_gain_by_them(found, cut, monkeypatch):
    monkeypatch.setattr(np, "show_config", lambda mode: {"SIMD Extensions": {"found": found}})
    usual_cut.cache_clear()
    try:
        assert matrices.usual_cut() == cut
    finally:
        usual_cut.cache_clear()


@pytest.mark.real_model
def test_a_text_has_the_same_key_however_matrices_are_cut(weights, monkeypatch):
    texts = ["Where is the passport?", "护照放在哪个抽屉里？", "a long one " * 60]
    keys = []
    for cut in (None, SMALL):
        monkeypatch.setattr(transformer, "usual_cut", lambda cut=cut: cut)
        embedder = E5Embedder(weights.path)
        assert embedder.layers[0].inner.blocks.shape[1] == (24 if cut else 1)
        keys.append(embedder.encode_memories(texts))
    np.testing.assert_allclose(*keys, atol=1e-6)
