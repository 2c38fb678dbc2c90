"""What stands in `usage.db` may be lost, and a torn one is begun anew: it never makes a call fail."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from ntm_memory.store.usage import MOST_TRACED, UsageCounters

LOOSE = (
    "CREATE TABLE reads (address INTEGER PRIMARY KEY, count, last); CREATE TABLE focus (namespace, session, looked);"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "usage.db"


def torn(path, *statements):
    """A file as a loss of power may leave it: SQLite opens it, what stands in it is anything."""
    sql = sqlite3.connect(path)
    sql.executescript(LOOSE)
    for statement in statements:
        sql.execute(statement)
    sql.commit()
    sql.close()


@pytest.mark.parametrize("count", ["NULL", "'x'", "x'00ff'", "1e400", "-3", "9223372036854775807.5"])
@pytest.mark.parametrize("last", ["NULL", "'y'", "1e300", "1.0"])
def test_counts_that_are_none_are_begun_anew(path, count, last):
    torn(path, f"INSERT INTO reads VALUES (0, {count}, {last})")
    usage = UsageCounters(path)
    assert usage.read(0) == (0, 0.0)
    assert usage.counts(np.array([0])).tolist() == [0]
    usage.note_reads([0], 5.0)
    assert usage.read(0) == (1, 5.0)
    usage.close()


@pytest.mark.parametrize("looked", ["NULL", "'{'", "'[[1]]'", "7", "'[[\"m\", 1e999]]'", "x'ff'"])
def test_a_focus_that_is_none_is_begun_anew(path, looked):
    torn(path, f"INSERT INTO focus VALUES ('a', 'b', {looked})")
    usage = UsageCounters(path)
    assert usage.focus("a", "b") == ({}, {})
    usage.set_focus("a", "b", ["m_1"], [1.0])
    assert usage.focus("a", "b").last == {"m_1": 1.0}
    usage.close()


def test_the_trace_of_a_session_fades_by_a_step_a_look(path):
    usage = UsageCounters(path)
    usage.set_focus("a", "b", ["m_1", "m_2"], [0.6, 0.2])
    assert [*usage.focus("a", "b").trace.items()] == [("m_1", 0.3), ("m_2", 0.1)]  # (1 - 0.6) of shares .75, .25
    usage.set_focus("a", "b", ["m_2"], [0.5])
    assert usage.focus("a", "b").last == {"m_2": 0.5}
    assert [*usage.focus("a", "b").trace.items()] == [("m_2", 0.46), ("m_1", 0.18)]
    assert usage.focus("a", "other").trace == {}
    usage.close()


def test_a_trace_is_bounded_and_what_is_forgotten_leaves_it(path):
    usage = UsageCounters(path)
    for number in range(12):
        usage.set_focus("a", "b", [f"m_{number}_{i}" for i in range(6)], [0.1] * 6)
    trace = usage.focus("a", "b").trace
    assert len(trace) == MOST_TRACED and 0 < sum(trace.values()) <= 1
    assert all(not id.startswith("m_0_") for id in trace)
    usage.forget(["m_9_0"])  # shown three looks ago
    assert usage.focus("a", "b").trace == {}
    usage.close()


def test_a_focus_that_was_written_without_a_trace_begins_one(path):
    torn(path, """INSERT INTO focus VALUES ('a', 'b', '[["m_1", 0.75], ["m_2", 0.25]]')""")
    usage = UsageCounters(path)
    told = usage.focus("a", "b")
    assert [*told.last.items()] == [("m_1", 0.75), ("m_2", 0.25)]
    assert [*told.trace.items()] == [("m_1", 0.3), ("m_2", 0.1)]
    usage.close()


@pytest.mark.parametrize("looked", ["'[[\"m\", 1, 1e999]]'", "'[[\"m\", null, -1]]'", "'[[\"m\", 1, []]]'"])
def test_a_trace_that_is_none_is_begun_anew(path, looked):
    torn(path, f"INSERT INTO focus VALUES ('a', 'b', {looked})")
    usage = UsageCounters(path)
    assert usage.focus("a", "b") == ({}, {})
    usage.close()


def test_one_without_tables_is_begun_anew(path):
    sqlite3.connect(path).execute("CREATE TABLE reads (wrong)").connection.close()
    usage = UsageCounters(path)
    assert usage.read(0) == (0, 0.0)
    usage.note_reads([0], 5.0)
    usage.close()


def test_a_place_is_forgotten(path):
    usage = UsageCounters(path)
    for place in (("home", "s"), ("work", "home"), ("work", "s")):
        usage.set_focus(*place, ["m_1"], [1.0])
    usage.forget_place("home")
    assert usage.focus("home", "s") == usage.focus("work", "home") == ({}, {})
    assert usage.focus("work", "s").last == {"m_1": 1.0}
    usage.close()


def test_counts_are_kept_and_read_anew_only_where_another_wrote(path, monkeypatch):
    usage, other = UsageCounters(path), UsageCounters(path)
    slots = np.array([3, 1, 7, 2])
    usage.note_reads([3, 1], 5.0)
    assert usage.counts(slots).tolist() == [1, 1, 0, 0]
    usage.note_reads([3, 7, 2], 6.0)
    usage.set_reads(1, 0, 0.0)
    usage.set_reads(2, 9, 6.0)
    asked = []
    real = usage._ask
    monkeypatch.setattr(usage, "_ask", lambda query, *rest: asked.append(query) or real(query, *rest))
    assert usage.counts(slots).tolist() == [2, 0, 1, 9]
    assert not any("FROM reads" in query for query in asked)
    other.note_reads([1, 3], 7.0)
    assert usage.counts(slots).tolist() == other.counts(slots).tolist() == [3, 1, 1, 9]
    assert any("FROM reads" in query for query in asked)
    for each in (usage, other):
        each.close()


def test_a_closed_file_is_not_made_again_for_a_count(path):
    usage = UsageCounters(path)
    usage.note_reads([4], 5.0)
    assert usage.counts(np.array([4])).tolist() == [1]
    usage.close()
    path.unlink()
    assert usage.counts(np.array([4, 5])).tolist() == [1, 0] and not path.exists()
    assert UsageCounters(path).counts(np.empty(0, dtype=np.int64)).tolist() == []
