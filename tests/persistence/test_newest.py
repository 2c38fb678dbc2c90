from __future__ import annotations

from ntm_memory.persistence.newest import Newest


def test_the_oldest_make_room_and_what_is_put_again_is_new():
    kept = Newest[int](2)
    kept.put("a", 1)
    kept.put("b", 2)
    kept.put("a", 3)
    kept.put("c", 4)
    assert [kept.get(name) for name in "abc"] == [3, None, 4]


def test_what_is_taken_is_there_no_more():
    kept = Newest[int](2)
    kept.put("a", 1)
    assert (kept.take("a"), kept.take("a"), kept.get("a")) == (1, None, None)
    kept.put("b", 2)
    kept.clear()
    assert kept.get("b") is None
