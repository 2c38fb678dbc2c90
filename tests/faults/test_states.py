"""The state machine in small, what it found, and that it finds a verb that is broken."""

from __future__ import annotations

import pytest
from opening import opened

from bench.faults.states import run_states
from ntm_memory.operations import write
from ntm_memory.store.sqlite import SQLiteStore


def test_any_verbs_in_any_order():
    assert run_states(400, 1)["operations"] >= 400


def _nothing_is_the_same(store, record, *, in_bulk=False):
    return None


def _keeps_what_is_purged(store, ids):
    return len(list(ids))


@pytest.mark.parametrize(
    ("broken", "verb", "by"),
    [(write, "saying", _nothing_is_the_same), (SQLiteStore, "purge", _keeps_what_is_purged)],
)
def test_a_broken_verb_is_found(monkeypatch, broken, verb, by):
    monkeypatch.setattr(broken, verb, by)
    with pytest.raises(AssertionError):
        run_states(2_000, 1)


def test_in_a_bulk_run_the_last_line_of_a_key_counts(tmp_path):
    """Found by the machine: the second line is known already when the run begins, and no more when it is its turn."""
    with opened(tmp_path) as memory:
        memory.memorize("tea", key="drink")
        done = memory.memorize_many([{"content": "coffee", "key": "drink"}, {"content": "tea", "key": "drink"}])
        assert (done.unchanged, done.updated) == (0, 2)
        assert memory.find("drink").content == "tea" and memory.find("drink").version == 3


def test_in_a_bulk_run_nothing_is_called_known_that_an_earlier_line_replaces(tmp_path):
    """Acknowledged and not there: the one memory that said it says something else by then."""
    with opened(tmp_path) as memory:
        old = memory.memorize("Mia drinks tea").memory.id
        done = memory.memorize_many([{"content": "Mia drinks milk", "replaces": old}, {"content": "Mia drinks tea"}])
        assert memory.store.get(done.ids[1]).content == "Mia drinks tea"
