"""A list counts places by what is asked for, damaged ones included, and never from the second to the first."""

from __future__ import annotations

import sqlite3

from opening import opened

from ntm_memory.rendering import as_text


def hurt(home, *contents):
    sql = sqlite3.connect(home / "memory.db", isolation_level=None)
    sql.executemany("UPDATE memories SET crc = crc + 1 WHERE content = ?", [(each,) for each in contents])
    sql.close()


def test_places_of_a_page_with_a_damaged_memory(tmp_path):
    with opened(tmp_path) as memory:
        memory.memorize_many([{"content": f"note {n}"} for n in range(5)])
    hurt(tmp_path, "note 3")
    with opened(tmp_path) as memory:
        page = memory.memories(limit=3)
        assert (page["first"], page["last"], page["total"]) == (1, 4, 5)
        assert "1-4 of 5 shown" in as_text("list", page)
        rest = memory.memories(limit=3, cursor=page["next"])
        assert (rest["first"], rest["last"]) == (5, 5)


def test_where_all_are_damaged_none_is_shown(tmp_path):
    with opened(tmp_path) as memory:
        memory.memorize("note 1")
    hurt(tmp_path, "note 1")
    with opened(tmp_path) as memory:
        assert as_text("list", memory.memories()) == "none of 1 shown in default"
