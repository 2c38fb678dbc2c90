"""Others that are in the way: who deadlocks with us, who falls asleep with the lock, who cuts an idle line."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, closing

import psycopg
import pytest
from opening import write_config
from store.contract import contents
from store.drafts import draft

from ntm_memory.commands import OpenMemory
from ntm_memory.errors import StoreLockedError
from ntm_memory.postgres import open_server_store
from ntm_memory.postgres.server_faults import LineLostError
from ntm_memory.postgres.server_sql import ServerSQL


class Deadlock:
    """Makes of the next statement about a table, behind one about `memories`, the victim of a deadlock."""

    def __init__(self, server, url, monkeypatch, table):
        self._server, self._schema, self._table = server, url.rpartition("=")[2], table
        self.times = 0
        real = ServerSQL.execute

        def execute(sql, statement, arguments=()):
            if not self.times and sql.in_transaction and f" {table} " in f" {statement} ":
                self.times += 1
                self._begin()
            return real(sql, statement, arguments)

        monkeypatch.setattr(ServerSQL, "execute", execute)

    def _begin(self):
        other = psycopg.connect(self._server.uri())
        other.execute(f"LOCK TABLE {self._schema}.{self._table} IN ACCESS EXCLUSIVE MODE")

        def wait():
            with other:
                other.execute(f"LOCK TABLE {self._schema}.memories IN ACCESS EXCLUSIVE MODE")

        self.thread = threading.Thread(target=wait)
        self.thread.start()
        waiting = "SELECT 1 FROM pg_locks WHERE relation = 'SCHEMA.memories'::regclass AND NOT granted"
        until = time.monotonic() + 20
        with psycopg.connect(self._server.uri(), autocommit=True) as looking:
            while not looking.execute(waiting.replace("SCHEMA", self._schema)).fetchone():
                assert time.monotonic() < until
                time.sleep(0.02)


@pytest.fixture
def victim(url_of):
    """The URL of a store whose line looks for a deadlock before others do."""
    return url_of().replace("&schema", "&options=-c%20deadlock_timeout%3D50ms&schema")


@pytest.fixture
def closing_in_the_end():
    with ExitStack() as opened:
        yield lambda store: opened.enter_context(closing(store))


def test_a_write_that_deadlocks_writes_nothing_and_says_so(
    store, victim, server, url_of, tmp_path, monkeypatch, closing_in_the_end
):
    store.add(*draft("kept"))
    ours = closing_in_the_end(open_server_store(victim, tmp_path / "victim"))
    deadlock = Deadlock(server, url_of(), monkeypatch, "audit")
    with pytest.raises(StoreLockedError, match="in the way") as caught:
        ours.add(*draft("lost"))
    deadlock.thread.join()
    assert deadlock.times == 1 and caught.value.passing and "again" in caught.value.hint
    ours.add(*draft("again"))
    assert contents(store) == ["kept", "again"] and store.check() == []


def test_a_request_that_only_reads_is_tried_again(victim, server, url_of, tmp_path, monkeypatch):
    home = tmp_path / "memory"
    write_config(home, embedder={"backend": "tiny"}, recall={"confidence_floor": 0}, store={"url": victim})
    memory = OpenMemory(str(home))
    memory.run({"command": "memorize", "content": "Mia likes green tea", "key": "tea", "kind": "fact"})
    deadlock = Deadlock(server, url_of(), monkeypatch, "versions")
    told = memory.run({"command": "status", "history": "tea"})
    deadlock.thread.join()
    memory.close()
    assert deadlock.times == 1 and told["history"] == []


def test_who_falls_asleep_in_a_transaction_does_not_keep_others_waiting(store, url_of, tmp_path, closing_in_the_end):
    sleepy = url_of().replace("&schema", "&options=-c%20idle_in_transaction_session_timeout%3D200ms&schema")
    asleep = closing_in_the_end(open_server_store(sleepy, tmp_path / "asleep"))
    with pytest.raises(LineLostError), asleep.transaction():
        asleep.add(*draft("lost"))
        time.sleep(0.5)
        store.add(*draft("of another"))
        asleep.add(*draft("lost, too"))
    asleep.add(*draft("awake"))
    assert contents(store) == ["of another", "awake"]


def test_a_line_that_the_server_cut_while_nobody_asked_is_opened_anew(store, server):
    store.add(*draft("one"))
    store.note_reads([0])
    with psycopg.connect(server.uri(), autocommit=True) as other:
        ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ntm-memory'"
        assert len(other.execute(ours).fetchall()) >= 2
    assert contents(store) == ["one"]
    store.add(*draft("two"))
    assert contents(store) == ["one", "two"]


def test_who_only_reads_does_not_wait_for_ever_for_a_table_that_is_locked(store, url_of, server, tmp_path):
    memory = store.add(*draft("one"))
    impatient = open_server_store(url_of(), tmp_path / "other", lock_seconds=0.3)
    with closing(impatient), psycopg.connect(server.uri()) as other:
        other.execute(f"LOCK TABLE {url_of().rpartition('=')[2]}.memories IN ACCESS EXCLUSIVE MODE")
        other.execute("SET idle_in_transaction_session_timeout = '20s'")  # who waits without an end fails, and ends
        began = time.monotonic()
        for look in (impatient.count, lambda: impatient.get(memory.id), lambda: impatient.history(memory.id)):
            with pytest.raises(StoreLockedError, match="locked a table"):
                look()
                impatient.count()  # no lock of `versions` is in the way
        assert time.monotonic() - began < 10
        other.rollback()
        assert contents(impatient) == ["one"]
