from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.codes import sign_codes
from ntm_memory.codes.sign_codes import CLOSE, SignCodes, packed, weighed


def keys_of(count, dim, seed=0, topics=8):
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(topics, dim))
    rows = means[rng.integers(0, topics, count)] + rng.normal(size=(count, dim)) + 0.5
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def codes_of(keys, script=None, parts=1):
    script = np.zeros(len(keys), dtype=np.int64) if script is None else script
    codes = SignCodes(np.stack([keys.mean(axis=0), keys.mean(axis=0) / 2]))
    for some, kinds in zip(np.array_split(keys, parts), np.array_split(script, parts), strict=True):
        codes.add(some, kinds)
    return codes


@pytest.mark.parametrize("dim", [3, 64, 100, 384, 1024])
def test_it_counts_the_signs_that_differ(dim):
    keys = keys_of(300, dim)
    script = np.arange(300) % 2
    codes, direction = codes_of(keys, script, parts=4), keys[7] - 0.2
    for row, (key, kind) in enumerate(zip(keys, script, strict=True)):
        signs = key - codes.reference[kind] > 0
        differ = sum(bool(a) != bool(b) for a, b in zip(signs, direction > 0, strict=True))
        assert codes.apart(direction)[row] == min(differ, 255)


def test_codes_that_were_there_and_codes_that_are_added_are_one():
    keys = keys_of(400, 100)
    whole, rows = codes_of(keys), np.array([3, 399, 250, 0])
    begun = SignCodes(whole.reference, whole.of_rows(np.arange(250)))
    begun.add(keys[250:], np.zeros(150, dtype=np.int64))
    assert len(begun) == 400 and (begun.apart(keys[9]) == whole.apart(keys[9])).all()
    assert (begun.of_rows(rows) == whole.of_rows(rows)).all()


@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 3))
def test_of_those_that_differ_in_few_bits_the_nearest_are_chosen(size, count, seed):
    keys = keys_of(size, 64, seed)
    codes = codes_of(keys)
    chosen, apart = codes.nearest(keys[0], count), codes.apart(keys[0]).astype(int)
    assert len(set(chosen.tolist())) == len(chosen) == min(count, size)
    near = np.flatnonzero(apart <= np.sort(apart)[min(CLOSE * count, size) - 1])
    differ = codes.of_rows(near) ^ packed(keys[:1] > 0).T
    told = dict(zip(near.tolist(), weighed(differ, keys[0]).tolist(), strict=True))
    rest = np.setdiff1d(near, chosen)
    assert set(chosen.tolist()) <= told.keys()
    assert not len(rest) or max(map(told.get, chosen.tolist())) <= min(map(told.get, rest.tolist()))


@pytest.mark.parametrize("dim", [3, 64, 100, 384, 1024])
def test_a_sign_counts_as_much_as_its_number_is_large(dim):
    keys = keys_of(50, dim)
    codes, direction = codes_of(keys), keys[7] - 0.2
    sizes = np.rint(np.abs(direction) * 7 / np.abs(direction).max()).astype(int)
    found = weighed(codes.of_rows(np.arange(50)) ^ packed(direction[None] > 0).T, direction)
    for row, key in enumerate(keys):
        assert found[row] == sizes[(key - codes.reference[0] > 0) != (direction > 0)].sum()
    assert not weighed(codes.of_rows(np.arange(50)), np.zeros(dim, dtype=np.float32)).any()


def test_only_what_counts_is_chosen():
    keys = keys_of(500, 64)
    counted = np.arange(500) % 3 == 0
    chosen = codes_of(keys).nearest(keys[3], 20, counted)
    assert counted[chosen].all() and len(chosen) == 20 and 3 in chosen
    assert not len(codes_of(keys).nearest(keys[3], 20, np.zeros(500, dtype=bool)))


def test_the_likest_of_many_are_among_few(monkeypatch):
    monkeypatch.setattr(sign_codes, "BLOCK", 1000)  # several blocks, the last one short
    keys, rng = keys_of(20_500, 384, topics=60), np.random.default_rng(5)
    codes, found = codes_of(keys, parts=3), []
    for asked in rng.integers(0, len(keys), 30):
        direction = keys[asked] - codes.reference[0] + 0.03 * rng.normal(size=384).astype(np.float32)
        centred = keys - codes.reference[0]
        likeness = centred @ direction / np.linalg.norm(centred, axis=1)
        chosen = codes.nearest(direction, 256)
        assert len(chosen) == 256
        found.append(np.isin(np.argsort(-likeness)[:10], chosen).mean())
    assert np.mean(found) >= 0.97


def test_chance_would_not_find_them():
    keys = keys_of(20_000, 384)
    codes = codes_of(keys)
    direction = np.random.default_rng(1).normal(size=384).astype(np.float32)  # the control: it is of nobody's topic
    centred = keys - codes.reference[0]
    chosen = codes.nearest(-(centred[11]), 256)
    assert 11 not in chosen and len(np.intersect1d(chosen, codes.nearest(direction, 256))) < 128
