"""What the pair reader has learned is kept in few bits, and read as it was kept."""

from __future__ import annotations

import numpy as np
import pytest
from random_adapter import random_adapter
from tiny_network import SIZES, TinyWeights

from ntm_memory.embedding.transformer import MATRICES, read_layers
from ntm_memory.embedding.weights import Sizes
from ntm_memory.errors import CheckpointError
from ntm_memory.reader.adapter import as_arrays, read_adapter

LARGEST_FILE = 1 << 20
STEPS = 31


def kept(adapter, folder):
    file = folder / "adapter.npz"
    np.savez_compressed(file, **as_arrays(adapter))
    return file


def test_the_factors_come_back_within_half_a_step_of_their_row(tmp_path):
    adapter = random_adapter(SIZES)
    back = read_adapter(kept(adapter, tmp_path))
    for name in MATRICES:
        for given, found, row in ((adapter.down, back.down, 1), (adapter.up, back.up, 2)):
            step = np.abs(given[name]).max(axis=row, keepdims=True) / STEPS
            assert found[name].shape == given[name].shape
            assert (np.abs(found[name] - given[name]) <= 0.501 * step).all()


def test_norms_segments_and_heads_come_back_in_half_precision(tmp_path):
    adapter = random_adapter(SIZES)
    back = read_adapter(kept(adapter, tmp_path))
    np.testing.assert_array_equal(back.norms, adapter.norms.astype(np.float16).astype(np.float32))
    np.testing.assert_array_equal(back.segments, adapter.segments.astype(np.float16).astype(np.float32))
    assert list(back.heads) == [6, 12]
    for exit, head in adapter.heads.items():
        for name, values in vars(head).items():
            np.testing.assert_allclose(getattr(back.heads[exit], name), values, rtol=1e-3, atol=1e-6)


def test_what_is_kept_is_kept_again_unchanged(tmp_path):
    first = as_arrays(read_adapter(kept(random_adapter(SIZES), tmp_path)))
    np.savez(tmp_path / "again.npz", **first)
    second = as_arrays(read_adapter(tmp_path / "again.npz"))
    for name, values in first.items():
        np.testing.assert_allclose(second[name], values, rtol=1e-6)


def test_a_file_of_all_layers_stays_below_what_hosts_take(tmp_path):
    whole = Sizes(width=384, layers=12, heads=12, inner=1536, longest=512, epsilon=1e-12)
    assert kept(random_adapter(whole, rank=16, hidden=64), tmp_path).stat().st_size < LARGEST_FILE


def test_damaged_and_missing_files_are_refused(tmp_path):
    file = kept(random_adapter(SIZES), tmp_path)
    with pytest.raises(CheckpointError, match="no adapter"):
        read_adapter(tmp_path / "none.npz")
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(CheckpointError):
        read_adapter(file)
    file.write_bytes(b"no archive")
    with pytest.raises(CheckpointError):
        read_adapter(file)
    np.savez(file, **{name: each for name, each in as_arrays(random_adapter(SIZES)).items() if name != "norms"})
    with pytest.raises(CheckpointError, match="norms"):
        read_adapter(file)


def test_merging_adds_the_product_and_leaves_the_embedder_as_it_is():
    adapter, layers = random_adapter(SIZES), read_layers(TinyWeights())
    before = [layer.qkv.whole() for layer in layers]
    merged = adapter.merged(layers)
    for number, (layer, changed) in enumerate(zip(layers, merged, strict=True)):
        np.testing.assert_array_equal(layer.qkv.whole(), before[number])
        for name in MATRICES:
            expected = getattr(layer, name).whole() + adapter.down[name][number] @ adapter.up[name][number]
            np.testing.assert_allclose(getattr(changed, name).whole(), expected, atol=1e-6)
        np.testing.assert_array_equal(changed.norms, adapter.norms[number])
        np.testing.assert_array_equal(changed.qkv_bias, layer.qkv_bias)
    assert len(adapter.merged(layers[:6])) == 6
