from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.codes import sign_codes
from ntm_memory.codes.sign_codes import SignCodes


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
def test_what_is_chosen_differs_less_than_what_is_not(size, count, seed):
    keys = keys_of(size, 64, seed)
    codes = codes_of(keys)
    chosen, apart = codes.nearest(keys[0], count), codes.apart(keys[0]).astype(int)
    assert len(set(chosen.tolist())) == len(chosen) >= min(count, size)
    rest = np.setdiff1d(np.arange(size), chosen)
    assert not len(rest) or apart[chosen].max() <= apart[rest].min()


def test_only_what_counts_is_chosen():
    keys = keys_of(500, 64)
    counted = np.arange(500) % 3 == 0
    chosen = codes_of(keys).nearest(keys[3], 20, counted)
    assert counted[chosen].all() and len(chosen) >= 20 and 3 in chosen
    assert not len(codes_of(keys).nearest(keys[3], 20, np.zeros(500, dtype=bool)))


def test_the_likest_of_many_are_among_few(monkeypatch):
    monkeypatch.setattr(sign_codes, "BLOCK", 1000)  # several blocks, the last one short
    keys, rng = keys_of(20_500, 384, topics=60), np.random.default_rng(5)
    codes, found = codes_of(keys, parts=3), []
    for asked in rng.integers(0, len(keys), 30):
        direction = keys[asked] - codes.reference[0] + 0.03 * rng.normal(size=384).astype(np.float32)
        centred = keys - codes.reference[0]
        likeness = centred @ direction / np.linalg.norm(centred, axis=1)
        chosen = codes.nearest(direction, 1000)
        assert 700 <= len(chosen) <= 2000
        found.append(np.isin(np.argsort(-likeness)[:10], chosen).mean())
    assert np.mean(found) >= 0.97


def test_chance_would_not_find_them():
    keys = keys_of(20_000, 384)
    codes = codes_of(keys)
    direction = np.random.default_rng(1).normal(size=384).astype(np.float32)  # the control: it is of nobody's topic
    centred = keys - codes.reference[0]
    chosen = codes.nearest(-(centred[11]), 1000)
    assert 11 not in chosen and len(np.intersect1d(chosen, codes.nearest(direction, 1000))) < 500
