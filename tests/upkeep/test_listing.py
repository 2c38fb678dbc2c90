"""What is in a namespace, the newest first: every memory on exactly one page, long ones cut."""

from __future__ import annotations

import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.upkeep.listing import LONGEST


def pages(memory, **options):
    cursor = None
    while True:
        page = memory.memories(cursor=cursor, **options)
        yield page
        cursor = page["next"]
        if cursor is None:
            return


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_each_memory_stands_on_one_page(memory, limit):
    for number in range(7):
        memory.memorize(f"note {number}")
    memory.memorize("elsewhere", namespace="other")
    found = list(pages(memory, limit=limit))
    assert [each["content"] for page in found for each in page["memories"]] == [f"note {n}" for n in range(6, -1, -1)]
    assert all(len(page["memories"]) == limit for page in found[:-1]) and found[-1]["memories"]
    assert {page["total"] for page in found} == {7}


def test_what_is_written_meanwhile_moves_no_page(memory):
    for number in range(4):
        memory.memorize(f"note {number}")
    first = memory.memories(limit=2)
    memory.memorize("note 4")
    memory.erase([first["memories"][-1]["id"]])
    assert [each["content"] for each in memory.memories(limit=2, cursor=first["next"])["memories"]] == [
        "note 1",
        "note 0",
    ]


def test_a_long_one_is_cut(memory):
    memory.memorize("x" * LONGEST)
    memory.memorize("y" * (LONGEST + 1))
    long, whole = memory.memories()["memories"]
    assert (len(long["content"]), long["truncated"], long["content"][-1]) == (LONGEST, True, "…")
    assert (len(whole["content"]), whole["truncated"]) == (LONGEST, False)


def test_an_empty_namespace(memory):
    page = memory.memories(namespace="nowhere")
    assert (page["memories"], page["total"], page["stored"], page["more"], page["next"]) == ([], 0, 0, 0, None)


@pytest.mark.parametrize("options", [{"limit": 0}, {"limit": 101}, {"limit": "5"}, {"cursor": "x"}, {"cursor": 5}])
def test_what_is_refused(memory, options):
    with pytest.raises(BadValueError):
        memory.memories(**options)
