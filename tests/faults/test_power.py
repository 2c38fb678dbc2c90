"""Power cuts in small, with both kinds of journal, and that a store which does not wait for the disk is found."""

from __future__ import annotations

import random

import pytest

from bench.faults.disk import Disk, Event
from bench.faults.power import run_power
from ntm_memory.errors import StoreCorruptError

pytestmark = pytest.mark.usefixtures("can_be_traced")


@pytest.mark.parametrize(("writers", "wal"), [(1, False), (2, False), (1, True)])
def test_what_was_acknowledged_survives_a_power_cut(writers, wal):
    assert run_power(25, writers, 7, wal=wal)["acknowledged_looked_for"] > 25


@pytest.mark.parametrize("wal", [False, True])
def test_a_store_that_does_not_wait_for_the_disk_is_found(wal):
    with pytest.raises((AssertionError, StoreCorruptError), match="expected|malformed|disagrees"):
        run_power(100, 1, 2, wal=wal, careless=True)


def cut(events, seed):
    disk = Disk()
    for kind, name, *rest in events:
        other, offset, data = [*rest, *["", 0, b""][len(rest) :]]
        disk.do(Event(kind, name, other, offset, data))
    return disk.cut_power(random.Random(seed))


def test_a_disk_keeps_what_was_synced_and_may_lose_the_rest():
    synced = [("C", "a"), ("S", ""), ("W", "a", "", 0, b"sure"), ("S", "a")]
    for seed in range(50):
        assert cut(synced, seed) == {"a": b"sure"}
    found = {tuple(cut([*synced, ("W", "a", "", 4, b"!")], seed).items()) for seed in range(50)}
    assert found == {(("a", b"sure"),), (("a", b"sure!"),)}
    renamed = {tuple(cut([*synced, ("R", "a", "b")], seed)) for seed in range(50)}
    assert renamed == {("a",), ("b",)} or renamed == {("a",), ("b",), ("a", "b")}
    assert {tuple(cut([*synced, ("R", "a", "b"), ("S", "")], seed)) for seed in range(50)} == {("b",)}
    assert {tuple(cut([("C", "a"), ("W", "a", "", 0, b"x"), ("S", "a")], seed)) for seed in range(50)} == {(), ("a",)}
