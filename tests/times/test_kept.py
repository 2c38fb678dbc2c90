"""Times that memories tell: kept when they are written, made anew when they change, read with the matrix."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timezone
from math import inf, isnan

import pytest

from ntm_memory.times.kept import BY_ITS_ENDS, MOST_KEPT, kept_intervals, kept_times
from tests.opening import opened

UTC = {"time_zone": "UTC"}


def seconds(iso):
    return datetime.fromisoformat(iso).replace(tzinfo=timezone.utc).timestamp()


def mentioned(memory):
    """What the matrix says of each memory, without the empty places."""
    rows = memory.store.memory_matrix("default").mentioned
    return [[tuple(each) for each in row if not isnan(each[0])] for row in rows]


DAY = (seconds("2026-05-07"), seconds("2026-05-08"), 0)


def test_what_is_kept_is_what_is_read():
    moment = seconds("2026-05-08T12:00")
    kept = kept_times("We went sailing yesterday; from 2027 on I will have time", moment, timezone.utc)
    assert json.loads(kept) == [[DAY[0], DAY[1], 0], [seconds("2027-01-01"), None, 0]]
    assert kept_intervals(kept)[:2] == [DAY, (seconds("2027-01-01"), inf, 0)]
    assert len(kept_intervals(kept)) == MOST_KEPT == len(kept_intervals(None))
    assert kept_times("We went sailing", moment, timezone.utc) is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Milo was in hospital from 12 to 16 April", "2026-04-12", "2026-04-17"),
        ("Retreat March 3-7", "2026-03-03", "2026-03-08"),
        ("4月3日到7日在海边", "2026-04-03", "2026-04-08"),
        ("Away 2026-04-10..2026-04-14 in Graz", "2026-04-10", "2026-04-15"),
        ("The course went from Monday to Thursday", "2026-05-04", "2026-05-08"),
        ("Milo stays in hospital until 29 May", "2026-05-08", "2026-05-30"),
        ("It has rained since Tuesday", "2026-05-05", "2026-05-09"),
        ("We lived there until last week; from 3 to 4 May in Rome", "2026-05-03", "2026-05-05"),
        ("4 to 6 May in Rome, on the 5th to the opera", "2026-05-04", "2026-05-07"),
    ],
)
def test_a_stretch_is_kept_with_both_its_ends(text, first, last):
    kept = kept_intervals(kept_times(text, seconds("2026-05-08T12:00"), timezone.utc))
    stretches = [(start, end) for start, end, kind in kept if kind >= BY_ITS_ENDS]
    assert stretches == [(seconds(first), seconds(last))]


@pytest.mark.parametrize(
    ("text", "told", "day"),
    [
        ("The cider festival is on 26 September", "2026-09-14", "2026-09-26"),
        ("The cider festival was on 26 September", "2026-09-14", "2025-09-26"),
        ("12月3日体检", "2026-11-27", "2026-12-03"),
        ("Planted the oak on 3 May", "2026-11-27", "2026-05-03"),
        ("We will plant an oak on 3 May", "2026-06-01", "2027-05-03"),
        ("Was it on 26 September?", "2026-09-14", "2025-09-26"),
    ],
)
def test_a_date_without_its_year_is_the_nearest_one(text, told, day):
    start = kept_intervals(kept_times(text, seconds(f"{told}T12:00"), timezone.utc))[0][0]
    assert start == seconds(day)


@pytest.mark.parametrize("damaged", ["", "{", "5", "[5]", '[["a",1,0]]', "[[1,2]]", "[" * 9_000, '{"a":1}'])
def test_what_is_damaged_tells_no_time(damaged):
    assert all(isnan(start) for start, *_ in kept_intervals(damaged))


def test_a_note_s_yesterday_is_the_day_before_it_happened(tmp_path):
    with opened(tmp_path, UTC) as memory:
        memory.memorize("We went sailing yesterday", occurred_at="2026-05-08T12:00:00Z")
        memory.memorize("Mia likes tea")
        assert mentioned(memory) == [[DAY], []]


def test_the_days_are_those_of_the_zone(tmp_path):
    with opened(tmp_path, {"time_zone": "Asia/Shanghai"}) as memory:
        memory.memorize("昨天去划船了", occurred_at="2026-05-07T20:00:00Z")  # the 8th in Shanghai
        assert mentioned(memory) == [[(seconds("2026-05-06T16:00"), seconds("2026-05-07T16:00"), 0)]]


def test_they_are_made_anew_when_text_or_time_change(tmp_path):
    with opened(tmp_path, UTC) as memory:
        id = memory.memorize("We went sailing yesterday", occurred_at="2026-05-08T12:00:00Z").memory.id
        memory.update(id, occurred_at="2026-05-09T12:00:00Z")
        assert mentioned(memory)[0][0][0] == seconds("2026-05-08")
        memory.update(id, importance=0.9)
        assert mentioned(memory)[0][0][0] == seconds("2026-05-08")
        memory.update(id, content="We went sailing on 3 May 2025")
        assert mentioned(memory) == [[(seconds("2025-05-03"), seconds("2025-05-04"), 0)]]


def test_they_survive_export_and_import_and_a_look_into_the_past(tmp_path):
    with opened(tmp_path / "a", UTC) as memory:
        id = memory.memorize("We went sailing yesterday", occurred_at="2026-05-08T12:00:00Z").memory.id
        memory.export_file(tmp_path / "all.json")
        then = memory.store.get(id).created_at
        memory.update(id, content="We went sailing on 3 May 2025")
        slots, *_ = memory.store.memory_matrix_as_of("default", then)
        assert tuple(slots.mentioned[0, 0]) == DAY
    with opened(tmp_path / "b", UTC) as memory:
        memory.import_file(tmp_path / "all.json")
        assert mentioned(memory) == [[DAY]]


def test_a_store_of_before_gets_them_when_it_is_opened(tmp_path):
    with opened(tmp_path, UTC) as memory:
        memory.memorize("We went sailing yesterday", occurred_at="2026-05-08T12:00:00Z")
    sql = sqlite3.connect(tmp_path / "memory.db", isolation_level=None)
    sql.execute("ALTER TABLE memories DROP COLUMN mentions")
    sql.execute("PRAGMA user_version = 3")
    sql.close()
    with opened(tmp_path, UTC) as memory:
        assert mentioned(memory) == [[DAY]]
        assert memory.store.check() == []


def test_a_question_s_time_is_matched_with_what_a_memory_tells(tmp_path):
    with opened(tmp_path, UTC) as memory:
        for text in ("We sailed the lake 12 days ago", "We sailed the sea 50 days ago"):
            memory.memorize(text, occurred_at="2026-05-20T12:00:00Z")
        for asked, first in {"8 May 2026": "lake", "31 March 2026": "sea"}.items():
            found = memory.recall(f"What did we sail on {asked}?")
            assert first in found.memories[0].content, asked


def test_a_month_is_kept_and_printed_as_one(tmp_path):
    from ntm_memory.rendering.lines import day

    with opened(tmp_path, UTC) as memory:
        id = memory.memorize("We moved to Bremen", when="2026-03").memory.id
        assert memory.store.get(id).occurred_at == "2026-03"
        (found,) = memory.recall("Where did we move?", on="2026-03").memories
        assert day({"occurred_at": found.occurred_at}) == "2026-03"
        assert not memory.recall("Where did we move?", between=["May", "2026-06"]).memories
        memory.export_file(tmp_path / "all.json")
    with opened(tmp_path / "b", UTC) as memory:
        memory.import_file(tmp_path / "all.json")
        assert memory.store.get(id).occurred_at == "2026-03"
